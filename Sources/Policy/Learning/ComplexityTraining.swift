/// Trains classifiers of a training set, and says what they are worth on families that they have not seen.
package struct ComplexityTraining: Sendable {
  package static let folds = 3...20

  private let items: [TrainingSet.Item]
  private let trainer: CalibratedTrainer

  /// Prepares `set` to be held out in `folds` parts (3 to 20) in turn, with 2^bits (10 to 20) weights of n-grams; throws where there are
  /// fewer families than folds. All that is left to chance hangs on `seed`: the same one gives the same model, to the last bit.
  package init(_ set: TrainingSet, folds: Int, seed: UInt64, bits: Int = 15) throws(EvaluationError) {
    precondition(Self.folds.contains(folds) && ComplexityModel.bits.contains(bits), "out of range")
    let names = set.families
    guard names.count >= folds else {
      throw EvaluationError("there are \(names.count) families, fewer than the \(folds) folds")
    }
    var positions: [String: Int] = [:]
    for (position, name) in names.enumerated() { positions[name] = position }
    let examples = set.items.map {
      TrainingExample(
        features: PromptFeatures($0.prompt, bits: bits), label: $0.label, family: positions[$0.family] ?? 0)
    }
    items = set.items
    trainer = CalibratedTrainer(examples, folds: folds, bits: bits, seed: seed)
  }

  /// The model of all prompts, which says of itself what `report` says of the likes of it.
  package func model(_ report: ClassifierReport) -> ComplexityModel {
    var model = trainer.model(without: nil)
    model.worth = report.worth
    return model
  }

  private var parts: FamilyFolds { trainer.parts }

  // MARK: What it is worth

  /// All figures are of prompts that were held out with their families, each once. `heuristic` is the complexity of a prompt, 0 to 1, as
  /// it is told without a classifier.
  package func report(heuristic: (String) -> Double) -> ClassifierReport {
    let models = (0..<parts.count).map { trainer.model(without: $0) }
    let learned = items.indices.map { models[parts.folds[$0]].chances(items[$0].prompt) }
    let plain = items.map { heuristic($0.prompt) }
    let lengths = items.map { Elementary.log(1 + Double($0.prompt.utf8.count)) }
    return ClassifierReport(
      learned: row("learned", learned),
      baselines: [
        .init(
          name: "heuristic",
          figures: .init(labels, predicted: plain.map { ComplexityLabel(score: $0) })),
        row("heuristic, fitted", fitted(plain)), row("length", fitted(lengths)), majority, random,
      ])
  }

  private var labels: [ComplexityLabel] { items.map(\.label) }

  private func row(_ name: String, _ chances: [LabelChances]) -> ClassifierReport.Row {
    let predicted = chances.map { ComplexityLabel(score: $0.score) }
    return .init(name: name, figures: .init(labels, predicted: predicted, chances: chances))
  }

  /// The chances that a score alone comes to, with a scale and cuts fitted to the other folds.
  private func fitted(_ scores: [Double]) -> [LabelChances] {
    let scales = (0..<parts.count).map { fold in
      let others = items.indices.filter { parts.folds[$0] != fold }
      return OrdinalScale.fitted(to: others.map { (margin: scores[$0], label: items[$0].label) })
    }
    return items.indices.map { scales[parts.folds[$0]].chances(at: scores[$0]) }
  }

  /// Always the label that the other folds have most often.
  private var majority: ClassifierReport.Row {
    let shares = (0..<parts.count).map { fold in
      let others = items.indices.filter { parts.folds[$0] != fold }.map { items[$0].label }
      let share = { (label: ComplexityLabel) in
        Double(others.count { $0 == label }) / Double(max(1, others.count))
      }
      return LabelChances(low: share(.low), medium: share(.medium), high: share(.high))
    }
    let chances = items.indices.map { shares[parts.folds[$0]] }
    let predicted = chances.map { chances in
      ComplexityLabel.allCases.max { chances[$0] < chances[$1] } ?? .low
    }
    return .init(name: "majority", figures: .init(labels, predicted: predicted, chances: chances))
  }

  /// What is to be expected of a die with three faces.
  private var random: ClassifierReport.Row {
    var figures = ClassifierFigures(labels, predicted: labels)
    figures.accuracy = 1.0 / 3
    (figures.logLoss, figures.calibrationError) = (Elementary.log(3), 0)
    return .init(name: "random", figures: figures)
  }
}
