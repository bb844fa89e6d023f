import Policy
import Testing

/// Where a request would have gone, had it been taken for what it was.
struct RuleClassesTests {
  private let rules = PromptRules()

  private func high() -> RuleCondition { .number(.complexity, [ComplexityBand.high.range(rules)]) }

  /// The facts of a request that was taken for this.
  private func facts(_ matcher: RuleMatcher, task: String?, complexity: Int64) -> RuleFacts {
    var facts = RuleFacts(asking: matcher.texts)
    if let place = matcher.texts.firstIndex(of: .taskType) { facts.set(text: place, to: task) }
    facts[.complexity] = complexity
    return facts
  }

  @Test func anotherClassComesToTheRuleThatAsksForIt() {
    let matcher = RuleMatcher([
      .all([.text(.taskType, [TextPattern("code")]), high()]), high(),
      .text(.taskType, [TextPattern("translation")]),
    ])
    let taken = RequestClass(task: .chat, complexity: .low)
    let facts = facts(matcher, task: "chat", complexity: 100_000)
    #expect(matcher.first(for: facts) == nil)
    let same = matcher.classes(comingTo: nil, facts, takenFor: taken, rules)
    for (task, band, isSame) in [
      (TaskKind.chat, ComplexityBand.low, true), (.code, .low, true), (.chat, .medium, true),
      (.chat, .high, false), (.code, .high, false), (.translation, .low, false),
    ] {
      #expect(same.contains(RequestClass(task: task, complexity: band)) == isSame, "\(task) \(band)")
    }
    #expect(same.contains(RequestClass()) && !same.contains(RequestClass(complexity: .high)))
    let second = matcher.classes(comingTo: 1, facts, takenFor: taken, rules)
    #expect(second.contains(RequestClass(complexity: .high)))
    #expect(!second.contains(RequestClass(task: .code, complexity: .high)), "the first rule's")
  }

  /// A band says less than a score: where it is the one that was taken, the score stays.
  @Test func whoSaysTheSameChangesNothing() {
    let matcher = RuleMatcher([.number(.complexity, [NumberRange(250_000, .max, text: ">= 0.25")])])
    let facts = facts(matcher, task: nil, complexity: 280_000)
    let taken = RequestClass(complexity: .low)
    let same = matcher.classes(comingTo: 0, facts, takenFor: taken, rules)
    #expect(same.contains(RequestClass(complexity: .low)) && same.contains(RequestClass(complexity: .medium)))
    let other = matcher.classes(comingTo: 0, facts, takenFor: RequestClass(complexity: .medium), rules)
    #expect(!other.contains(RequestClass(complexity: .low)), "in the middle of its band it is 0.15")
  }

  @Test func whatNoRuleAsksForChangesNothing() {
    let matcher = RuleMatcher([high()])
    let facts = facts(matcher, task: nil, complexity: 900_000)
    let same = matcher.classes(comingTo: 0, facts, takenFor: RequestClass(complexity: .high), rules)
    for task in TaskKind.allCases { #expect(same.contains(RequestClass(task: task))) }
  }
}
