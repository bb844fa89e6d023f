import Policy
import Testing

@testable import Coordination

/// What the twin has no picture of: values that nobody of ours wrote, and memory that is full.
@Suite(.needsRedis)
struct CacheScriptTests {
  private let redis: RedisUnderTest
  private let scripts = CacheScripts()
  private let keys: CacheKeys

  init() throws {
    redis = try RedisUnderTest()
    keys = try #require(CacheKeys(tenant: "acme", hash: "00ff"))
  }

  private func call(_ script: Script, _ call: CacheCall) throws -> Reply {
    let arguments = call.arguments.map { String(decoding: $0, as: UTF8.self) }
    return Reply(
      try redis.send(["EVAL", script.source, String(call.keys.count)] + call.keys + arguments))
  }

  private func look(_ owner: String? = nil) throws -> CacheLookup {
    let look = CacheLook(keys: keys)
    guard case .list(let time) = try redis.send("TIME"), case .text(let seconds) = time[0],
      case .text(let microseconds) = time[1]
    else { throw RedisUnderTest.Failed(description: "no time") }
    let now = try #require(Int64(seconds)) * 1_000 + #require(Int64(microseconds)) / 1_000
    if let owner {
      _ = try redis.send(look.take(CacheClaim(owner: owner, lifetime: 30_000, seen: 0), now: now))
    }
    return try #require(CacheLookup(Reply(try redis.send(look.find)), claiming: owner, now: now))
  }

  private func lock(_ owner: String, seen: Int64 = 0) throws -> CacheClaim.Reply? {
    CacheClaim.Reply(
      try call(scripts.lock, CacheCall(CacheClaim(owner: owner, lifetime: 30_000, seen: seen), keys)))
  }

  private func fill(_ owner: String) throws -> CacheFill.Reply? {
    let meta = CachedMeta(
      kind: .plain, status: 200, type: "application/json", ttl: 60_000, delta: 900,
      usage: .init(input: 3, output: 4),
      encoding: .identity, bytes: 2)
    let fill = CacheFill(owner: owner, meta: meta, body: Array("{}".utf8), kept: 90_000)
    return CacheFill.Reply(try call(scripts.fill, CacheCall(fill, keys)))
  }

  @Test func redisTellsTheTime() throws {
    #expect(try lock("r1:1") == .got)
    #expect(try fill("r1:1") == .filled)
    let found = try look()
    let answer = try #require(found.answer)
    #expect(answer.body == Array("{}".utf8) && answer.meta.usage.output == 4 && found.holder == nil)
    #expect(answer.created > 1_600_000_000_000 && found.now >= answer.created && found.seen == answer.created)
  }

  @Test func whoFindsNothingAndNobodyMayLead() throws {
    #expect(try look("r1:1").isClaimed)
    #expect(try look("r1:1").isClaimed, "the same again")
    #expect(try look("r1:2").holder?.owner == "r1:1" && look().holder?.owner == "r1:1")
    #expect(try fill("r1:1") == .filled)
    let found = try look("r1:2")
    #expect(found.answer != nil && !found.isClaimed && found.holder == nil)
  }

  @Test(arguments: ["answer", "lock"]) func aKeyOfAnotherTypeIsWrittenAnew(_ part: String) throws {
    let key = try #require(["answer": keys.answer, "lock": keys.lock][part])
    _ = try redis.send("LPUSH", key, "x")
    #expect(try look().answer == nil)
    #expect(try lock("r1:1") == .got)
    #expect(try fill("r1:1") == .filled)
    #expect(try look().answer != nil)
  }

  @Test(arguments: [
    "", "x", "L r1 5", "L r1 99999999999999999 1000 x", "L r1 -5 100", "r1 99999999999999 1000", "L  5 5",
    "L r1 +5 700", "12345",
    "-5 x", "+1600000000000 x",
  ])
  func aLockThatCannotBeReadIsNone(_ text: String) throws {
    for key in [keys.lock, keys.answer] {
      _ = try redis.send("SET", key, text)
      #expect(try look().holder == nil)
      #expect(try lock("r1:1") == .got)
      _ = try redis.send("DEL", keys.lock, keys.answer)
    }
  }

