/// How a candidate comes to serve: what section `rollout` of the configuration says. Times are milliseconds.
package struct RolloutRules: Equatable, Sendable {
  /// Shares of traffic, rising.
  package var steps: [Weight] = [1, 2, 5, 10, 25].compactMap { Weight(hundredths: $0 * 100) }
  /// Of the candidate, in each step.
  package var minRequests: Int64 = 300
  package var minTime: Int64 = 300_000
  /// The shortest time of a step of 10 % and more: a full hour of traffic.
  package var minTimeOfLarge: Int64 = 3_600_000
  /// Behind it nothing is proved: the step is held for a person to decide.
  package var maxTime: Int64 = 7_200_000
  /// How long at least the last step lasts.
  package var bakeTime: Int64 = 0
  /// How long a version that served may be asked for afterwards.
  package var sunset: Int64 = 30 * 86_400_000
  /// The share of the sessions that a candidate gets copies of before it serves any; none: it goes on without.
  package var shadowShare = Weight.zero
  /// The candidate may have events, and cost, so many times as often as the baseline: what it has to prove to go on.
  package var errorRatio = 1.5
  package var latencyRatio = 1.25
  package var costRatio = 1.25
  /// The same of low grades, once so many answers were judged as requests are wanted.
  package var gradeRatio = 1.5
  /// Fewer errors than this part of its requests are fine, however few the baseline has: where errors are rare, there is nothing to compare.
  package var negligibleErrors = 0.005
  /// P(a candidate that does no harm is rolled back) by each metric over all steps is at most this.
  package var falseAlarm = 1e-3
  /// Nil: versions need no evaluation.
  package var gate: RolloutGate?

  package init() {}

  /// The longest time for measuring the baseline before a step: behind it, what wasn't seen often enough isn't judged.
  package var measuring: Int64 { min(60_000, minTime) }

  /// The shortest time of a step.
  package func leastTime(of step: Int) -> Int64 {
    let weight = steps[min(step, steps.count - 1)]
    var time = weight.hundredths >= 1_000 ? max(minTime, minTimeOfLarge) : minTime
    if step >= steps.count - 1 { time = max(time, bakeTime) }
    return time
  }

  /// What a step is judged by: not by what the baseline has none of, such as prices.
  package func promotion(step: Int, _ thresholds: Thresholds? = nil) -> PromotionRule {
    var rule = promotion(PromotionRule(), thresholds)
    rule.leastTime = .milliseconds(leastTime(of: step))
    rule.mostTime = .milliseconds(max(maxTime, leastTime(of: step)))
    return rule
  }

  /// What all stages have in common. The chance of a false alarm is shared out among them.
  func promotion(_ blank: PromotionRule, _ thresholds: Thresholds?) -> PromotionRule {
    var rule = blank
    if let thresholds {
      for (metric, threshold) in thresholds.byMetric where threshold == nil { rule.metrics[metric] = nil }
    }
    rule.metrics[.err]?.passRatio = errorRatio
    rule.metrics[.err]?.negligible = negligibleErrors
    rule.metrics[.slow95]?.passRatio = latencyRatio
    rule.metrics[.cost90]?.passRatio = costRatio
    rule.metrics[.lowq]?.passRatio = gradeRatio
    rule.cost.passRatio = costRatio
    rule.harmLevel = falseAlarm / Double(max(1, steps.count + (shadows ? 1 : 0)))
    rule.leastRequests = minRequests
    return rule
  }
}
