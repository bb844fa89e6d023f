/// What was learned of a model's deployments, ready to choose by: LinUCB with an estimate for each arm (Li et al., *A Contextual-Bandit
/// Approach to Personalized News Article Recommendation*, WWW 2010).
package struct ChoiceModel: Sendable {
  package let arms: Int
  /// Enough is known of every arm to say what another choice would have come to.
  package let isWarm: Bool
  /// By arm.
  private let estimates: [SIMD32<Float>]
  /// Of each arm 32 rows, side by side.
  private let inverses: [SIMD32<Float>]

  /// α: how much an arm gains by being little known.
  private static let confidence = 0.5
  /// Samples of each arm before there is evidence: as many as there are numbers to be learned.
  private static let leastSamples = Double(ChoiceFeatures.count)

  package init(_ sums: ChoiceSums) {
    arms = sums.arms
    isWarm = (0..<sums.arms).allSatisfy { sums.count(of: $0) >= Self.leastSamples }
    let fits = (0..<sums.arms).map { RidgeFit(gram: sums.gram(of: $0), response: sums.response(of: $0)) }
    estimates = fits.map(\.estimate)
    inverses = fits.flatMap(\.inverse)
  }

  /// What an arm is taken to be worth for such a request: θᵀx.
  package func worth(of arm: Int, for features: ChoiceFeatures) -> Double {
    Double((estimates[arm] * features.values).sum())
  }

  /// What it may be worth at best: θᵀx + α √(xᵀA⁻¹x).
  package func bound(of arm: Int, for features: ChoiceFeatures) -> Double {
    worth(of: arm, for: features) + Self.confidence * doubt(of: arm, features.values)
  }

  /// The arm that may be worth most, of those with a weight; nil where none has any.
  package func best(for features: ChoiceFeatures, weights: SIMD8<Double>) -> Int? {
    var best: (arm: Int, bound: Double)?
    for arm in 0..<arms where weights[arm] > 0 {
      let bound = bound(of: arm, for: features)
      if bound > best?.bound ?? -.infinity { best = (arm, bound) }
    }
    return best?.arm
  }

  /// √(xᵀA⁻¹x)
  private func doubt(of arm: Int, _ x: SIMD32<Float>) -> Double {
    let size = ChoiceFeatures.count
    var sum = SIMD32<Float>.zero
    inverses.withUnsafeBufferPointer { rows in
      for place in 0..<size where x[place] != 0 { sum += x[place] * rows[arm * size + place] }
    }
    return Double(max(0, (sum * x).sum()).squareRoot())
  }
}
