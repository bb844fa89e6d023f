import Policy
import Testing

/// What is learned of families says something about others, or it is told that it does not.
struct ComplexityTrainingTests {
  /// Six families of each label, whose verbs tell it; with `isNoise`, labels are dealt to families by chance.
  private static func set(isNoise: Bool = false) throws -> TrainingSet {
    let verbs = [("list", "low"), ("describe", "medium"), ("prove", "high")]
    let nouns = ["rivers", "trees", "numbers", "letters", "roads", "songs"]
    let places = ["here", "there", "north", "south"]
    var chance = Chance(seed: 9)
    var lines: [String] = []
    for (verb, label) in verbs {
      for noun in nouns {
        let label = isNoise ? verbs[chance.below(3)].1 : label
        for place in places {
          lines.append(TrainingSetTests.line("\(verb) the \(noun) \(place)", label, "\(verb) \(noun)"))
        }
      }
    }
    return try TrainingSet(lines.joined(separator: "\n"))
  }

  @Test func wordsThatTellAreLearned() throws {
    let training = try ComplexityTraining(Self.set(), folds: 3, seed: 1, bits: 12)
    let report = training.report { _ in 0 }
    #expect(report.learned.figures.accuracy > 0.9)
    #expect(
      report.baselines.map(\.name) == ["heuristic", "heuristic, fitted", "length", "majority", "random"])
    // All are called low.
    #expect(abs(report.baselines[0].figures.accuracy - 1.0 / 3) < 1e-9)
    #expect(report.baselines[0].figures.logLoss == nil)
    #expect(report.unbeaten.isEmpty)
    let model = training.model(report)
    #expect(model.worth == ClassifierWorth(accuracy: report.learned.figures.accuracy, heuristic: 1.0 / 3))
    #expect(model.chances("list the cities").score < model.chances("prove the cities").score)
  }

  @Test func aHeuristicThatKnowsBetterIsNotBeaten() throws {
    let training = try ComplexityTraining(Self.set(), folds: 3, seed: 1, bits: 12)
    let report = training.report { $0.hasPrefix("list") ? 0.1 : $0.hasPrefix("prove") ? 0.9 : 0.5 }
    #expect(report.baselines[0].figures.accuracy == 1)
    #expect(report.unbeaten.contains("heuristic"))
  }

  /// Were a family in two folds, its nouns would tell its label.
  @Test func nothingIsLearnedOfNoise() throws {
    let report = try ComplexityTraining(Self.set(isNoise: true), folds: 3, seed: 1, bits: 12).report { _ in 0
    }
    #expect(report.learned.figures.accuracy < 0.7)
  }

  @Test func theSeedDecidesTheModelToTheLastBit() throws {
    let set = try Self.set()
    func bytes(_ seed: UInt64) throws -> [UInt8] {
      let training = try ComplexityTraining(set, folds: 3, seed: seed, bits: 10)
      return training.model(training.report { _ in 0 }).bytes
    }
    let first = try bytes(1)
    #expect(try bytes(1) == first)
    #expect(try bytes(2) != first)
  }

  @Test func thereAreAtLeastAsManyFamiliesAsFolds() throws {
    let set = try Self.set()
    let error = #expect(throws: EvaluationError.self) { try ComplexityTraining(set, folds: 19, seed: 1) }
    #expect(error?.description == "there are 18 families, fewer than the 19 folds")
  }
}
