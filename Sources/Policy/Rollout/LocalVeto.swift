/// What one replica makes of a candidate by what it has seen itself: enough to stop it here, and to say so, without any leader.
///
/// It begins anew with each step, as thresholds do.
package struct LocalVeto: Equatable, Sendable {
  private let version: Int
  private let phase: RolloutState.Phase
  private let step: Int
  private let thresholds: Thresholds?
  private var tests: [RolloutMetric: SequentialTest]

  package init(_ candidate: RolloutState.Candidate, _ rule: PromotionRule = PromotionRule()) {
    (version, phase) = (candidate.version, candidate.phase)
    (step, thresholds) = (candidate.step, candidate.thresholds)
    tests = rule.metrics.filter { Self.metrics.contains($0.key) }
      .mapValues { SequentialTest(RateHypothesis(.harmless, $0.harmRatio)) }
  }

  /// Those that a replica sees by itself.
  private static let metrics: [RolloutMetric] = [.err, .slow95, .slow99, .ttft95, .cost90]

  /// Whether it is about this step of this candidate.
  package func isOf(_ candidate: RolloutState.Candidate) -> Bool {
    (version, phase, step, thresholds)
      == (candidate.version, candidate.phase, candidate.step, candidate.thresholds)
  }

  /// Takes what this replica counted since it was last asked; the metric that shows harm, if one does.
  package mutating func fold(_ second: StageJudge.Second, replicas: Int) -> RolloutMetric? {
    for (metric, counts) in second.counts { tests[metric]?.fold(counts) }
    let level = PromotionRule.vetoLevel(replicas: replicas, metrics: tests.count)
    return RolloutMetric.allCases.first { tests[$0]?.hasRefuted(at: level) == true }
  }
}
