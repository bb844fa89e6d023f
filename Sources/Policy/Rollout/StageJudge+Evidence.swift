/// What a step has shown so far by one metric, for people.
package struct StageEvidence: Equatable, Sendable {
  package var metric: RolloutMetric
  /// The evidence of harm as a part of what a rollback takes, on a scale of logarithms: 1 and more rolls back, 0 and less says nothing.
  package var harm: Double
  /// Whether a promotion still waits for this metric.
  package var isNeeded: Bool

  package init(_ metric: RolloutMetric, harm: Double, isNeeded: Bool) {
    (self.metric, self.harm, self.isNeeded) = (metric, harm, isNeeded)
  }
}

extension StageJudge {
  /// Of each metric that is judged, in the order of `RolloutMetric`; `needs` are what the verdict says is missing.
  package func evidence(_ needs: [StageNeed]) -> [StageEvidence] {
    let enough = -Elementary.log(rule.harmLevel)
    return RolloutMetric.allCases.compactMap { metric in
      guard let evidence = logEvidence(ofHarmBy: metric) else { return nil }
      return StageEvidence(metric, harm: evidence / enough, isNeeded: needs.contains(.metric(metric)))
    }
  }
}
