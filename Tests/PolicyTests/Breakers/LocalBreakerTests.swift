import Testing

@testable import Policy

struct LocalBreakerTests {
  private let settings = BreakerSettings(probeTime: 10_000)
  private var breaker: LocalBreaker

  init() { breaker = LocalBreaker(settings, reporter: "r1") }

  private func status(
    _ phase: BreakerState.Phase, _ generation: Int64, left: Int64 = 0, cool: Int64? = nil, age: Int64 = 0,
    issued: Int64 = 0, _ reason: BreakerState.Reason = .rate
  ) -> BreakerStatus {
    BreakerStatus(
      phase: phase, generation: generation, left: left, cool: cool, age: age, opens: 1, issued: issued,
      succeeded: 0, reason: reason)
  }

  @discardableResult
  private mutating func fail(_ count: Int, isConnect: Bool = false, at now: Int64) -> LocalBreaker.Haste {
    var haste = LocalBreaker.Haste.none
    for _ in 0..<count {
      haste = breaker.record(.transportFailed(isConnect: isConnect), breaker.stamp(), now: now)
    }
    return haste
  }

  private mutating func permit(_ id: String, at now: Int64) -> Bool { breaker.permit(id, now: now) }
  private mutating func takeReport(at now: Int64) -> BreakerReport? { breaker.takeReport(now: now) }

  private mutating func record(_ outcome: LocalBreaker.Outcome, at now: Int64) -> LocalBreaker.Haste {
    breaker.record(outcome, breaker.stamp(), now: now)
  }

  private func standing(_ now: Int64) -> BreakerView.Standing { breaker.view(now: now).standing }

  @Test mutating func itOpensWithoutRedisAndProbesByItself() {
    fail(19, at: 100)
    #expect(standing(100) == .closed)
    fail(1, at: 100)
    #expect(standing(100) == .open(until: 5_100))
    #expect(standing(5_100) == .half(.own))
    for id in ["a", "b", "c"] {
      #expect(permit(id, at: 5_100))
      breaker.probed(id, breaker.stamp(), .ok, now: 5_200)
    }
    #expect(breaker.view(now: 5_200) == BreakerView(.closed, share: 0.1))
    #expect(breaker.view(now: 20_200).share == 0.5)
  }

  @Test mutating func itsOwnOpeningLastsNoLongerThanBase() {
    fail(20, at: 100)
    #expect(permit("a", at: 5_100))
    breaker.probed("a", breaker.stamp(), .fail, now: 5_100)
    #expect(standing(5_101) == .open(until: 10_100))
  }

  @Test mutating func itAllowsThreeProbesOfItsOwn() {
    fail(20, at: 100)
    #expect(!permit("a", at: 5_099))
    #expect(["a", "b", "c", "d"].map { permit($0, at: 5_100) } == [true, true, true, false])
  }

  @Test mutating func theWorseOfBothHolds() {
    breaker.hear(status(.open, 7, left: 20_000), asked: nil, now: 0)
    #expect(standing(500) == .open(until: 20_000))
    #expect(standing(20_000) == .half(.shared))
    breaker.hear(status(.closed, 8, .recovered), asked: nil, now: 21_000)
    #expect(standing(21_000) == .closed)
    fail(20, at: 22_000)
    #expect(standing(22_000) == .open(until: 27_000))
  }

  @Test mutating func whereAllPermitsAreGivenThereIsNothingToAsk() {
    breaker.hear(status(.half, 7, left: 10_000, issued: 2), asked: nil, now: 0)
    #expect(standing(0) == .half(.shared))
    breaker.hear(status(.half, 7, left: 10_000, issued: 3), asked: nil, now: 0)
    #expect(standing(0) == .open(until: 10_000))
    #expect(standing(10_000) == .half(.shared), "lost probes: the next one who asks opens it")
  }

  /// A reply that a message has overtaken; and a Redis that was flushed (ruling 1).
  @Test mutating func aLowerGenerationCountsOnlyWhereItWasAskedForLater() {
    breaker.hear(status(.open, 7, left: 20_000), asked: nil, now: 100)
    breaker.hear(status(.closed, 0, .new), asked: 99, now: 101)
    #expect(standing(101) == .open(until: 20_100))
    breaker.hear(status(.closed, 0, .new), asked: nil, now: 101)
    #expect(standing(101) == .open(until: 20_100))
    breaker.hear(status(.closed, 0, .new), asked: 101, now: 102)
    #expect(standing(102) == .closed)
  }

