import Testing

@testable import Policy

/// A classifier that was trained from feedback takes over only where it is clearly better.
struct FeedbackTrainingTests {
  private static let verbs: [(String, ComplexityLabel)] = [
    ("list", .low), ("describe", .medium), ("prove", .high),
  ]

  /// Of its digits, letters: all digits are one to a hash.
  private static func word(_ number: Int) -> String {
    String(decoding: String(number).utf8.map { $0 + 49 }, as: UTF8.self)
  }

  /// Prompts whose verbs tell their labels; each begins in a way of its own. `heuristic`: what that said of a label.
  private static func examples(
    _ count: Int, isNoise: Bool = false, heuristic: (ComplexityLabel) -> Double = { _ in 0.1 }
  ) -> [LearningExample] {
    var chance = Chance(seed: 5)
    return (0..<count).map { number in
      let (verb, label) = verbs[number % 3]
      let prompt =
        "Case \(word(number)): \(verb) the \(["rivers", "songs", "roads"][chance.below(3)]) of town"
      let said = isNoise ? verbs[chance.below(3)].1 : label
      return LearningExample(said, by: .judge, PromptSketch(prompt, heuristic: heuristic(label)))
    }
  }

  private static func report(
    _ examples: [LearningExample], inForce model: ComplexityModel? = nil, _ rules: PromptRules = .init()
  ) throws -> FeedbackReport {
    try FeedbackTraining(examples, seed: 1).report(inForce: model, rules)
  }

  @Test func whatIsClearlyBetterIsToBeUsed() throws {
    let report = try Self.report(Self.examples(500))
    #expect(report.learned + report.held == 500 && report.held >= 50)
    #expect(report.rows.map(\.name) == ["new", "in force", "heuristic", "majority"])
    #expect(report.rows[0].figures.accuracy > 0.9 && report.rows[1].figures == report.rows[2].figures)
    #expect(report.flaws.isEmpty && report.lost < 3 && report.gained > 20)
    let worth = report.model.worth
    #expect(worth.accuracy == report.rows[0].figures.accuracy && worth.isAboveHeuristic)
    #expect(report.model.chances("prove the songs").score > report.model.chances("list the songs").score)
  }

  @Test func whatIsAsGoodAsTheOneInForceIsNot() throws {
    let examples = Self.examples(500)
    let first = try Self.report(examples)
    let again = try Self.report(examples, inForce: first.model)
    #expect(again.gained == 0 && again.lost == 0)
    #expect(again.flaws.count == 1 && again.flaws[0].contains("in force"))
  }

  @Test func whatIsNotAboveTheHeuristicIsNot() throws {
    let report = try Self.report(
      Self.examples(500) { $0 == .low ? 0.1 : $0 == .medium ? 0.5 : 0.9 })
    #expect(report.rows[2].figures.accuracy == 1)
    #expect(report.flaws.contains { $0.contains("heuristic is right as often") })
  }

  @Test func noiseTeachesNothing() throws {
    #expect(try !Self.report(Self.examples(500, isNoise: true)).flaws.isEmpty)
  }

  /// Eight better and none worse is chance once in 256 times, five once in 32: each month, where it is tried each night.
  @Test(arguments: [
    (0, 0, false), (5, 0, false), (8, 0, true), (30, 20, false), (40, 20, true), (20, 40, false),
  ])
  func betterIsMoreThanChance(gained: Int, lost: Int, isBetter: Bool) throws {
    var report = try Self.report(Self.examples(500))
    (report.gained, report.lost) = (gained, lost)
    #expect(report.flaws.isEmpty == isBetter)
  }

  /// However many there are of them: they are right or wrong together.
  @Test func promptsThatBeginAlikeCountOnce() throws {
    let beginning = (0..<1_000).lazy.map { "\(Self.word($0)): once more, for the record, " }.first {
      $0.utf8.count >= 32 && FeedbackTraining.isHeld(PromptSketch($0, heuristic: 0).family)
    }
    let prompt = try #require(beginning) + "prove the songs of town"
    let alike = LearningExample(.high, by: .judge, PromptSketch(prompt, heuristic: 0.1))
    let (few, many) = (
      try Self.report(Self.examples(500)),
      try Self.report(Self.examples(500) + [LearningExample](repeating: alike, count: 100))
    )
    #expect(many.held == few.held + 100)
    #expect((few.gained...few.gained + 1).contains(many.gained) && many.lost == few.lost)
  }

  /// The heuristic is right by the bands that are configured, and wrong by those that are not.
  @Test func labelsGoByTheConfiguredBands() throws {
    let examples = Self.examples(500) { $0 == .low ? 0.1 : $0 == .medium ? 0.2 : 0.25 }
    var rules = PromptRules()
    #expect(try Self.report(examples, rules).rows[2].figures.accuracy < 0.5)
    (rules.medium, rules.high) = (0.15, 0.22)
    let report = try Self.report(examples, rules)
    #expect(report.rows[2].figures.accuracy == 1 && !report.flaws.isEmpty)
  }

  @Test func familiesThatAreHeldOutAreAlwaysTheSame() {
    #expect(FeedbackTraining.isHeld(0) && FeedbackTraining.isHeld(10) && !FeedbackTraining.isHeld(11))
    let held = Self.examples(1_000).count { FeedbackTraining.isHeld($0.sketch.family) }
    #expect((130...270).contains(held))
  }

  @Test func tooLittleIsSaid() {
    let few = #expect(throws: EvaluationError.self) { try FeedbackTraining(Self.examples(100), seed: 1) }
    #expect(few?.reason.contains("it takes 200 and 50") == true)
    let alike = Self.examples(500).filter { $0.label != .high }
    #expect(throws: EvaluationError.self) { try FeedbackTraining(alike, seed: 1) }
  }
}
