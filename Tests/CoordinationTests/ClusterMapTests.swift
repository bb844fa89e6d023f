import Policy
import Testing

@testable import Coordination

struct HashSlotTests {
  /// Of the specification, and of `CLUSTER KEYSLOT`.
  @Test(arguments: [
    ("123456789", 12_739), ("foo", 12_182), ("", 0), ("{user1000}.following", 3_443), ("user1000", 3_443),
    ("foo{}{bar}", 8_363), ("foo{{bar}}zap", 4_015), ("foo{bar}{zap}", 5_061), ("sy:{t:acme}:r", 9_557),
  ])
  func slotsAreThoseOfRedis(key: String, slot: Int) { #expect(HashSlot.of(key) == slot) }
}

struct SlotMapTests {
  private static let asked = RedisServer.Address.tcp(host: "asked", port: 1)

  private static func range(_ first: Int64, _ last: Int64, _ host: Reply, _ port: Int64) -> Reply {
    .list([.number(first), .number(last), .list([host, .number(port), .bytes(Array("id".utf8))])])
  }

  private static func host(_ text: String) -> Reply { .bytes(Array(text.utf8)) }

  @Test func theOwnerOfEachSlotIsKnown() throws {
    let reply = Reply.list([
      Self.range(0, 99, Self.host("a"), 1), Self.range(100, 199, Self.host("b"), 2),
      Self.range(200, 16_383, Self.host("a"), 1),
    ])
    let map = try #require(SlotMap(reply, from: Self.asked))
    #expect(map.primaries == [.tcp(host: "a", port: 1), .tcp(host: "b", port: 2)])
    #expect(map.owner(of: 99) == .tcp(host: "a", port: 1))
    #expect(map.owner(of: 100) == .tcp(host: "b", port: 2))
    #expect(map.owner(of: 16_383) == .tcp(host: "a", port: 1))
  }

  @Test func aNodeWithoutAHostIsTheOneThatWasAsked() throws {
    let reply = Reply.list([
      Self.range(0, 0, .none, 7), Self.range(1, 1, Self.host(""), 8), Self.range(2, 2, Self.host("?"), 9),
    ])
    let map = try #require(SlotMap(reply, from: Self.asked))
    #expect(map.owner(of: 0) == .tcp(host: "asked", port: 7))
    #expect(map.owner(of: 1) == .tcp(host: "asked", port: 8))
    #expect(map.owner(of: 2) == nil && map.owner(of: 3) == nil)
  }

  @Test func aRedirectionMovesOneSlot() throws {
    var map = try #require(SlotMap(.list([Self.range(0, 16_383, Self.host("a"), 1)]), from: Self.asked))
    map.move(5, to: .tcp(host: "b", port: 2))
    #expect(map.owner(of: 5) == .tcp(host: "b", port: 2))
    #expect(map.owner(of: 6) == .tcp(host: "a", port: 1))
  }

  @Test(
    arguments: [
      .none, .list([]), .number(1), .error(.clusterDown), .list([range(5, 4, .none, 1)]),
      .list([range(0, 16_384, .none, 1)]), .list([range(-1, 3, .none, 1)]), .list([range(0, 1, .none, 0)]),
      .list([.list([.number(0), .number(1)])]),
    ] as [Reply])
  func whatIsNoMapIsRefused(reply: Reply) { #expect(SlotMap(reply, from: Self.asked) == nil) }

  @Test func redirectionsNameHostsWithoutBrackets() {
    #expect(RedisServer.Address(redirection: "::1:7000", from: Self.asked) == .tcp(host: "::1", port: 7_000))
    #expect(RedisServer.Address(redirection: ":7000", from: Self.asked) == .tcp(host: "asked", port: 7_000))
    #expect(RedisServer.Address(redirection: "a:0", from: Self.asked) == nil)
    #expect(RedisServer.Address(redirection: "a", from: Self.asked) == nil)
  }
}

struct RedirectionsTests {
  private static let node = RedisServer.Address.tcp(host: "a", port: 1)
  private static let other = RedisServer.Address.tcp(host: "b", port: 2)
  private static let moved = Reply.error(.moved(slot: 3, address: "b:2"))
  private static let ask = Reply.error(.ask(slot: 3, address: "b:2"))

