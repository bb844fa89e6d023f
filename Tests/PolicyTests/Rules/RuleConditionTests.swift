import Policy
import Testing

struct RuleConditionTests {
  private func facts(_ texts: [RuleText: String] = [:]) -> RuleFacts {
    let asked = texts.keys.sorted { $0.name < $1.name }
    var facts = RuleFacts(asking: asked, classNames: ["phi", "pii"])
    for (place, text) in asked.enumerated() { facts.set(text: place, to: texts[text]) }
    return facts
  }

  private func text(_ text: RuleText, _ patterns: String...) -> RuleCondition {
    .text(text, patterns.map { TextPattern($0) })
  }

  @Test func aTextIsOneOfSeveralOrFitsAPattern() {
    let facts = facts([.team: "search-eu"])
    #expect(text(.team, "search-eu").holds(for: facts))
    #expect(text(.team, "ads", "search-*").holds(for: facts))
    #expect(!text(.team, "search").holds(for: facts))
    #expect(!text(.tenant, "*").holds(for: facts), "what isn't known fits nothing")
    #expect(RuleCondition.not(text(.tenant, "*")).holds(for: facts))
  }

  @Test func numbersLieWithinTheirBounds() {
    var facts = facts()
    let many = RuleCondition.number(.inputTokens, [NumberRange(4_000_000_000, .max, text: ">= 4000")])
    #expect(!many.holds(for: facts), "not known")
    for (tokens, holds) in [(3_999, false), (4_000, true), (Int64.max, true)] as [(Int64, Bool)] {
      facts[.inputTokens] = RuleFacts.millionths(tokens)
      #expect(many.holds(for: facts) == holds, "\(tokens)")
    }
  }

  @Test func wordsOfComplexityMeetAtTheirThresholds() {
    var facts = facts()
    for (value, word) in [
      (0, "low"), (299_999, "low"), (300_000, "medium"), (699_999, "medium"), (700_000, "high"),
    ] {
      facts[.complexity] = Int64(value)
      for level in ComplexityBand.allCases {
        let condition = RuleCondition.number(.complexity, [level.range()])
        #expect(condition.holds(for: facts) == (level.rawValue == word), "\(value) \(level)")
      }
    }
    var rules = PromptRules()
    (rules.medium, rules.high) = (0.000_001, 0.000_002)
    let strict = RuleCondition.not(.number(.complexity, [ComplexityBand.high.range()])).between(rules)
    facts[.complexity] = 2
    #expect(!strict.holds(for: facts))
  }

  @Test func aRequestMayHaveSeveralClassesOfDataOrNone() {
    var facts = facts()
    let phi = RuleCondition.dataClass([TextPattern("phi")])
    let none = RuleCondition.dataClass([TextPattern("none")])
    #expect(none.holds(for: facts) && !phi.holds(for: facts))
    facts.classes = DataClassSet(rawValue: 3)
    #expect(phi.holds(for: facts) && !none.holds(for: facts))
    facts.classes = DataClassSet(rawValue: 2)
    #expect(!phi.holds(for: facts) && RuleCondition.dataClass([TextPattern("p*")]).holds(for: facts))
  }

  @Test func allAnyAndNotCombine() {
    let facts = facts([.team: "a"])
    let (yes, no) = (text(.team, "a"), text(.team, "b"))
    #expect(RuleCondition.all([]).holds(for: facts) && !RuleCondition.any([]).holds(for: facts))
    #expect(
      RuleCondition.any([no, yes]).holds(for: facts) && !RuleCondition.all([yes, no]).holds(for: facts))
    #expect(RuleCondition.not(.all([yes, no])).holds(for: facts))
  }

  @Test func whyItDoesNotHoldIsSaid() {
    var facts = facts([.team: "a"])
    facts[.complexity] = 250_000
    let high = RuleCondition.number(.complexity, [ComplexityBand.high.range()])
    #expect(
      RuleCondition.all([text(.team, "a"), high]).failure(for: facts)
        == "wants complexity: high, and it is 0.25")
    #expect(text(.team, "b", "c").failure(for: facts) == "wants team: [b, c], and it is a")
    #expect(text(.tenant, "t").failure(for: facts) == "wants tenant: t, and it is not known")
    #expect(RuleCondition.all([]).failure(for: facts) == nil)
    #expect(facts.told([high]).map { "\($0.name)=\($0.value)" } == ["team=a", "complexity=0.25"])
  }
}

struct RuleTimeTests {
  /// Monday, 2 November 2026, 00:00 UTC.
  private static let monday: Int64 = 1_793_577_600

  private func time(_ days: UInt8, _ start: Int64, _ end: Int64) -> RuleTime {
    RuleTime(days: days, start: start, end: end, zone: .utc, text: "\(days) \(start) \(end)")
  }

  private func at(_ day: Int64, _ minute: Int64) -> Int64 { Self.monday + day * 86_400 + minute * 60 }

  @Test func itBeginsAtItsFirstMinuteAndEndsBeforeItsLast() {
    let office = time(0b0001_1111, 480, 1_080)
    #expect(!office.contains(at(0, 480) - 1) && office.contains(at(0, 480)))
    #expect(office.contains(at(4, 1_080) - 1) && !office.contains(at(4, 1_080)))
    #expect(!office.contains(at(5, 600)), "on Saturday")
  }

  @Test func overMidnightItBelongsToTheDayOnWhichItBegins() {
    let night = time(0b0001_0000, 1_320, 360)
    #expect(night.contains(at(4, 1_320)) && night.contains(at(5, 359)))
    #expect(!night.contains(at(4, 0)) && !night.contains(at(5, 1_320)) && !night.contains(at(5, 360)))
  }

  @Test func fromOneTimeToTheSameIsTheWholeDay() {
    let sunday = time(0b0100_0000, 480, 480)
    #expect(sunday.contains(at(6, 0)) && sunday.contains(at(6, 1_439)) && sunday.contains(at(-1, 5)))
    #expect(!sunday.contains(at(7, 0)) && !sunday.contains(at(5, 1_439)))
  }

  @Test func beforeNineteenSeventyDaysGoOn() {
    #expect(time(0b0000_0100, 0, 0).contains(-60) && !time(0b0000_1000, 0, 0).contains(-60), "a Wednesday")
  }
}
