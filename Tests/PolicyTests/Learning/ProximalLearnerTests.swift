import Testing

@testable import Policy

/// One example after the other.
struct ProximalLearnerTests {
  private static let bits = 10

  private static func examples(_ prompts: [(String, ComplexityLabel, Int)]) -> [TrainingExample] {
    prompts.map {
      TrainingExample(features: PromptFeatures($0.0, bits: bits), label: $0.1, family: $0.2)
    }
  }

  private static let toy = examples([
    ("list red", .low, 0), ("list blue", .low, 1), ("list green", .low, 2), ("write red", .medium, 3),
    ("write blue", .medium, 4), ("write green", .medium, 5), ("prove red", .high, 6),
    ("prove blue", .high, 7),
    ("prove green", .high, 8),
  ])

  private static func learned(seed: UInt64, _ rule: ProximalLearner.Rule = .init(passes: 60))
    -> ProximalLearner
  {
    .learned(from: toy, bits: bits, rule, seed: seed)
  }

  @Test func whatCanBePartedIsParted() {
    let learner = Self.learned(seed: 1)
    for example in Self.toy {
      let margin = learner.margin(example.features)
      #expect((margin > learner.cuts.medium) == (example.label != .low))
      #expect((margin > learner.cuts.high) == (example.label == .high))
    }
    let unseen = PromptFeatures("prove yellow", bits: Self.bits)
    #expect(learner.margin(unseen) > learner.margin(PromptFeatures("list yellow", bits: Self.bits)))
  }

  @Test func theSeedDecides() {
    let features = 0..<1 << Self.bits
    let (first, again, other) = (Self.learned(seed: 1), Self.learned(seed: 1), Self.learned(seed: 2))
    #expect(features.allSatisfy { first.weight($0) == again.weight($0) } && first.cuts == again.cuts)
    #expect(features.contains { first.weight($0) != other.weight($0) })
  }

  /// With one example and one step, FTRL-proximal is a step against the slope: w = −α·g / (1 + |g| + α·λ₂).
  @Test func theFirstStepIsThatOfThePaper() {
    var learner = ProximalLearner(features: 4, .init(rate: 0.5, ridge: 2, passes: 1, leastFamilies: 1))
    let slopes = learner.cuts.slopes(at: 0, of: .high)
    learner.learn(PromptFeatures(indices: [2], values: [3]), .high)
    let slope = 3 * (slopes.medium + slopes.high)
    #expect(slope < 0 && abs(learner.weight(2) + 0.5 * slope / (1 + abs(slope) + 0.5 * 2)) < 1e-12)
    #expect(learner.weight(1) == 0)
    #expect(learner.cuts.medium < -0.5 && learner.cuts.high < 0.5)
  }

  @Test func wordsOfOneFamilyAreNotLearned() {
    let examples = Self.examples([
      ("zebra list", .low, 0), ("zebra list", .low, 0), ("prove list", .high, 1), ("prove list", .high, 2),
    ])
    let learner = ProximalLearner.learned(from: examples, bits: Self.bits, .init(), seed: 1)
    let zebra = PromptFeatures("zebra", bits: Self.bits)
    let words = zebra.indices.filter { $0 < 1 << Self.bits }
    #expect(words.count == 3 && words.allSatisfy { learner.weight($0) == 0 })
    let prove = PromptFeatures("prove", bits: Self.bits).indices.filter { $0 < 1 << Self.bits }
    #expect(prove.allSatisfy { learner.weight($0) > 0 })
  }

  @Test func anOrderHoldsEverything() {
    var (numbers, chance) = (Array(0..<100), Chance(seed: 1))
    numbers.mix(&chance)
    #expect(numbers != Array(0..<100) && numbers.sorted() == Array(0..<100))
  }
}
