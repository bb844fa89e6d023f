import Policy
import Testing

/// What is said of conditions without a request holds for every request.
struct RuleLogicTests {
  private func text(_ text: RuleText, _ patterns: String...) -> RuleCondition {
    .text(text, patterns.map { TextPattern($0) })
  }

  private func tokens(_ lower: Int64, _ upper: Int64) -> RuleCondition {
    .number(.inputTokens, [NumberRange(lower, upper, text: "\(lower) to \(upper)")])
  }

  @Test func whatIsImpliedHoldsAndWhatIsExcludedDoesNot() {
    var random = RandomRules(seed: 3)
    var (implied, excluded, impossible) = (0, 0, 0)
    for _ in 0..<20_000 {
      let (one, other) = (random.condition(depth: 1), random.condition(depth: 1))
      let (implies, excludes) = (one.isImplied(by: other), one.excludes(other))
      let contradiction = one.contradiction
      guard implies || excludes || contradiction != nil else { continue }
      implied += implies ? 1 : 0
      excluded += excludes ? 1 : 0
      impossible += contradiction == nil ? 0 : 1
      for _ in 0..<20 {
        let facts = random.facts(asking: RandomRules.asked)
        let (holds, otherHolds) = (one.holds(for: facts), other.holds(for: facts))
        #expect(!implies || !otherHolds || holds, "\(one.text) <= \(other.text)")
        #expect(!excludes || !(holds && otherHolds), "\(one.text) / \(other.text)")
        #expect(contradiction == nil || !holds, "\(one.text): \(contradiction ?? "")")
      }
    }
    #expect(implied > 200 && excluded > 200 && impossible > 200, "\(implied) \(excluded) \(impossible)")
  }

  @Test func aWiderConditionCoversANarrowerOne() {
    let narrow = RuleCondition.all([text(.team, "a"), tokens(10, 20), .flag(.stream, true)])
    for wide in [
      .all([]), text(.team, "a"), text(.team, "b", "a"), text(.team, "a*"), tokens(5, 20),
      .any([text(.team, "z"), tokens(0, 30)]), .not(text(.team, "b")),
      .all([tokens(10, 20), .flag(.stream, true)]),
    ] as [RuleCondition] {
      #expect(wide.isImplied(by: narrow), "\(wide.text)")
    }
    for other in [
      text(.team, "b"), text(.tenant, "a"), tokens(11, 20), .flag(.stream, false), .not(text(.team, "a")),
      .all([text(.team, "a"), text(.tenant, "t")]),
    ] as [RuleCondition] {
      #expect(!other.isImplied(by: narrow), "\(other.text)")
    }
  }

  @Test func contradictionsAreFound() {
    for impossible in [
      .all([text(.team, "a"), text(.team, "b")]), .all([tokens(0, 5), .all([tokens(6, 9)])]),
      .all([.flag(.stream, true), .flag(.stream, false)]), .all([text(.team, "a"), .not(text(.team, "a*"))]),
      .any([]), .not(.all([])), tokens(9, 3), tokens(-5, -1),
      .any([.all([tokens(0, 1), tokens(2, 3)]), .any([])]),
      .number(.complexity, [NumberRange(1_000_001, .max, text: "> 1")]),
    ] as [RuleCondition] {
      #expect(impossible.contradiction != nil, "\(impossible.text)")
    }
    for possible in [
      .all([]), .all([text(.team, "a*"), text(.team, "*b")]), .all([tokens(0, 5), tokens(5, 9)]),
      .any([.any([]), text(.team, "a")]), .all([text(.team, "a"), .not(text(.team, "b"))]),
    ] as [RuleCondition] {
      #expect(possible.contradiction == nil, "\(possible.text)")
    }
  }
}
