/// Learns classifiers of examples in parts, each calibrated by what it was not learned from.
struct CalibratedTrainer: Sendable {
  let parts: FamilyFolds
  private let examples: [TrainingExample]
  private let bits: Int
  private let rule = ProximalLearner.Rule()
  private let seed: UInt64

  /// `examples` of at least as many families as `folds`, whose features were made with so many `bits`.
  init(_ examples: [TrainingExample], folds: Int, bits: Int, seed: UInt64) {
    parts = FamilyFolds(examples.map { ($0.family, $0.label) }, count: folds, seed: seed)
    (self.examples, self.bits, self.seed) = (examples, bits, seed)
  }

  /// Of all examples but a fold's; nil: of all. It is calibrated by margins of prompts that were held out from the learning of them.
  func model(without fold: Int?) -> ComplexityModel {
    var pairs: [(margin: Double, label: ComplexityLabel)] = []
    for held in 0..<parts.count where held != fold {
      let learner = learned(without: [fold, held])
      for position in examples.indices where parts.folds[position] == held {
        pairs.append((learner.margin(examples[position].features), examples[position].label))
      }
    }
    return ComplexityModel(learned(without: [fold]), bits: bits, .fitted(to: pairs))
  }

  private func learned(without folds: [Int?]) -> ProximalLearner {
    let seen = examples.indices.filter { !folds.contains(parts.folds[$0]) }
    return .learned(from: seen.map { examples[$0] }, bits: bits, rule, seed: seed)
  }
}