  @Test mutating func itsOwnVetoStaysWhereRedisHasForgotten() {
    breaker.hear(status(.closed, 5), asked: 0, now: 0)
    fail(20, at: 100)
    breaker.hear(status(.closed, 0, .new), asked: 150, now: 200)
    #expect(standing(200) == .open(until: 5_100))
  }

  @Test mutating func afterAnOutageTheSharedStateWins() {
    breaker.hear(status(.closed, 5), asked: 0, now: 0)
    breaker.lose(now: 50)
    fail(20, at: 100)
    #expect(standing(150) == .open(until: 5_100))
    breaker.hear(status(.closed, 5), asked: 190, now: 200)
    #expect(standing(200) == .closed)
  }

  @Test mutating func whatOthersHaveProbedNeedsNoProbe() {
    breaker.hear(status(.closed, 5), asked: 0, now: 0)
    fail(20, at: 100)
    breaker.hear(status(.closed, 9, .recovered), asked: nil, now: 300)
    #expect(standing(300) == .closed)
  }

  @Test mutating func whatFailedBeforeOthersHaveProbedCountsNoMore() {
    breaker.hear(status(.closed, 5), asked: 0, now: 0)
    fail(19, at: 100)
    breaker.hear(status(.open, 7, left: 200), asked: nil, now: 110)
    breaker.hear(status(.closed, 9, .recovered), asked: nil, now: 400)
    fail(1, at: 500)
    #expect(standing(500) == .closed)
  }

  /// Else all replicas may have opened, each by itself, and the shared breaker would never learn of it.
  @Test mutating func probesOfItsOwnAreToldToTheOthers() throws {
    breaker.hear(status(.closed, 5), asked: 0, now: 0)
    fail(20, at: 100)
    #expect(takeReport(at: 100) != nil)
    for number in 1...BreakerSettings.connectFailuresInARow {
      let (id, now) = ("p\(number)", Int64(number) * 5_100)
      #expect(permit(id, at: now))
      let stamp = breaker.stamp(.shared)
      let haste = breaker.record(.transportFailed(isConnect: true), stamp, now: now)
      breaker.probed(id, stamp, .fail, now: now)
      #expect(standing(now) == .open(until: now + 5_000) && haste == .now)
    }
    let report = try #require(takeReport(at: 60_000))
    #expect(report.counts.text == "0 \(BreakerSettings.connectFailuresInARow)" && report.opening == .connect)
  }

  @Test mutating func whileRedisIsAwayWhatWasOpenIsProbedAlone() {
    breaker.hear(status(.open, 7, left: 20_000), asked: nil, now: 0)
    breaker.lose(now: 1_000)
    #expect(standing(1_000) == .open(until: 6_000))
    #expect(standing(6_000) == .half(.own))
    breaker.lose(now: 6_000)
    #expect(standing(6_000) == .half(.own), "told twice")
  }

  @Test mutating func whileRedisIsAwayWhatWasHalfOpenIsProbedAloneAtOnce() {
    for issued in [1, 3] as [Int64] {
      breaker = LocalBreaker(settings, reporter: "r1")
      breaker.hear(status(.half, 7, left: 10_000, issued: issued), asked: nil, now: 0)
      breaker.lose(now: 1_000)
      #expect(standing(1_000) == .half(.own))
      #expect(["a", "b", "c", "d"].map { permit($0, at: 1_000) } == [true, true, true, false])
    }
    breaker.hear(status(.half, 7, left: 9_000, issued: 2), asked: nil, now: 2_000)
    #expect(standing(2_000) == .half(.shared), "Redis is back")
  }

  @Test mutating func anotherSettingTakesOverHowItStands() {
    breaker.hear(status(.open, 7, left: 20_000), asked: nil, now: 0)
    var next = LocalBreaker(BreakerSettings(base: 1_000), reporter: "r2")
    #expect(!next.isAcquainted && breaker.isAcquainted)
    next.goOn(from: breaker)
    #expect(next.isAcquainted && next.view(now: 500).standing == .open(until: 20_000))
    next.hear(status(.closed, 6), asked: nil, now: 600)
    #expect(next.view(now: 600).standing == .open(until: 20_000), "a message that came late")
  }

  @Test mutating func aCooldownOutlivesTheLink() {
    breaker.hear(status(.closed, 7, cool: 20_000), asked: nil, now: 0)
    #expect(standing(100) == .cooling(until: 20_000))
    breaker.lose(now: 1_000)
    #expect(standing(1_000) == .cooling(until: 20_000))
    #expect(breaker.view(now: 20_001) == BreakerView(.closed, share: 0.5))
    #expect(breaker.view(now: 50_001).share == 1)
  }

