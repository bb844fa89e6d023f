import Testing

@testable import Policy

/// What phases, permits and reports mean; that the scripts mean the same is `BreakerTwinTests`' to show.
struct BreakerStoreTests {
  private let keys = BreakerKeys(endpoint: "east", deployment: "small")
  private let settings = BreakerSettings(base: 1_000, max: 6_000, probeTime: 10_000)
  private var store = BreakerStore()
  private let start: Int64 = 1_790_000_000_000
  private var sequence: Int64 = 0

  @discardableResult
  private mutating func report(
    ok: Int64 = 0, fail: Int64 = 0, opening: BreakerState.Reason? = nil, cooldown: Int64 = 0,
    generation: Int64? = nil, at now: Int64
  ) -> BreakerReport.Reply {
    sequence += 1
    var counts = BreakerCounts()
    counts.cells[1].ok = ok
    counts.fail = fail
    let report = BreakerReport(
      reporter: "r1", sequence: sequence,
      generation: generation ?? store.read(keys, now: now).generation, counts: counts, opening: opening,
      cooldown: cooldown)
    return store.report(keys, report, settings, jitter: 0, now: now)
  }

  private mutating func permit(_ id: String, at now: Int64) -> BreakerPermit {
    store.permit(keys, id, settings, jitter: 0, now: now)
  }

  private mutating func probe(
    _ id: String, _ outcome: BreakerProbe.Outcome, generation: Int64? = nil, at now: Int64
  ) -> BreakerProbe.Reply {
    let probe = BreakerProbe(
      id: id, generation: generation ?? store.read(keys, now: now).generation, outcome: outcome)
    return store.probe(keys, probe, settings, jitter: 0, now: now)
  }

  /// Opens it, and begins its first half-open generation with one permit.
  private mutating func halfOpen() -> Int64 {
    report(fail: 20, at: start)
    #expect(permit("p1", at: start + 1_000).answer == .probe)
    return start + 1_000
  }

  @Test mutating func halfOfTwentyOpenIt() {
    report(ok: 10, fail: 9, at: start)
    #expect(store.read(keys, now: start).phase == .closed)
    let status = report(fail: 1, at: start + 1).status
    #expect(status.phase == .open && status.reason == .rate && status.left == 1_000 && status.opens == 1)
    #expect(status.generation == start + 1)
  }

  @Test mutating func fewerThanHalfDoNot() {
    #expect(report(ok: 101, fail: 99, at: start).status.phase == .closed)
  }

  @Test mutating func fewCallsSayNothing() {
    #expect(report(fail: 19, at: start).status.phase == .closed)
  }

  @Test mutating func whatLeftTheWindowCountsNoMore() {
    report(fail: 19, at: start)
    #expect(report(fail: 1, at: start + 10_000).status.phase == .closed)
    #expect(report(fail: 18, at: start + 10_001).status.phase == .closed)
    #expect(report(fail: 1, at: start + 19_999).status.phase == .open)
  }

  @Test mutating func aReplicaThatCannotConnectOpensIt() {
    #expect(report(fail: 1, opening: .connect, at: start).status.reason == .connect)
  }

  @Test mutating func theSameReportCountsOnce() {
    var counts = BreakerCounts()
    counts.fail = 19
    let report = BreakerReport(reporter: "r1", sequence: 7, generation: 0, counts: counts)
    #expect(store.report(keys, report, settings, jitter: 0, now: start).outcome == .counted)
    #expect(store.report(keys, report, settings, jitter: 0, now: start + 5).outcome == .repeated)
    #expect(store.read(keys, now: start + 5).phase == .closed)
  }

  /// I3.
  @Test mutating func aLateReportOfAnEarlierGenerationIsIgnored() {
    let half = halfOpen()
    for id in ["p1", "p2", "p3"] {
      _ = permit(id, at: half)
      _ = probe(id, .ok, at: half + 1)
    }
    #expect(store.read(keys, now: half + 1).phase == .closed)
    #expect(report(fail: 99, opening: .connect, generation: 0, at: half + 2).outcome == .ignored)
    #expect(store.read(keys, now: half + 2).phase == .closed)
  }

  @Test mutating func anOpenBreakerCountsNothing() {
    let opened = report(fail: 20, at: start).status
    #expect(report(fail: 99, at: start + 1).outcome == .ignored)
    #expect(store.read(keys, now: start + 1).generation == opened.generation)
  }

