/// Learns weights and cuts from one example after the other: FTRL-proximal with a ridge (McMahan et al., "Ad Click Prediction: a View
/// from the Trenches", KDD 2013, algorithm 1 with λ₁ = 0), on the loss of `OrdinalCuts`.
struct ProximalLearner {
  struct Rule: Sendable {
    /// α: how far a weight goes at first; β is 1.
    var rate = 1.0
    /// λ₂: what keeps weights small.
    var ridge = 1.0
    /// How often all examples are gone through.
    var passes = 15
    /// An n-gram that fewer families have is left out: what is learned of it is a family's wording, and holds for no other.
    var leastFamilies = 2
  }

  private let rule: Rule
  private var sums: [Double]
  private var squares: [Double]
  private(set) var cuts = OrdinalCuts(medium: -0.5, high: 0.5)
  private var cutSquares = (medium: 0.0, high: 0.0)

  init(features: Int, _ rule: Rule) {
    self.rule = rule
    sums = [Double](repeating: 0, count: features)
    squares = sums
  }

  func weight(_ feature: Int) -> Double {
    -sums[feature] / ((1 + squares[feature].squareRoot()) / rule.rate + rule.ridge)
  }

  func margin(_ features: PromptFeatures) -> Double {
    var margin = 0.0
    for position in features.indices.indices {
      margin += weight(features.indices[position]) * features.values[position]
    }
    return margin
  }

  mutating func learn(_ features: PromptFeatures, _ label: ComplexityLabel) {
    let miss = cuts.slopes(at: margin(features), of: label)
    for position in features.indices.indices {
      let feature = features.indices[position]
      let slope = (miss.medium + miss.high) * features.values[position]
      let square = squares[feature] + slope * slope
      let step = (square.squareRoot() - squares[feature].squareRoot()) / rule.rate
      sums[feature] += slope - step * weight(feature)
      squares[feature] = square
    }
    cutSquares.medium += miss.medium * miss.medium
    cutSquares.high += miss.high * miss.high
    cuts.medium += rule.rate * miss.medium / (1 + cutSquares.medium.squareRoot())
    cuts.high += rule.rate * miss.high / (1 + cutSquares.high.squareRoot())
    if cuts.medium > cuts.high {
      let middle = (cuts.medium + cuts.high) / 2
      cuts = OrdinalCuts(medium: middle, high: middle)
    }
  }
}

extension ProximalLearner {
  /// What comes of all passes over `examples`, whose features were made with so many `bits`, in an order that `seed` decides anew for each.
  static func learned(
    from examples: [TrainingExample], bits: Int, _ rule: Rule, seed: UInt64
  ) -> ProximalLearner {
    var learner = ProximalLearner(features: 1 << bits + PromptShape().values.scalarCount, rule)
    let known = kept(of: examples, bits: bits, rule)
    var chance = Chance(seed: seed)
    var order = Array(known.indices)
    for _ in 0..<rule.passes {
      order.mix(&chance)
      for position in order { learner.learn(known[position].features, known[position].label) }
    }
    return learner
  }

  /// The examples without the n-grams that too few families have.
  private static func kept(of examples: [TrainingExample], bits: Int, _ rule: Rule) -> [TrainingExample] {
    var families = [Int](repeating: 0, count: 1 << bits)
    // By family, so that it is enough to know who came last.
    var last = [Int](repeating: -1, count: 1 << bits)
    for example in examples.sorted(by: { $0.family < $1.family }) {
      for feature in example.features.indices where feature < 1 << bits && last[feature] != example.family {
        last[feature] = example.family
        families[feature] += 1
      }
    }
    return examples.map { example in
      var example = example
      example.features = example.features.filtered {
        $0 >= 1 << bits || families[$0] >= rule.leastFamilies
      }
      return example
    }
  }
}

extension PromptFeatures {
  fileprivate func filtered(_ isIn: (Int) -> Bool) -> PromptFeatures {
    let positions = indices.indices.filter { isIn(indices[$0]) }
    return PromptFeatures(indices: positions.map { indices[$0] }, values: positions.map { values[$0] })
  }
}

extension Array {
  /// Into another order, each equally likely (Fisher and Yates): spelled out, so that a seed means the same with every release of Swift.
  mutating func mix(_ chance: inout Chance) {
    for position in indices.reversed() where position > 0 { swapAt(position, chance.below(position + 1)) }
  }
}
