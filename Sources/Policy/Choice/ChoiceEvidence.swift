/// What one answer says of how a learned choice would do against each deployment alone, whoever chose it: off-policy evaluation.
///
/// Doubly robust (Dudík, Langford, Li, ICML 2011): v(a) = θᵀx + 1[a was chosen] · (r − θᵀx) / propensity has the mean that a is worth,
/// however wrong the estimate is. The estimate and the choice that is judged are those of before the answer was learned from, so that
/// the differences are those of a martingale. Each is weighted by the least propensity: what explored little says little, and no single
/// one weighs more than others.
package struct ChoiceEvidence: Equatable, Sendable {
  /// h
  package let weight: Double
  /// What the choice is worth, with what it explores.
  package let worth: Double
  /// By arm: how much more than to choose that one always.
  package let leads: SIMD8<Double>
}

extension ChoiceModel {
  /// An answer is worth about 1, and an estimate is put right by it divided by a chance of 1/800 or more.
  private static let mostSquares = 1e12

  /// Nil where nothing can be said: too little is known of some arm, or not all could be chosen, or what is known makes no sense.
  package func evidence(of reward: Double, _ context: ChoiceContext, explore: Double) -> ChoiceEvidence? {
    guard isWarm, context.least > 0, context.arm < arms else { return nil }
    var (values, sum, best) = (SIMD8<Double>.zero, 0.0, (arm: 0, bound: -Double.infinity))
    for arm in 0..<arms {
      let worth = worth(of: arm, for: context.features)
      values[arm] = worth + (arm == context.arm ? (reward - worth) / context.propensity : 0)
      sum += values[arm]
      let bound = bound(of: arm, for: context.features)
      if bound > best.bound { best = (arm, bound) }
    }
    let own = (1 - explore) * values[best.arm] + explore * sum / Double(arms)
    // What stands in the shared state may be anybody's: what no answers come to would stay for ever.
    guard (values * values).sum() < Self.mostSquares else { return nil }
    return ChoiceEvidence(weight: context.least, worth: own, leads: SIMD8(repeating: own) - values)
  }
}

extension ChoiceSums {
  /// Learns what an answer was worth, behind what it says of the choice that was known before.
  package mutating func learn(
    _ reward: Double, _ context: ChoiceContext, by model: ChoiceModel, explore: Double
  ) {
    guard context.arm < arms, reward.isFinite else { return }
    if let evidence = model.evidence(of: reward, context, explore: explore) { add(evidence) }
    add(reward, of: context.arm, for: context.features)
  }
}
