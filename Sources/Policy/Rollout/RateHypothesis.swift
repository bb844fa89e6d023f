/// A claim about how often events come to the canary, in multiples of the baseline's rate, that evidence may refute.
package struct RateHypothesis: Hashable, Sendable {
  package enum Claim: String, Sendable {
    /// At most `ratio` times as often. Refuted, the canary does harm.
    case harmless
    /// At least `ratio` times as often. Refuted, the canary has shown that it does not.
    case harmful
  }

  package let claim: Claim
  package let ratio: Double

  /// Ratios are from 1 to 32.
  package init(_ claim: Claim, _ ratio: Double) {
    precondition((1...32).contains(ratio), "no hypothesis has the ratio \(ratio)")
    (self.claim, self.ratio) = (claim, ratio)
  }

  /// Of the arm that the evidence has to be against to the other one.
  var null: Double { claim == .harmless ? ratio : 1 / ratio }
  /// The largest of the ratios that the evidence is weighed for. A canary is hardly four times better, and may be any times worse.
  var farthest: Double { claim == .harmless ? 64 : 4 }
  /// Whether harm is looked for that begins at any time. Whoever is to go on has to be good all the time.
  var renews: Bool { claim == .harmless }

  var text: String { "\(claim.rawValue) \(ratio)" }
}
