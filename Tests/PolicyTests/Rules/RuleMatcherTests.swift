import Policy
import Testing

struct RuleMatcherTests {
  private static func first(_ rules: [RuleCondition], for facts: RuleFacts) -> Int? {
    rules.firstIndex { $0.holds(for: facts) }
  }

  @Test func itFindsWhatPlainEvaluationFinds() {
    var random = RandomRules(seed: 7)
    var found: [Int: Int] = [:]
    for round in 0..<300 {
      let count = 1 + random.chance.below(round % 10 == 0 ? 150 : 12)
      let rules = (0..<count).map { _ in random.condition(depth: 1 + round % 3) }
      let matcher = RuleMatcher(rules)
      for _ in 0..<30 {
        let facts = random.facts(asking: matcher.texts)
        let expected = Self.first(rules, for: facts)
        #expect(matcher.first(for: facts) == expected, "\(rules.map(\.text))")
        found[min(expected ?? -1, 3), default: 0] += 1
      }
    }
    #expect((-1...3).allSatisfy { found[$0, default: 0] > 100 }, "all kinds of ends are tried: \(found)")
  }

  @Test func patternsAreFoundOfAnyForm() {
    var chance = Chance(seed: 13)
    var found = 0
    for _ in 0..<300 {
      let rules = (0..<12).map { _ in
        RuleCondition.text(
          chance.below(2) == 0 ? .team : .header("x-kind"),
          [TextPattern("a" + Self.text(of: ["a", "b", "é", "*", "?"], 3 + chance.below(4), &chance))])
      }
      let matcher = RuleMatcher(rules)
      var facts = RuleFacts(asking: matcher.texts)
      for _ in 0..<20 {
        for place in matcher.texts.indices {
          facts.set(text: place, to: "ab" + Self.text(of: ["a", "b", "é"], chance.below(6), &chance))
        }
        let expected = Self.first(rules, for: facts)
        #expect(matcher.first(for: facts) == expected, "\(rules.map(\.text)) \(facts[.team] ?? "-")")
        found += expected == nil ? 0 : 1
      }
    }
    #expect((1_500..<5_500).contains(found), "\(found) of 6000")
  }

  private static func text(of letters: [String], _ count: Int, _ chance: inout Chance) -> String {
    (0..<count).map { _ in letters[chance.below(letters.count)] }.joined()
  }

  /// More ways to hold than a rule is taken apart into, and more times than have rows.
  @Test func rulesOfManyWaysAreEvaluated() {
    let flags: [RuleCondition] = RuleFlag.allCases.map { .flag($0, true) }
    let times = (0..<40).map { minute in
      RuleCondition.time([
        RuleTime(days: 127, start: minute, end: minute + 1, zone: .utc, text: "at \(minute)")
      ])
    }
    let ways = RuleCondition.any(flags + [.number(.turns, [NumberRange(5, 5, text: "5")])] + times)
    let matcher = RuleMatcher([.not(ways), .all([ways, .any(Array(flags.prefix(2)))])] + times)
    var facts = RuleFacts(asking: matcher.texts)
    facts.now = 3_600
    #expect(matcher.first(for: facts) == 0)
    facts[.turns] = 5
    #expect(matcher.first(for: facts) == nil)
    for minute in [0, 15, 16, 39] {
      facts.now = Int64(minute) * 60
      #expect(matcher.first(for: facts) == 2 + minute)
    }
    facts[.requiresTools] = true
    #expect(matcher.first(for: facts) == 1)
  }

  @Test func namesBesidePatternsAreEqualHoweverTheyAreWritten() {
    let patterns = ["caf\u{e9}"] + (0..<20).map { "p\($0)-*" }
    let matcher = RuleMatcher([.text(.team, patterns.map { TextPattern($0) })])
    var facts = RuleFacts(asking: matcher.texts)
    for (value, rule) in [("cafe\u{301}", 0), ("p7-x", 0), ("cafe", nil)] as [(String, Int?)] {
      facts.set(text: 0, to: value)
      #expect(matcher.first(for: facts) == rule, "\(value)")
    }
  }

  @Test func rulesBehindTheFirstWordsOfBitsAreFound() {
    let rules = (0..<200).map { RuleCondition.all([.text(.tenant, [TextPattern("t\($0)")])]) }
    let matcher = RuleMatcher(rules)
    var facts = RuleFacts(asking: matcher.texts)
    for rule in [0, 63, 64, 127, 128, 199] {
      facts.set(text: 0, to: "t\(rule)")
      #expect(matcher.first(for: facts) == rule)
    }
    facts.set(text: 0, to: "t200")
    #expect(matcher.first(for: facts) == nil)
    facts.set(text: 0, to: nil)
    #expect(matcher.first(for: facts) == nil)
  }

  @Test func theFirstOfSeveralThatHoldWins() {
    let stream = RuleCondition.flag(.stream, true)
    let matcher = RuleMatcher([.all([stream, .flag(.code, true)]), stream, .all([])])
    var facts = RuleFacts(asking: matcher.texts)
    #expect(matcher.first(for: facts) == 2)
    facts[.stream] = true
    #expect(matcher.first(for: facts) == 1)
    facts[.code] = true
    #expect(matcher.first(for: facts) == 0)
  }

  @Test func withoutRulesNoneMatches() {
    #expect(RuleMatcher([]).first(for: RuleFacts(asking: [])) == nil)
  }

  @Test func onlyWhatRulesAskForIsAsked() {
    let team = RuleCondition.text(.team, [TextPattern("x")])
    let header = RuleCondition.not(.text(.header("x-kind"), [TextPattern("y")]))
    #expect(RuleMatcher([team, .any([header, team])]).texts == [.team, .header("x-kind")])
    #expect(RuleFacts(asking: [])[.team] == nil)
  }
}
