/// Trains a classifier of what judges and clients have said of requests, and tries it beside the one in force.
///
/// A fifth of the families is never learned from, always the same ones by their hashes: so neither of the two has seen what they are
/// compared by, however often this is done.
package struct FeedbackTraining: Sendable {
  /// Examples that there must be to learn from, and held out.
  package static let least = (learned: 200, held: 50)
  private static let folds = 5

  private let held: [LearningExample]
  private let learned: [LearningExample]
  private let trainer: CalibratedTrainer

  /// Throws where there are too few. All that is left to chance hangs on `seed`, and on the order of `examples`.
  package init(_ examples: [LearningExample], seed: UInt64) throws(EvaluationError) {
    held = examples.filter { Self.isHeld($0.sketch.family) }
    learned = examples.filter { !Self.isHeld($0.sketch.family) }
    let families = Set(learned.map(\.sketch.family)).sorted()
    guard learned.count >= Self.least.learned, held.count >= Self.least.held else {
      throw EvaluationError(
        "there are \(learned.count) labelled prompts to learn from and \(held.count) held out: it takes"
          + " \(Self.least.learned) and \(Self.least.held)")
    }
    guard families.count >= Self.folds else {
      throw EvaluationError("all labelled prompts begin alike, in \(families.count) ways")
    }
    for label in ComplexityLabel.allCases {
      let isThere = [learned, held].allSatisfy { part in part.contains { $0.label == label } }
      guard isThere else {
        throw EvaluationError("there is no prompt labelled \(label.rawValue) to learn from, or none held out")
      }
    }
    var positions: [UInt32: Int] = [:]
    for (position, family) in families.enumerated() { positions[family] = position }
    let training = learned.map { example in
      TrainingExample(
        features: example.sketch.features, label: example.label,
        family: positions[example.sketch.family] ?? 0)
    }
    trainer = CalibratedTrainer(training, folds: Self.folds, bits: PromptSketch.bits, seed: seed)
  }

  static func isHeld(_ family: UInt32) -> Bool { family % 5 == 0 }

  /// What came of it beside `model`, the one in force; nil: the heuristic is. `rules`: where bands of complexity begin. Throws for one whose
  /// hashes are longer than those kept.
  package func report(
    inForce model: ComplexityModel?, _ rules: PromptRules
  ) throws(EvaluationError) -> FeedbackReport {
    guard model.map({ $0.bits <= PromptSketch.bits }) ?? true else {
      throw EvaluationError("the model in force has longer hashes than are kept of prompts")
    }
    var new = trainer.model(without: nil)
    let heuristic = held.map { ComplexityLabel(rules.band(of: Double($0.sketch.heuristic) / 1_000)) }
    let (newLabels, newFigures) = trial(of: new, rules)
    let (oldLabels, oldFigures) =
      model.map { trial(of: $0, rules) } ?? (heuristic, ClassifierFigures(labels, predicted: heuristic))
    let plain = ClassifierFigures(labels, predicted: heuristic)
    new.worth = ClassifierWorth(accuracy: newFigures.accuracy, heuristic: plain.accuracy)
    let gains = gains(of: newLabels, over: oldLabels)
    return FeedbackReport(
      learned: learned.count, held: held.count,
      rows: [
        .init(name: "new", figures: newFigures), .init(name: "in force", figures: oldFigures),
        .init(name: "heuristic", figures: plain),
        .init(name: "majority", figures: ClassifierFigures(labels, predicted: majority)),
      ], gained: gains.count { $0 > 0 }, lost: gains.count { $0 < 0 }, model: new)
  }

  private var labels: [ComplexityLabel] { held.map(\.label) }

  /// Of each family that was held out, about how many more of its prompts some labels are right than others.
  private func gains(of labels: [ComplexityLabel], over others: [ComplexityLabel]) -> [Int] {
    var gains: [UInt32: Int] = [:]
    for (place, example) in held.enumerated() {
      let gain = (labels[place] == example.label ? 1 : 0) - (others[place] == example.label ? 1 : 0)
      gains[example.sketch.family, default: 0] += gain
    }
    return Array(gains.values)
  }

  private func trial(
    of model: ComplexityModel, _ rules: PromptRules
  ) -> ([ComplexityLabel], ClassifierFigures) {
    let chances = held.map { model.chances($0.sketch.features, bits: PromptSketch.bits) }
    let predicted = chances.map { ComplexityLabel(rules.band(of: $0.score)) }
    return (predicted, ClassifierFigures(labels, predicted: predicted, chances: chances))
  }

  /// Always the label that most of those have that it is learned from.
  private var majority: [ComplexityLabel] {
    let common = ComplexityLabel.allCases.max { one, other in
      learned.count { $0.label == one } < learned.count { $0.label == other }
    }
    return held.map { _ in common ?? .low }
  }
}
