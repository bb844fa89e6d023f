import Testing

@testable import Policy

struct FirstRequestsTests {
  private func fold(_ guarded: inout FirstRequests, _ n: Int64, _ x: Int64, _ m: Int64, _ y: Int64) {
    guarded.fold(ArmCounts(canary: EventCount(n, events: x), baseline: EventCount(m, events: y)))
  }

  @Test func fiveFailuresWithAFineBaselineAreEnough() {
    var guarded = FirstRequests()
    fold(&guarded, 3, 3, 60, 1)
    fold(&guarded, 0, 0, 60, 0)
    #expect(!guarded.isBroken)
    fold(&guarded, 2, 2, 60, 1)
    #expect(guarded.isBroken)
    fold(&guarded, 9, 0, 60, 1)
    #expect(guarded.isBroken)
  }

  @Test func oneSuccessEndsIt() {
    var guarded = FirstRequests()
    fold(&guarded, 4, 3, 60, 1)
    for _ in 0..<20 { fold(&guarded, 5, 5, 60, 1) }
    #expect(!guarded.isBroken)
  }

  @Test func itWaitsForABaselineAndForItsOutageToEnd() {
    var guarded = FirstRequests()
    fold(&guarded, 5, 5, 0, 0)
    fold(&guarded, 1, 1, 19, 0)
    #expect(!guarded.isBroken)
    fold(&guarded, 1, 1, 40, 40)
    #expect(!guarded.isBroken)
    // Seconds without the canary do not count for the baseline.
    for _ in 0..<100 { fold(&guarded, 0, 0, 100, 0) }
    #expect(!guarded.isBroken)
    fold(&guarded, 1, 1, 200, 0)
    #expect(guarded.isBroken)
  }

  @Test func itsTextIsRead() {
    var guarded = FirstRequests()
    let texts: [(Int64, Int64)] = [(0, 0), (3, 3), (2, 2), (1, 0)]
    for (n, x) in texts {
      fold(&guarded, n, x, 100, 7)
      #expect(FirstRequests(text: guarded.text) == guarded)
    }
    var over = FirstRequests()
    fold(&over, 1, 0, 1, 0)
    #expect(FirstRequests(text: over.text) == over && over.text == "over" && guarded.text == "broken")
    for text in ["", "1 2", "1 2 3", "-1 2 1", "1 2 x", "9 99999999999999999 0"] {
      #expect(FirstRequests(text: text) == nil, "\(text)")
    }
  }
}

struct CostGuardTests {
  /// Costs of `mean` · ½ and `mean` · 1½, in turns.
  private func costs(_ count: Double, _ mean: Double) -> Moments {
    Moments(count: count, sum: count * mean, squares: count * mean * mean * 1.25)
  }

  @Test func dearCanariesAreHarmAndEqualOnesPass() {
    let rule = CostGuard()
    let baseline = costs(5_000, 100)
    #expect(rule.isHarmful(costs(1_000, 150), baseline, alpha: 1e-3))
    #expect(!rule.passes(costs(1_000, 150), baseline, alpha: 0.05))
    #expect(rule.passes(costs(1_000, 100), baseline, alpha: 0.05))
    for mean in [50.0, 100, 120] {
      #expect(!rule.isHarmful(costs(1_000, mean), baseline, alpha: 1e-3), "\(mean)")
    }
  }

  @Test func aThousandRequestsOfEachArmAreNeeded() {
    let rule = CostGuard()
    #expect(!rule.isHarmful(costs(999, 500), costs(5_000, 100), alpha: 1e-3))
    #expect(!rule.isHarmful(costs(5_000, 500), costs(999, 100), alpha: 1e-3))
    #expect(!rule.passes(costs(999, 1), costs(5_000, 100), alpha: 0.05))
  }

  @Test func freeBaselinesMakeADearCanary() {
    #expect(CostGuard().isHarmful(costs(1_000, 5), costs(1_000, 0), alpha: 1e-3))
    #expect(!CostGuard().isHarmful(costs(1_000, 0), costs(1_000, 0), alpha: 1e-3))
  }
}

struct StageJudgeTests {
  private func second(_ errors: Int64, of requests: Int64 = 250, slow: Int64 = 12) -> StageJudge.Second {
    let rest = EventCount(750, events: 7)
    return StageJudge.Second([
      .err: ArmCounts(canary: EventCount(requests, events: errors), baseline: rest),
      .slow95: ArmCounts(canary: EventCount(requests, events: slow), baseline: EventCount(750, events: 37)),
      .cost90: ArmCounts(canary: EventCount(requests, events: 25), baseline: EventCount(750, events: 75)),
    ])
  }

  private func judge(_ seconds: Int, _ second: StageJudge.Second, _ rule: PromotionRule = .init())
    -> StageJudge
  {
    var judge = StageJudge(rule)
    for _ in 0..<seconds { judge.fold(second) }
    return judge
  }

  @Test func aGoodCanaryIsPromotedAfterTheLeastTime() {
    let judge = judge(250, second(2))
    #expect(judge.verdict(elapsed: .seconds(250)) == .gathering([.time(.seconds(50))]))
    #expect(judge.verdict(elapsed: .seconds(300)) == .promote)
  }

  @Test func fewRequestsAreNamed() {
    var rule = PromotionRule()
    rule.leastRequests = 100_000
    #expect(judge(250, second(2), rule).verdict(elapsed: .seconds(300)) == .gathering([.requests(37_500)]))
  }

  @Test func whatIsNotKnownInTimeIsHeldAndNeverPromoted() {
    let judge = judge(3, second(1))
    let needs = [StageNeed.metric(.err), .metric(.slow95), .metric(.cost90)]
    #expect(judge.verdict(elapsed: .seconds(7_199)) == .gathering(needs))
    #expect(judge.verdict(elapsed: .seconds(7_200)) == .inconclusive(needs))
  }