  @Test mutating func aCooldownHoldsHereAtOnce() {
    let haste = breaker.record(.cooldown(20_000), breaker.stamp(.none), now: 10)
    #expect(haste == .now)
    #expect(standing(11) == .cooling(until: 20_010))
    #expect(takeReport(at: 11)?.cooldown == 20_000 && takeReport(at: 11) == nil)
  }

  @Test mutating func aReportHasWhatWasSeen() throws {
    breaker.hear(status(.closed, 7), asked: 0, now: 0)
    #expect(takeReport(at: 0) == nil)
    #expect(record(.ok(cell: 3, isSlow: true), at: 1) == .soon)
    #expect(record(.answerFailed(cell: 4), at: 2) == .now)
    #expect(record(.answerFailed(cell: 4), at: 3) == .soon)
    #expect(record(.healthy, at: 3) == .soon)
    let report = try #require(takeReport(at: 4))
    #expect(report.counts.text == "1 0 3:1/0/1 4:0/2/0" && report.generation == 7 && report.sequence == 0)
    #expect(fail(1, at: 1_002) == .soon && fail(1, at: 2_002) == .now)
    #expect(takeReport(at: 2_003)?.sequence == 1)
  }

  @Test mutating func fiveConnectionsInARowThatFailOpenIt() throws {
    fail(4, isConnect: true, at: 0)
    _ = breaker.record(.ok(cell: 0, isSlow: false), breaker.stamp(), now: 0)
    fail(4, isConnect: true, at: 0)
    #expect(standing(0) == .closed && takeReport(at: 0)?.opening == nil)
    #expect(fail(1, isConnect: true, at: 0) == .now)
    #expect(standing(0) == .open(until: 5_000) && takeReport(at: 0)?.opening == .connect)
  }

  /// One caller's poison at this replica, while the others do well at other ones.
  @Test mutating func whatAnswersAreLikeIsForAllReplicasToJudge() {
    breaker.hear(status(.closed, 7), asked: 0, now: 0)
    for _ in 0..<50 { _ = record(.answerFailed(cell: 3), at: 10) }
    for _ in 0..<50 { _ = record(.ok(cell: 3, isSlow: true), at: 10) }
    #expect(takeReport(at: 10)?.counts.text == "0 0 3:50/50/50")
    #expect(standing(10) == .closed)
    breaker.lose(now: 20)
    for _ in 0..<19 { _ = record(.answerFailed(cell: 3), at: 10_020) }
    #expect(standing(10_020) == .closed)
    _ = record(.answerFailed(cell: 3), at: 10_020)
    #expect(standing(10_020) == .open(until: 15_020), "nobody else judges")
  }

  /// I3.
  @Test mutating func whatStartedInAnotherGenerationSaysNothing() {
    let before = breaker.stamp()
    breaker.hear(status(.closed, 7, .recovered), asked: 0, now: 0)
    _ = breaker.record(.answerFailed(cell: 0), before, now: 1)
    #expect(takeReport(at: 2) == nil)
    let shared = breaker.stamp()
    fail(20, at: 3)
    for id in ["a", "b", "c"] {
      #expect(permit(id, at: 5_003))
      breaker.probed(id, breaker.stamp(), .ok, now: 5_003)
    }
    for _ in 0..<30 { _ = breaker.record(.transportFailed(isConnect: false), shared, now: 5_004) }
    #expect(standing(5_004) == .closed, "of its own earlier generation")
  }

  @Test mutating func whatIsNotYetReportedEndsWithItsGeneration() {
    breaker.hear(status(.closed, 7), asked: 0, now: 0)
    fail(3, at: 1)
    breaker.hear(status(.closed, 9, .recovered), asked: nil, now: 2)
    #expect(takeReport(at: 3) == nil)
  }

  @Test mutating func slowCallsOpenItAtTheNextReport() {
    for _ in 0..<20 { _ = breaker.record(.ok(cell: 1, isSlow: true), breaker.stamp(), now: 5) }
    _ = takeReport(at: 100)
    #expect(standing(100) == .open(until: 5_100))
  }

  @Test mutating func whatJoinsStartsSlowly() {
    breaker = LocalBreaker(settings, reporter: "r1", joined: 1_000)
    #expect(breaker.view(now: 16_000) == BreakerView(.closed, share: 0.5))
  }
}
