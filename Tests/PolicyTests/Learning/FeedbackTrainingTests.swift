import Testing

@testable import Policy

/// A classifier that was trained from feedback takes over only where it is clearly better.
struct FeedbackTrainingTests {
  private static let verbs: [(String, ComplexityLabel)] = [
    ("list", .low), ("describe", .medium), ("prove", .high),
  ]

  /// Prompts whose verbs tell their labels; each begins in a way of its own. `heuristic`: what that said of a label.
  private static func examples(
    _ count: Int, isNoise: Bool = false, heuristic: (ComplexityLabel) -> Double = { _ in 0.1 }
  ) -> [LearningExample] {
    var chance = Chance(seed: 5)
    return (0..<count).map { number in
      let (verb, label) = verbs[number % 3]
      let prompt = "Case \(number): \(verb) the \(["rivers", "songs", "roads"][chance.below(3)]) of town"
      let said = isNoise ? verbs[chance.below(3)].1 : label
      return LearningExample(said, by: .judge, PromptSketch(prompt, heuristic: heuristic(label)))
    }
  }

  private static func report(
    _ examples: [LearningExample], inForce model: ComplexityModel? = nil
  ) throws -> FeedbackReport {
    try FeedbackTraining(examples, seed: 1).report(inForce: model)
  }

  @Test func whatIsClearlyBetterIsToBeUsed() throws {
    let report = try Self.report(Self.examples(500))
    #expect(report.learned + report.held == 500 && report.held >= 50)
    #expect(report.rows.map(\.name) == ["new", "in force", "heuristic", "majority"])
    #expect(report.rows[0].figures.accuracy > 0.9 && report.rows[1].figures == report.rows[2].figures)
    #expect(report.flaws.isEmpty && report.lost == 0 && report.gained > 20)
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

  /// Five better and none worse is chance once in 32 times, four once in 16.
  @Test(arguments: [
    (0, 0, false), (4, 0, false), (5, 0, true), (30, 20, false), (40, 20, true), (20, 40, false),
  ])
  func betterIsMoreThanChance(gained: Int, lost: Int, isBetter: Bool) throws {
    var report = try Self.report(Self.examples(500))
    (report.gained, report.lost) = (gained, lost)
    #expect(report.flaws.isEmpty == isBetter)
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
