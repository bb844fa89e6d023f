/// Whether a mean differs from 0, looked at as often as one likes: the mixture sequential probability ratio test with a normal mixture.
///
/// The likelihood ratio of "some difference from N(0, τ²)" to "none", given an estimate d with variance V, is
/// Λ = √(V/(V + τ²)) · exp(τ²d²/(2V(V + τ²))), and P(Λ ever ≥ 1/α) ≤ α without a difference. Exact for normal values, and
/// near enough for means of a thousand others. Johari, Pekelis, Walsh, *Always Valid Inference* (2015; Operations Research 2022).
package struct MeanTest: Equatable, Sendable {
  package let difference: Double
  private let variance: Double
  private let spread: Double

  /// `spread` is τ, about as large as the differences that one would like to see: the further off, the later they are. Without a
  /// spread nothing is ever shown.
  package init(difference: Double, variance: Double, spread: Double) {
    self.difference = difference
    self.spread = max(0, spread)
    // Values that are all the same leave no doubt; yet a number is divided by it.
    self.variance = max(variance, spread * spread * 1e-12)
  }

  /// ln Λ
  package var logEvidence: Double {
    let tau = spread * spread
    guard tau > 0 else { return 0 }
    let both = variance + tau
    return (Elementary.log(variance / both) + tau * difference * difference / (variance * both)) / 2
  }

  /// ln Λ where the difference is above 0, else none: for claims that it is not.
  package var logEvidenceAbove: Double { difference > 0 ? logEvidence : -.infinity }

  /// Half of the width of the interval that holds the true difference at all looks at once, with probability 1 − `alpha`.
  package func halfWidth(alpha: Double) -> Double {
    let tau = spread * spread
    guard tau > 0 else { return .infinity }
    let both = variance + tau
    let needed = 2 * -Elementary.log(alpha) + Elementary.log(both / variance)
    return (variance * both / tau * needed).squareRoot()
  }
}
