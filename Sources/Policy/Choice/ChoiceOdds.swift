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

  /// By what was learned: of those that have a weight the one that may be worth most, but for what is explored. Nil where none has any.
  ///
  /// `parts`: of each arm's share what it takes at this moment, 0 to 1: less for one that starts slowly. The next best has the rest.
  package init?(
    by model: ChoiceModel, for features: ChoiceFeatures, weights: SIMD8<Double>,
    parts: SIMD8<Double> = SIMD8(repeating: 1), explore: Double
  ) {
    guard let best = model.best(for: features, weights: weights) else { return nil }
    var (shares, open, rest) = (SIMD8<Double>.zero, weights, 1.0)
    var next: Int? = best
    while let arm = next {
      let part = rest * min(1, max(0, parts[arm]))
      shares[arm] = part
      rest -= part
      open[arm] = 0
      next = rest > 0 ? model.best(for: features, weights: open) : nil
    }
    shares[best] += rest
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