  /// Ruling 1: with plain counters a flushed Redis dropped 200 failures for ever.
  @Test mutating func aReportOfAGenerationThatIsForgottenRestoresIt() {
    #expect(report(fail: 5, generation: 1_700, at: start).outcome == .counted)
    let status = store.read(keys, now: start)
    #expect(status.generation == 1_700 && status.phase == .closed && status.reason == .restored)
    #expect(report(fail: 15, generation: 1_700, at: start + 1).status.phase == .open)
    #expect(store.read(keys, now: start + 1).generation == start + 1)
  }

  @Test mutating func generationsRiseWhereTheClockGoesBack() {
    let first = report(fail: 20, at: start).status.generation
    let second = permit("p1", at: start - 3_600_000)
    #expect(second.answer == .probe && second.status.generation == first + 1, "nor is it open for an hour")
  }

  /// I4.
  @Test mutating func threeProbesStartAndNoMore() {
    report(fail: 20, at: start)
    #expect(permit("p0", at: start + 999).answer == .refused)
    let answers = (1...8).map { permit("p\($0)", at: start + 1_000).answer }
    #expect(answers == [.probe, .probe, .probe, .refused, .refused, .refused, .refused, .refused])
    #expect(permit("p2", at: start + 1_001).answer == .probe, "the same again")
    #expect(store.read(keys, now: start + 1_001).issued == 3)
  }

