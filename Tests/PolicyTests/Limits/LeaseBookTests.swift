import Testing

@testable import Policy

/// When a worker charges ahead, what it spends of it, and what it gives back.
struct LeaseBookTests {
  private static let rule = Bucket.Rule(tokens: 1_000_000, window: 60_000)

  private static func limit(_ key: String, _ measure: Limit.Measure, _ shape: Limit.Shape) -> Limit {
    Limit(path: key, name: key, label: key, measure: measure, shape: shape, outage: .share, key: key)
  }

  private static let tokens = limit("tpm", .tokens, .bucket(rule))
  private static let group = LimitGroup(prefix: "sy:{t:a}", limits: [tokens])

  private static func costing(_ cost: Int64) -> [Charge] {
    [Charge(key: "tpm", rule: .bucket(rule), cost: cost)]
  }

  /// A worker's book with a clock; one replica of one worker.
  private struct Desk {
    var book = LeaseBook(LeaseTerms(), owner: "r1", workers: 1)
    var group = LeaseBookTests.group
    var replicas = 1
    var now: Int64 = 0
    /// What the shared state has left.
    var left: Int64 = 1_000_000

    mutating func take(_ cost: Int64) -> (lease: String, left: [Int64], isLow: Bool)? {
      book.take(group, LeaseBookTests.costing(cost), now: now)
    }

    /// Asks so many times in 100 ms, and ticks; the calls.
    mutating func pass(_ admissions: Int, of cost: Int64 = 10) -> [LeaseCall] {
      for _ in 0..<admissions { _ = take(cost) }
      book.note(group, left: [left])
      now += 100
      return tick()
    }

    mutating func tick() -> [LeaseCall] {
      book.calls(replicas: replicas, now: now) { "\($0.prefix):lease:x" }.map(\.call)
    }

    mutating func answer(_ call: LeaseCall, _ reply: LeaseCall.Reply?) {
      book.hear(reply, to: call, of: group.leaseName ?? "")
    }

    /// A lease of a group that is asked for 500 times a second, each for 10 tokens.
    mutating func open() -> LeaseCall? {
      var call: LeaseCall?
      for _ in 0..<5 { call = pass(50).first ?? call }
      if let call { answer(call, .granted(left: [left])) }
      return call
    }
  }

  @Test func aHotGroupIsChargedAhead() {
    var desk = Desk()
    let call = desk.open()
    #expect(call?.parts.first?.wanted == 1_000, "a fifth of a second of 500 times 10 tokens")
    #expect(call?.parts.first?.used == 0)
    let taken = desk.take(10)
    #expect(taken?.left == [1_000_000], "never more than the limit is told of")
    #expect(taken?.isLow == false)
    #expect(desk.take(991) == nil, "more than is in stock")
    #expect(desk.take(990)?.isLow == true)
    #expect(desk.take(1) == nil)
  }