  @Test func harmByAnyMetricRollsBack() {
    #expect(judge(10, second(50)).verdict(elapsed: .seconds(9)) == .rollBack(.metric(.err)))
    #expect(judge(20, second(2, slow: 60)).verdict(elapsed: .seconds(9)) == .rollBack(.metric(.slow95)))
    #expect(judge(1, second(5, of: 5)).verdict(elapsed: .zero) == .rollBack(.firstRequests))
    // Harm wins, however late.
    #expect(judge(10, second(50)).verdict(elapsed: .seconds(8_000)) == .rollBack(.metric(.err)))
  }

  @Test func dearCanariesAreRolledBackAndCostsHaveToPass() {
    var second = second(2)
    second.canaryCosts = Moments(count: 250, sum: 25_000, squares: 3_000_000)
    second.baselineCosts = Moments(count: 750, sum: 75_000, squares: 9_000_000)
    #expect(judge(250, second).verdict(elapsed: .seconds(300)) == .promote)
    #expect(judge(3, second).verdict(elapsed: .zero) != .promote)
    second.canaryCosts = Moments(count: 250, sum: 31_250, squares: 5_000_000)
    #expect(
      judge(3, second).verdict(elapsed: .seconds(9_000))
        == .inconclusive(
          [.metric(.err), .metric(.slow95), .metric(.cost90), .costs]))
    second.canaryCosts = Moments(count: 250, sum: 50_000, squares: 12_000_000)
    #expect(judge(250, second).verdict(elapsed: .zero) == .rollBack(.costs))
  }

  @Test func gradesAreWaitedForOnceThereAreEnough() throws {
    var rule = PromotionRule()
    rule.metrics = [.err: .init(), .lowq: .init(passRatio: 1.5)]
    var second = StageJudge.Second([
      .err: ArmCounts(canary: EventCount(300), baseline: EventCount(900)),
      .lowq: ArmCounts(canary: EventCount(299, events: 30), baseline: EventCount(900, events: 90)),
    ])
    #expect(judge(1, second, rule).verdict(elapsed: .seconds(300)) == .promote)
    second.counts[.lowq]?.canary = EventCount(300, events: 30)
    let waiting = judge(1, second, rule)
    #expect(waiting.verdict(elapsed: .seconds(300)) == .gathering([.metric(.lowq)]))
    #expect(judge(20, second, rule).verdict(elapsed: .seconds(300)) == .promote)
    let next = try #require(StageJudge(rule, fields: waiting.fields))
    #expect(next == waiting && next.graded == 300)
    second.counts[.lowq]?.canary = EventCount(300, events: 90)
    #expect(judge(20, second, rule).verdict(elapsed: .zero) == .rollBack(.metric(.lowq)))
  }

  @Test func negligibleErrorsPassThoughTooFewToCompare() {
    var rule = PromotionRule()
    rule.metrics = [.err: .init(passRatio: 1.5)]
    let second = StageJudge.Second([
      .err: ArmCounts(canary: EventCount(1_500, events: 0), baseline: EventCount(30, events: 1))
    ])
    #expect(judge(1, second, rule).verdict(elapsed: .seconds(300)) == .gathering([.metric(.err)]))
    rule.metrics = [.err: .init(passRatio: 1.5, negligible: 0.005)]
    #expect(judge(1, second, rule).verdict(elapsed: .seconds(300)) == .promote)
  }

  @Test func anotherLeaderContinuesToTheSameVerdict() throws {
    var rule = PromotionRule()
    rule.metrics[.err] = .init(passRatio: 1.5, negligible: 0.005)
    var (chance, whole) = (Chance(seed: 8), StageJudge(rule))
    var parts = whole
    for _ in 0..<40 {
      var second = second(Int64(chance.below(6)), slow: Int64(chance.below(25)))
      second.canaryCosts = Moments(count: 250, sum: 250.125, squares: Double(400 + chance.below(100)))
      whole.fold(second)
      parts.fold(second)
      parts = try #require(StageJudge(rule, fields: parts.fields))
    }
    #expect(whole == parts && whole.verdict(elapsed: .zero) == parts.verdict(elapsed: .zero))
  }

  @Test func fieldsThatAreDamagedAreRefused() {
    let good = judge(3, second(2)).fields
    for (field, bad) in [
      ("first", "x"), ("requests", "-1"), ("requests", "99999999999999999"), ("costs.canary", "nan 0 0"),
      ("costs.baseline", ""), ("dear", nil),
    ] as [(String, String?)] {
      var fields = good
      fields[field] = bad
      #expect(StageJudge(PromotionRule(), fields: fields) == nil, "\(field)")
    }
    #expect(StageJudge(PromotionRule(), fields: [:]) == nil)
  }

  /// An operator changes a ratio during a stage.
  @Test func aTestOfAnotherRatioBeginsAgain() throws {
    let judge = judge(10, second(50))
    var rule = PromotionRule()
    rule.metrics[.err]?.harmRatio = 2
    let next = try #require(StageJudge(rule, fields: judge.fields))
    #expect(next.logEvidence(ofHarmBy: .err) == 0 && next.requests == judge.requests)
    #expect(next.logEvidence(ofHarmBy: .slow95) == judge.logEvidence(ofHarmBy: .slow95))
  }

  @Test func vetoesOfAllReplicasAndMetricsAreOneInTenThousand() {
    #expect(abs(PromotionRule.vetoLevel(replicas: 5, metrics: 4) * 20 - 1e-4) < 1e-18)
    #expect(PromotionRule.vetoLevel(replicas: 0, metrics: -1) == 1e-4)
  }
}
