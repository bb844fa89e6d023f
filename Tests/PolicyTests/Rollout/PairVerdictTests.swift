import Testing

@testable import Policy

/// What a judge says of pairs, as evidence.
struct PairVerdictTests {
  private func tally(better: Int = 0, worse: Int = 0, same: Int = 0) -> RolloutTally {
    var tally = RolloutTally()
    let counts: [(PairVerdict, Int)] = [(.better, better), (.worse, worse), (.same, same)]
    for (verdict, count) in counts {
      for _ in 0..<count {
        tally.add(verdict.grades.candidate, .shadow, Thresholds())
        tally.add(verdict.grades.baseline, .baseline, Thresholds())
      }
    }
    return tally
  }

  private var rule: PromotionRule {
    var rules = RolloutRules()
    rules.shadowShare = .all
    var shadow = RolloutState.Candidate(version: 12, phase: .shadow, since: 0)
    shadow.thresholds = Thresholds()
    return rules.promotion(of: shadow)
  }

  /// Of a stage that has gone on for so many seconds, each with forty copies and these verdicts.
  private func verdict(_ seconds: Int, better: Int = 0, worse: Int = 0, same: Int = 0) -> StageVerdict {
    var judge = StageJudge(rule)
    var second = StageJudge.Second(
      tally(better: better, worse: worse, same: same).words, of: .shadow)
    second.counts[.err] = ArmCounts(canary: EventCount(40), baseline: EventCount(40))
    for _ in 0..<seconds { judge.fold(second) }
    return judge.verdict(elapsed: .seconds(300))
  }

  @Test func theLoserHasALowGradeAndBothAreGraded() {
    #expect(
      tally(better: 1, worse: 2, same: 3).words == ["s.q": 6, "b.q": 6, "s.lowq": 2, "b.lowq": 1])
  }

  @Test func toLoseMoreOftenThanToWinIsHarm() {
    #expect(verdict(50, better: 1, worse: 3) == .rollBack(.metric(.lowq)))
    #expect(verdict(50, better: 3, worse: 1) == .promote)
  }

  @Test func whoWinsAsOftenIsAsGood() {
    #expect(verdict(75, better: 2, worse: 2) == .promote)
    // Three hundred verdicts, of which too few say something.
    #expect(verdict(75, better: 1, worse: 1, same: 2) == .gathering([.metric(.lowq)]))
  }

  @Test func fewVerdictsAreNotWaitedFor() {
    #expect(verdict(74, better: 1, worse: 1, same: 2) == .promote)
    #expect(verdict(75) == .promote)
  }

  @Test func whereNearlyAllAnswersAreAsGoodThereIsNothingToShow() {
    #expect(verdict(75, same: 4) == .promote)
  }

  /// One in a thousand would be fine: of sixty stages none.
  @Test func chanceAloneIsHardlyEverHarm() {
    var chance = Chance(seed: 7)
    for _ in 0..<60 {
      var test = SequentialTest(RateHypothesis(.harmless, rule.metrics[.lowq]?.harmRatio ?? 1))
      for _ in 0..<60 {
        let worse = (0..<3).count { _ in chance.below(2) == 0 }
        let second = StageJudge.Second(tally(better: 3 - worse, worse: worse).words, of: .shadow)
        if let counts = second.counts[.lowq] { test.fold(counts) }
      }
      #expect(!test.hasRefuted(at: rule.harmLevel))
    }
  }
}
