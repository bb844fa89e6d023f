/// When a stage of a rollout ends, and how. All of it can be set, so that tests run in a sixtieth of the time.
package struct PromotionRule: Equatable, Sendable {
  package struct Metric: Equatable, Sendable {
    /// Rolled back once it is known that the canary has events more than so many times as often as the baseline.
    package var harmRatio: Double
    /// Promoted only once it is known that it has them less than so many times as often; nil: whether or not.
    package var passRatio: Double?
    /// Or once it is known that less than this part of its exposures are events, however few the baseline has.
    package var negligible: Double?

    /// Ratios are from 1 to 32, a negligible part is above 0 and at most a half.
    package init(harmRatio: Double = 1.2, passRatio: Double? = nil, negligible: Double? = nil) {
      (self.harmRatio, self.passRatio, self.negligible) = (harmRatio, passRatio, negligible)
    }
  }

  package var metrics: [RolloutMetric: Metric] = [
    .err: Metric(passRatio: 1.5), .slow95: Metric(passRatio: 1.25), .slow99: Metric(), .ttft95: Metric(),
    .cost90: Metric(passRatio: 1.25), .lowq: Metric(passRatio: 1.5), .format: Metric(),
  ]
  package var cost = CostGuard()
  /// P(a rollback without harm) of a metric and stage is at most this.
  package var harmLevel = 1e-3
  /// P(a promotion in spite of harm) is.
  package var passLevel = 0.05
  /// Of the canary. Its grades are waited for only once there are as many of them, too: nobody has to judge answers.
  package var leastRequests: Int64 = 300
  package var leastTime = Duration.seconds(300)
  /// A stage that is not decided by then is held for people to decide: never promoted.
  package var mostTime = Duration.seconds(7_200)

  package init() {}

  /// The level of a replica that vetoes alone, by what it has counted itself: so that all replicas and metrics together veto falsely once
  /// in 10,000 stages at most.
  package static func vetoLevel(replicas: Int, metrics: Int) -> Double {
    1e-4 / Double(max(1, replicas)) / Double(max(1, metrics))
  }
}

/// What a stage has come to.
package enum StageVerdict: Equatable, Sendable {
  /// Still without what `StageNeed` names.
  case gathering([StageNeed])
  case rollBack(StageHarm)
  case promote
  /// As `gathering`, and out of time: hold.
  case inconclusive([StageNeed])
}

package enum StageHarm: Hashable, Sendable {
  case firstRequests
  case metric(RolloutMetric)
  case costs
}

package enum StageNeed: Hashable, Sendable {
  /// So many more.
  case requests(Int64)
  case time(Duration)
  /// Evidence that it is as good as the baseline.
  case metric(RolloutMetric)
  case costs
}
