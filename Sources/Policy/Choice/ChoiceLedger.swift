/// What one replica has learned itself of a model's deployments.
package struct ChoiceLedger: Sendable {
  package private(set) var sums: ChoiceSums
  private var sinceFading = 0

  /// What is old counts less: by a thousandth with every thousand samples (algorithms §9b).
  private static let fading = (samples: 1_000, factor: 0.999)
  /// Evidence beyond which all of it is halved: what held long ago may hold no more.
  private static let mostLooks = 50_000.0

  package init(arms: Int) { sums = ChoiceSums(arms: arms) }

  /// Takes what an answer was worth, behind what it says of the choice that was known before.
  package mutating func learn(
    _ reward: Double, _ context: ChoiceContext, by model: ChoiceModel, explore: Double
  ) {
    sums.learn(reward, context, by: model, explore: explore)
    sinceFading += 1
    if sinceFading >= Self.fading.samples {
      sums.fade(by: Self.fading.factor)
      sinceFading = 0
    }
    if sums.looks > Self.mostLooks { sums.fadeEvidence(by: 0.5) }
  }

  /// Takes over what a replica had learned that is no more.
  package mutating func adopt(_ others: ChoiceSums) { sums += others }
}