  /// `seen` is told even so: otherwise every claim would be answered with "look again".
  @Test(arguments: [
    "1600000000000 ", "1600000000000 x", "1600000000000 r1 plain 200 1 1 1 1 1 1 identity 2 text/plain",
    "1600000000000 r1 plain 2000 1 1 1 1 1 1 identity 2 text/plain\n{}",
    "1600000000000 r1 plain 200 -1 1 1 1 1 1 identity 2 text/plain\n{}",
    "1600000000000 r1 plain 200 1 1 1 1 1 1 zstd 2 text/plain\n{}",
  ])
  func anAnswerWithNonsenseInItCanBeReplaced(_ text: String) throws {
    _ = try redis.send("SET", keys.answer, text)
    let found = try look()
    #expect(found.answer == nil && found.seen > 0)
    #expect(try lock("r1:2", seen: found.seen) == .got)
    #expect(try fill("r1:2") == .filled)
    #expect(try look().answer != nil)
  }

  @Test func aPurgeEndsAFlightThatIsUnderWay() throws {
    _ = try lock("r1:1")
    let pattern = try #require(CacheKeys.pattern(tenant: "acme"))
    guard case .list(let found) = try redis.send("KEYS", pattern) else {
      throw RedisUnderTest.Failed(description: "?")
    }
    #expect(found == [.text(keys.answer)])
    _ = try redis.send("DEL", keys.answer)
    #expect(try fill("r1:1") == .refused)
    #expect(try look().answer == nil)
  }

  /// Both locks go with the answer; and the lock beside an answer that was evicted still says who fetches it.
  @Test func aRefreshIsEndedByAPurgeAndNotByAnEviction() throws {
    _ = try lock("r1:1")
    #expect(try fill("r1:1") == .filled)
    let seen = try look().seen
    #expect(try lock("r1:2", seen: seen) == .got)
    _ = try redis.send("DEL", keys.answer)
    let found = try look("r1:3")
    #expect(!found.isClaimed && found.holder?.owner == "r1:2")
    #expect(try lock("r1:3") != .got)
    #expect(try fill("r1:3") == .refused)
    #expect(try fill("r1:2") == .filled)
    #expect(try look().answer != nil && look().holder == nil)
    #expect(try lock("r1:4", seen: look().seen) == .got)
    _ = try redis.send("DEL", keys.answer, keys.lock)
    #expect(try fill("r1:4") == .refused && look().seen == 0)
  }

  /// What a lock says of its end is what its writer thought: it ends with its key.
  @Test(arguments: [-1_500, -700, -300, 400, 4_000]) func aWriterWhoseClockIsWrongHasTheLock(_ skew: Int64)
    throws
  {
    guard case .list(let time) = try redis.send("TIME"), case .text(let seconds) = time[0] else {
      throw RedisUnderTest.Failed(description: "no time")
    }
    let now = try #require(Int64(seconds)) * 1_000
    let claim = CacheClaim(owner: "r1:1", lifetime: 60_000, seen: 0)
    var words = CacheLook(keys: keys).take(claim, now: now - 60_000 + skew)
    words[4] = "60000"
    _ = try redis.send(words)
    #expect(try look("r1:2").holder?.owner == "r1:1" && lock("r1:2") != .got)
    #expect(try fill("r1:2") == .refused && fill("r1:1") == .filled)
  }

  @Test func fullMemoryRefusesAFillWhole() throws {
    _ = try lock("r1:1")
    _ = try redis.send("CONFIG", "SET", "maxmemory", "1")
    #expect(try fill("r1:1") == nil)
    _ = try redis.send("CONFIG", "SET", "maxmemory", "0")
    #expect(try look().answer == nil && look().holder?.owner == "r1:1")
    #expect(try fill("r1:1") == .filled)
  }

  @Test func repliesOfAnotherShapeAreNone() {
    func look(_ reply: Reply) -> CacheLookup? { CacheLookup(reply, claiming: nil, now: 1) }
    #expect(look(.none) == nil && look(.list([.none])) == nil && look(.number(1)) == nil)
    #expect(look(.list([.number(1), .number(2)]))?.answer == nil)
    #expect(CacheClaim.Reply(.list([.number(0)])) == nil && CacheClaim.Reply(.number(1)) == nil)
    #expect(CacheFill.Reply(.number(3)) == nil && CacheFill.Reply(.bytes([])) == nil)
  }
}
