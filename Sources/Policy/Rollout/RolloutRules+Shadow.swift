/// How a candidate is judged by copies of requests, before anybody gets its answers.
///
/// Each copy is compared with the very exchange that it is a copy of, so that hard requests are hard for both: evidence comes in pairs.
extension RolloutRules {
  package var shadows: Bool { shadowShare > .zero }

  /// What a candidate is judged by where it stands.
  package func promotion(of candidate: RolloutState.Candidate) -> PromotionRule {
    switch candidate.phase {
    case .canary: promotion(step: candidate.step, candidate.thresholds)
    case .shadow: shadowing(candidate.thresholds)
    }
  }

  /// `min_requests` are pairs here.
  private func shadowing(_ thresholds: Thresholds?) -> PromotionRule {
    var blank = PromotionRule()
    blank.metrics[.refusal] = PromotionRule.Metric()
    // To say more is no harm by itself: it is judged where it is much more.
    blank.metrics[.long95] = PromotionRule.Metric(harmRatio: 2)
    // Half of what the baseline has by definition is fine, and shown by fewer pairs than a ratio; where all cost the same, nothing else
    // could be shown.
    blank.metrics[.slow95]?.negligible = 0.025
    blank.metrics[.cost90]?.negligible = 0.05
    // Of what a judge compares, the loser has a low grade: harm is to lose more often than to win. Few losses are fine, as where nearly all
    // answers are as good there is hardly anything to compare.
    blank.metrics[.lowq]?.negligible = 0.05
    var rule = promotion(blank, thresholds)
    rule.leastTime = .milliseconds(minTime)
    rule.mostTime = .milliseconds(max(maxTime, minTime))
    return rule
  }
}

extension RolloutState.Phase {
  /// Under which a candidate's own exchanges are counted.
  package var arm: EvidenceArm { self == .shadow ? .shadow : .canary }
}