  @Test func eachRedirectionIsFollowedOnce() {
    var redirections = Redirections()
    let steps = [Self.moved, Self.ask, Self.ask].map { redirections.answered($0, by: Self.node) }
    #expect(steps == [.move(slot: 3, to: Self.other), .ask(Self.other), .deliver])
    let again = redirections.answered(Self.moved, by: Self.node)
    #expect(again == .deliver)
  }

  /// Of a call of several keys, some may be on either side: the owner says again which.
  @Test func afterTryAgainTheImportingSideMayBeAskedAgain() {
    var redirections = Redirections()
    let steps = [Self.ask, .error(.tryAgain), Self.ask].map { redirections.answered($0, by: Self.node) }
    #expect(steps == [.ask(Self.other), .again, .ask(Self.other)])
  }

  @Test(
    arguments: [
      .number(1), .none, .error(.clusterDown), .error(.noScript), .error(.readOnly),
      .error(.moved(slot: 3, address: "nowhere")),
    ] as [Reply])
  func whatIsNoRedirectionIsTheAnswer(reply: Reply) {
    var redirections = Redirections()
    let step = redirections.answered(reply, by: Self.node)
    #expect(step == .deliver)
  }
}

struct MapScheduleTests {
  private static let second: Int64 = 1_000_000_000

  @Test func theFirstMapIsAskedForAtOnceAndTheNextAfterASecond() {
    var schedule = MapSchedule()
    var random = Chance(seed: 1)
    let first = schedule.wanted(now: 5, random: &random)
    #expect(first == .ask(after: 0))
    schedule.asked(now: 5)
    guard case .ask(let later) = schedule.answered(isMap: true, now: 10, random: &random) else {
      Issue.record("no map is asked for any more")
      return
    }
    #expect((MapSchedule.period..<2 * MapSchedule.period).contains(later))
    guard case .ask(let sooner) = schedule.wanted(now: 20, random: &random) else {
      Issue.record("an old map isn't read anew")
      return
    }
    #expect((Self.second - 15..<Self.second - 15 + MapSchedule.jitter).contains(sooner))
  }

  @Test func wishesInARowAreOne() {
    var schedule = MapSchedule()
    var random = Chance(seed: 1)
    _ = schedule.wanted(now: 0, random: &random)
    schedule.asked(now: 0)
    let whileAsked = schedule.wanted(now: 1, random: &random)
    let answered = schedule.answered(isMap: true, now: 2, random: &random)
    let waiting = schedule.wanted(now: 3, random: &random)
    #expect((whileAsked, waiting) == (.none, .none))
    guard case .ask(let pause) = answered else {
      Issue.record("a wish is forgotten")
      return
    }
    #expect(pause < Self.second + MapSchedule.jitter)
  }

  @Test func aMapThatDidNotComeIsAskedForAgain() {
    var schedule = MapSchedule()
    var random = Chance(seed: 1)
    _ = schedule.wanted(now: 0, random: &random)
    schedule.asked(now: 0)
    guard case .ask(let pause) = schedule.answered(isMap: false, now: 300, random: &random) else {
      Issue.record("it isn't asked for again")
      return
    }
    #expect((Self.second - 300..<Self.second + MapSchedule.jitter).contains(pause))
  }

  /// However often a map is wanted, and whether it comes or not.
  @Test func neverMoreThanOnceASecond() {
    var schedule = MapSchedule()
    var random = Chance(seed: 7)
    var (now, due, last): (Int64, Int64?, Int64?) = (0, nil, nil)
    for _ in 0..<20_000 {
      now += Int64(random.below(40_000_000))
      var action = MapSchedule.Action.none
      if let time = due, time <= now {
        if let last { #expect(now - last >= MapSchedule.spacing) }
        (due, last) = (nil, now)
        schedule.asked(now: now)
        action = schedule.answered(isMap: random.below(2) == 0, now: now, random: &random)
      } else {
        action = schedule.wanted(now: now, random: &random)
      }
      if case .ask(let pause) = action { due = now + pause }
    }
    #expect(last != nil)
  }
}
