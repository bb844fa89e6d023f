/// Compares what requests cost in the mean, where `cost90` sees only how many are dear: `MeanTest` of canary − ratio · baseline.
///
/// Costs are clipped at the baseline's p99, frozen as the stage began: one huge request is no evidence.
package struct CostGuard: Equatable, Sendable {
  /// Of each arm: fewer say nothing.
  package var leastRequests: Double = 1_000
  /// The canary may cost so many times the baseline at most.
  package var harmRatio = 1.2
  /// It goes on once it is known to cost less than so many times the baseline.
  package var passRatio = 1.25
  /// τ, in means of the baseline: what differences are looked for.
  private static let spread = 0.25

  package init() {}

  /// Whether there are costs to compare at all.
  package static func isOf(_ canary: Moments, _ baseline: Moments) -> Bool {
    canary.sum > 0 || baseline.sum > 0
  }

  package func isHarmful(_ canary: Moments, _ baseline: Moments, alpha: Double) -> Bool {
    evidence(canary, baseline, sign: 1, ratio: harmRatio) >= -Elementary.log(alpha)
  }

  package func passes(_ canary: Moments, _ baseline: Moments, alpha: Double) -> Bool {
    evidence(canary, baseline, sign: -1, ratio: passRatio) >= -Elementary.log(alpha)
  }

  private func evidence(_ canary: Moments, _ baseline: Moments, sign: Double, ratio: Double) -> Double {
    guard canary.count >= leastRequests, baseline.count >= leastRequests else { return -.infinity }
    return MeanTest(
      difference: sign * (canary.mean - ratio * baseline.mean),
      variance: canary.variance / canary.count + ratio * ratio * baseline.variance / baseline.count,
      spread: Self.spread * max(canary.mean, baseline.mean)
    ).logEvidenceAbove
  }
}