  @Test mutating func probesThatAllSucceedCloseIt() {
    let half = halfOpen()
    for id in ["p2", "p3"] { #expect(permit(id, at: half).answer == .probe) }
    #expect(probe("p1", .ok, at: half + 1).status.phase == .half)
    #expect(!probe("p1", .ok, at: half + 1).isCounted, "told twice")
    #expect(probe("p2", .ok, at: half + 2).status.succeeded == 2)
    let status = probe("p3", .ok, at: half + 3).status
    #expect(status.phase == .closed && status.reason == .recovered && status.opens == 0)
    #expect(permit("p4", at: half + 4).answer == .closed)
  }

  @Test mutating func aProbeThatFailsOpensItForTwiceAsLong() {
    var now = start
    report(fail: 20, at: now)
    for length: Int64 in [1_000, 2_000, 4_000, 6_000, 6_000] {
      #expect(store.read(keys, now: now).left == length)
      now += length
      #expect(permit("p", at: now).answer == .probe)
      #expect(probe("p", .fail, at: now).status.reason == .probeFailed)
    }
  }

  @Test mutating func aLostProbeOpensItAgain() {
    let half = halfOpen()
    _ = permit("p2", at: half)
    _ = probe("p2", .ok, at: half + 1)
    #expect(permit("p3", at: half + 9_999).answer == .probe)
    let status = permit("p4", at: half + 10_000).status
    #expect(status.phase == .open && status.reason == .probeLost && status.left == 1_000 && status.opens == 1)
    #expect(!probe("p1", .ok, generation: half, at: half + 10_001).isCounted)
    #expect(permit("p5", at: half + 11_000).answer == .probe, "and is probed anew")
  }

  /// A model that seldom anybody calls.
  @Test mutating func whereNothingIsOutstandingNothingIsLost() {
    var now = halfOpen()
    #expect(probe("p1", .ok, at: now + 1).status.succeeded == 1)
    for id in ["p2", "p3"] {
      now += 25_000
      let status = permit(id, at: now).status
      #expect(status.phase == .half && status.left == 10_000 && status.issued == (id == "p2" ? 2 : 3))
      _ = probe(id, .ok, at: now + 1)
    }
    #expect(store.read(keys, now: now + 1).phase == .closed)
  }

  @Test mutating func aProbeIsLostAfterItsOwnTime() {
    let half = halfOpen()
    _ = probe("p1", .ok, at: half + 1)
    #expect(permit("p2", at: half + 9_000).answer == .probe)
    #expect(permit("p3", at: half + 10_000).status.left == 9_000, "until the older one would be lost")
    #expect(permit("p4", at: half + 18_999).answer == .refused)
    #expect(permit("p4", at: half + 19_000).status.reason == .probeLost)
  }

  @Test mutating func aProbeThatSaysNothingGivesItsPermitBack() {
    let half = halfOpen()
    for id in ["p2", "p3"] { #expect(permit(id, at: half).answer == .probe) }
    #expect(permit("p4", at: half).answer == .refused)
    #expect(probe("p2", .ignore, at: half + 1).status.issued == 2)
    #expect(permit("p4", at: half + 2).answer == .probe)
    #expect(permit("p5", at: half + 2).answer == .refused)
  }

  /// The same request once more, late: it would take a place that nobody fills, and the breaker would stay half-open for it (I4).
  @Test mutating func aPermitWhoseProbeHasEndedIsNotGivenAnew() {
    let half = halfOpen()
    #expect(probe("p1", .ok, at: half + 1).isCounted)
    #expect(permit("p1", at: half + 2).answer == .refused)
    #expect(permit("p2", at: half + 2).answer == .probe)
    #expect(probe("p2", .cooldown(1_000), at: half + 3).status.issued == 1)
    #expect(!probe("p2", .cooldown(1_000), at: half + 900).isCounted)
    #expect(store.read(keys, now: half + 900).cool == 103, "nor is it left alone for longer")
    for id in ["p3", "p4"] {
      #expect(permit(id, at: half + 2_000).answer == .probe)
      #expect(probe(id, .ok, at: half + 2_001).isCounted)
    }
    #expect(store.read(keys, now: half + 2_001).phase == .closed)
  }

  @Test mutating func aProbeOfAnotherGenerationIsIgnored() {
    let half = halfOpen()
    #expect(!probe("p1", .fail, generation: half - 1, at: half).isCounted)
    #expect(!probe("p9", .fail, at: half).isCounted)
    #expect(store.read(keys, now: half).phase == .half)
  }

  /// Ruling 3.
  @Test mutating func aCooldownIsNoFailure() {
    let status = report(cooldown: 20_000, at: start).status
    #expect(status.phase == .closed && status.generation == 0 && status.cool == 20_000)
    #expect(report(cooldown: 3_000, at: start + 1_000).status.cool == 19_000, "nothing shortens it")
    #expect(store.read(keys, now: start + 21_000).cool == -1_000)
    let opened = report(fail: 20, at: start + 2_000).status
    #expect(opened.phase == .open && opened.cool == 18_000)
    #expect(report(cooldown: 30_000, generation: 0, at: start + 3_000).outcome == .ignored)
    #expect(store.read(keys, now: start + 3_000).cool == 30_000, "settable in every phase")
  }

  @Test mutating func whileItCoolsNothingIsProbedAndNoProbeIsLost() {
    let half = halfOpen()
    let reply = probe("p1", .cooldown(20_000), at: half)
    #expect(reply.isCounted && reply.status.phase == .half && reply.status.issued == 0)
    #expect(reply.status.cool == 20_000 && reply.status.generation == half)
    #expect(permit("p2", at: half + 19_999).answer == .refused)
    #expect(permit("p2", at: half + 20_000).answer == .probe)
  }

  @Test mutating func anOpenBreakerThatCoolsIsNotProbed() {
    report(fail: 20, cooldown: 5_000, at: start)
    #expect(permit("p1", at: start + 4_999).answer == .refused)
    #expect(permit("p1", at: start + 5_000).answer == .probe)
  }

  @Test mutating func jitterMakesItLonger() {
    var counts = BreakerCounts()
    counts.fail = 20
    let report = BreakerReport(reporter: "r1", sequence: 1, generation: 0, counts: counts)
    #expect(store.report(keys, report, settings, jitter: 200, now: start).status.left == 1_200)
  }

  @Test mutating func aClockThatGoesBackHoldsNothingUp() {
    report(cooldown: 20_000, at: start)
    #expect(store.read(keys, now: start - 5_000).cool == 20_000)
    #expect(store.read(keys, now: start - 5_001).cool == nil)
    report(fail: 20, at: start)
    #expect(
      store.read(keys, now: start - 5_000).left == 1_000 && store.read(keys, now: start - 5_001).left == 0)
  }

  @Test mutating func everythingIsForgottenInTheEnd() {
    let half = halfOpen()
    store.sweep(now: half + 3_600_000)
    #expect(store.entries.count == 1)
    store.sweep(now: half + 3_600_000 + 10_000)
    #expect(store.entries.isEmpty)
    report(fail: 1, at: start)
    store.sweep(now: start + 15_000)
    #expect(store.entries.isEmpty)
  }

  /// A part of it may be lost alone.
  @Test mutating func lostPermitsAreLostProbes() {
    let half = halfOpen()
    store.forget(.probes, of: keys)
    #expect(!probe("p1", .ok, at: half).isCounted)
    #expect(permit("p4", at: half + 10_000).status.reason == .probeLost)
  }

  @Test mutating func everyChangeOfPhaseIsPublished() {
    let half = halfOpen()
    _ = probe("p1", .fail, at: half)
    report(fail: 1, at: half)
    report(cooldown: 500, at: half)
    #expect(store.takeNews().map(\.status.phase) == [.open, .half, .open, .open])
    #expect(store.takeNews().isEmpty)
  }

  @Test mutating func breakersOfOtherEndpointsAreUntouched() {
    report(fail: 20, at: start)
    let other = BreakerKeys(endpoint: "west", deployment: "small")
    #expect(store.read(other, now: start).phase == .closed)
  }
}
