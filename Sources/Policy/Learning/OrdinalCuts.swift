/// Where labels part on the line of margins: two logistic regressions that share their weights, one for "at least medium" and one for
/// "high" (proportional odds).
struct OrdinalCuts: Sendable, Equatable {
  /// The margin at which medium or more is as likely as low.
  var medium: Double
  /// The margin at which high is as likely as less; never below `medium`.
  var high: Double

  func chances(at margin: Double) -> LabelChances {
    let (some, much) = (Self.logistic(margin - medium), Self.logistic(margin - high))
    return LabelChances(low: 1 - some, medium: max(0, some - much), high: much)
  }

  /// The sum of both regressions' log losses, in nats.
  func loss(at margin: Double, of label: ComplexityLabel) -> Double {
    Self.loss(margin - medium, label.rank > 0) + Self.loss(margin - high, label.rank > 1)
  }

  /// By how much `loss` changes with the margin as each regression sees it; with its cut it changes by as much the other way.
  func slopes(at margin: Double, of label: ComplexityLabel) -> (medium: Double, high: Double) {
    (
      Self.logistic(margin - medium) - (label.rank > 0 ? 1 : 0),
      Self.logistic(margin - high) - (label.rank > 1 ? 1 : 0)
    )
  }

  static func logistic(_ x: Double) -> Double { 1 / (1 + Elementary.exp(-x)) }

  /// ln(1 + e⁻ˣ) where the answer is yes, ln(1 + eˣ) where it is no.
  private static func loss(_ x: Double, _ isYes: Bool) -> Double {
    let miss = isYes ? -x : x
    return max(0, miss) + Elementary.log1p(Elementary.exp(-abs(miss)))
  }
}
