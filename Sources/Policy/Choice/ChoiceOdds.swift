/// How often each deployment of a model is chosen for one request: what the one that is drawn is logged with.
///
/// Some requests, `explore` of them, are drawn from all alike, so that no propensity is below explore / number.
package struct ChoiceOdds: Equatable, Sendable {
  /// By arm, in all 1; 0 for those that can't be chosen.
  package let shares: SIMD8<Double>

  /// By weight: as long as what was learned does not decide. Nil where no arm has any.
  package init?(weights: SIMD8<Double>, explore: Double) {
    let total = weights.sum()
    guard total > 0 else { return nil }
    shares = Self.explored(weights / total, weights, explore)
  }

  /// One of those that have a weight, but for what is explored.
  package init(best: Int, weights: SIMD8<Double>, explore: Double) {
    var shares = SIMD8<Double>.zero
    shares[best] = 1
    self.shares = Self.explored(shares, weights, explore)
  }

  private static func explored(_ shares: SIMD8<Double>, _ weights: SIMD8<Double>, _ explore: Double)
    -> SIMD8<Double>
  {
    let open = SIMD8<Double>.zero.replacing(with: 1, where: weights .> 0)
    return shares * (1 - explore) + open * (explore / open.sum())
  }

  package func draw(_ random: inout Chance) -> Int {
    var mark = random.unit()
    var last = 0
    for arm in 0..<ChoiceTerms.mostArms where shares[arm] > 0 {
      last = arm
      mark -= shares[arm]
      if mark < 0 { break }
    }
    return last
  }

  /// The least of the first so many arms.
  package func least(of arms: Int) -> Double {
    (0..<arms).reduce(1) { min($0, shares[$1]) }
  }
}

/// One choice: what was known of the request, and with which chance its deployment was drawn.
package struct ChoiceContext: Equatable, Sendable {
  package var features: ChoiceFeatures
  /// The deployment's position in the model.
  package var arm: Int
  /// How often it is chosen for such a request, as things stood.
  package var propensity: Double
  /// How often the one is that is chosen least. 0 where some could not be chosen: it is learned from, and is no evidence.
  package var least: Double

  package init(features: ChoiceFeatures, arm: Int, propensity: Double, least: Double) {
    (self.features, self.arm) = (features, arm)
    (self.propensity, self.least) = (propensity, least)
  }
}
