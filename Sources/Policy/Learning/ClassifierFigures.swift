/// How good predictions were, of prompts that were held out.
package struct ClassifierFigures: Sendable, Equatable {
  /// The part of them that had the label that was predicted.
  package var accuracy: Double
  /// In nats, by the chance that was given to the right label; nil where no chances were given.
  package var logLoss: Double?
  /// How far from its accuracy the predicted labels' chance was, over ten bins of it, on average over prompts.
  package var calibrationError: Double?

  private static let bins = 10
  private static let leastChance = 1e-12

  /// - Parameters:
  ///   - labels: what people said.
  ///   - predicted: one for each.
  ///   - chances: as many, or none.
  init(_ labels: [ComplexityLabel], predicted: [ComplexityLabel], chances: [LabelChances]? = nil) {
    let count = Double(max(1, labels.count))
    accuracy = Double(zip(labels, predicted).count { $0 == $1 }) / count
    guard let chances else { return }
    logLoss =
      -zip(labels, chances).reduce(0.0) { $0 + Elementary.log(max(Self.leastChance, $1.1[$1.0])) } / count
    var excess = [Double](repeating: 0, count: Self.bins)
    for position in labels.indices {
      let chance = chances[position][predicted[position]]
      let bin = min(Self.bins - 1, Int(chance * Double(Self.bins)))
      excess[bin] += chance - (labels[position] == predicted[position] ? 1 : 0)
    }
    calibrationError = excess.reduce(0) { $0 + abs($1) } / count
  }
}