  @Test func aGroupThatIsSeldomAskedForIsNot() {
    var desk = Desk()
    for _ in 0..<20 { #expect(desk.pass(19) == []) }
  }

  @Test func aBucketThatIsHalfEmptyIsNot() {
    var desk = Desk()
    desk.left = 500_000
    for _ in 0..<20 { #expect(desk.pass(50) == []) }
    desk.left = 500_001
    #expect(desk.pass(50).count == 1)
  }

  @Test func ofAGroupWithOtherLimitsNothingIsLeased() {
    let slots = Self.limit("sem", .concurrent, .slots(Slots.Rule(count: 5, lifetime: 30_000)))
    #expect(LimitGroup(prefix: "sy:{t:a}", limits: [Self.tokens, slots]).leaseName == nil)
    #expect(LimitGroup(prefix: "sy:{t:a}", limits: []).leaseName == nil)
    #expect(Self.group.leaseName != nil)
  }

  @Test func allLeasesTogetherHoldATwentieth() {
    var desk = Desk()
    desk.replicas = 5
    var calls: [LeaseCall] = []
    for _ in 0..<6 { calls += desk.pass(50, of: 3_000) }
    guard let part = calls.first?.parts.first else {
      Issue.record("nothing was leased")
      return
    }
    #expect(part.wanted == 10_000, "a fifth of a second is 300,000")
  }

  @Test func aLimitTooSmallForAllWorkersIsNotLeased() {
    var desk = Desk()
    desk.replicas = 10_001
    for _ in 0..<20 { #expect(desk.pass(50, of: 0) == []) }
    desk.replicas = 10_000
    #expect(desk.pass(50, of: 0).count == 1)
  }

  @Test func theStockIsFilledUpBeforeItIsSpent() {
    var desk = Desk()
    _ = desk.open()
    #expect(desk.pass(49) == [], "more than half is left")
    let call = desk.pass(2).first
    #expect(call?.parts.first == .init(key: "tpm", rule: Self.rule, before: 1_000, used: 510, wanted: 1_510))
    #expect(desk.pass(10) == [], "one call at a time")
  }

  @Test func whatIsNotSpentIsGivenBack() {
    var desk = Desk()
    _ = desk.open()
    _ = desk.take(10)
    var calls: [LeaseCall] = []
    for _ in 0..<10 where calls.isEmpty { calls = desk.pass(0) }
    #expect(calls.first?.parts.first?.wanted == 10, "what the running exchange has reserved stays charged")
    #expect(desk.take(10) == nil, "it was given back")
    if let call = calls.first { desk.answer(call, .granted(left: [1_000_000])) }
    for _ in 0..<10 { #expect(desk.pass(0) == []) }
    desk.book.settle(Self.group.leaseName ?? "", reserved: Self.costing(10), actual: Self.costing(25))
    #expect(desk.book.unsettled == 1)
    let last = desk.pass(0).first
    #expect(last?.parts.first == .init(key: "tpm", rule: Self.rule, before: 10, used: 25, wanted: 25))
    if let last { desk.answer(last, .granted(left: [1_000_000])) }
    #expect(desk.book.unsettled == 0)
  }

  @Test func aStockThatIsRefusedEndsTheLease() {
    var desk = Desk()
    _ = desk.open()
    for _ in 0..<60 { _ = desk.take(10) }
    desk.now += 100
    guard let call = desk.tick().first else {
      Issue.record("nothing was asked")
      return
    }
    desk.left = 190_000
    desk.answer(call, .refused(left: [190_000]))
    #expect(desk.take(10) == nil)
    #expect(desk.book.unsettled == 1)
    desk.now += 100
    let last = desk.tick().first
    let part = LeaseCall.Part(key: "tpm", rule: Self.rule, before: 1_000, used: 600, wanted: 600)
    #expect(last?.parts == [part], "what was in stock goes back at once")
    if let last { desk.answer(last, .granted(left: [190_400])) }
    #expect(desk.book.unsettled == 0)
    for _ in 0..<20 { #expect(desk.pass(50) == []) }
    desk.left = 600_000
    #expect(desk.pass(50).first?.parts.first?.used == 600, "and it begins again where there is room")
  }

  @Test func whatACallGivesAwayIsNotSpentMeanwhile() {
    var desk = Desk()
    _ = desk.open()
    desk.now += 1_000
    guard let call = desk.tick().first else {
      Issue.record("nothing was asked")
      return
    }
    #expect(call.parts.map(\.wanted) == [0], "nobody asks for it any more")
    #expect(desk.take(1) == nil)
    desk.answer(call, nil)
    #expect(desk.take(1) == nil)
    #expect(desk.book.unsettled == 1, "nobody knows whether it was given back")
  }

  @Test func whatExchangesGiveBackIsNotSpentAgainHere() {
    var desk = Desk()
    _ = desk.open()
    #expect(desk.take(1_000) != nil)
    desk.book.settle(Self.group.leaseName ?? "", reserved: Self.costing(1_000), actual: Self.costing(0))
    #expect(desk.take(1) == nil)
    let call = desk.pass(0).first
    #expect(call?.parts.first == .init(key: "tpm", rule: Self.rule, before: 1_000, used: 0, wanted: 1_000))
    if let call { desk.answer(call, .granted(left: [1_000_000])) }
    #expect(desk.take(1_000) != nil)
    #expect(desk.take(1) == nil)
  }

  @Test func whatAStreamTakesBeyondItsReservationLowersTheStock() {
    var desk = Desk()
    _ = desk.open()
    #expect(desk.take(100) != nil)
    desk.book.use(Self.group.leaseName ?? "", [300])
    #expect(desk.take(601) == nil)
    desk.book.settle(Self.group.leaseName ?? "", reserved: Self.costing(100), actual: Self.costing(200))
    #expect(desk.take(501) == nil)
    #expect(desk.take(500) != nil)
    #expect(desk.pass(0).first?.parts.first?.used == 1_000)
  }

  /// All keys of a tenant share its bucket, and each has a lease of its own.
  @Test func leasesOfOneBucketHoldATwentiethTogether() {
    var book = LeaseBook(LeaseTerms(), owner: "r1", workers: 2)
    let groups = (0..<3).map { number in
      LimitGroup(
        prefix: "sy:{t:a}", limits: [Self.tokens, Self.limit("key\(number)", .tokens, .bucket(Self.rule))])
    }
    var calls: [LeaseCall] = []
    var now: Int64 = 0
    for _ in 0..<6 {
      for (number, group) in groups.enumerated() {
        let charges =
          Self.costing(1_000) + [Charge(key: "key\(number)", rule: .bucket(Self.rule), cost: 1_000)]
        for _ in 0..<50 { _ = book.take(group, charges, now: now) }
        book.note(group, left: [1_000_000, 1_000_000])
      }
      now += 100
      calls += book.calls(replicas: 1, now: now) { "\($0.prefix):lease:x" }.map(\.call)
    }
    let wanted = calls.flatMap(\.parts).filter { $0.key == "tpm" }.map(\.wanted)
    #expect(wanted.reduce(0, +) == 25_000, "half a twentieth: the replica has two workers")
  }

  @Test func aCallThatGotNoAnswerIsAskedAgainWithTheSameSums() {
    var desk = Desk()
    _ = desk.open()
    guard let call = desk.pass(60).first else {
      Issue.record("nothing was asked")
      return
    }
    desk.answer(call, nil)
    #expect(desk.take(400) != nil, "what is known to be charged may be spent")
    #expect(desk.take(1) == nil)
    desk.now += 100
    let again = desk.tick().first
    #expect(again?.sequence == call.sequence + 1)
    #expect(
      again?.parts.first == .init(key: "tpm", rule: Self.rule, before: 1_000, used: 1_000, wanted: 2_000))
  }

  @Test func theEndOfTheWorkerGivesTheStockBack() {
    var desk = Desk()
    _ = desk.open()
    _ = desk.take(10)
    let calls = desk.book.closingCalls()
    #expect(calls.map { $0.parts.map(\.wanted) } == [[10]])
    #expect(desk.take(10) == nil)
  }
}
