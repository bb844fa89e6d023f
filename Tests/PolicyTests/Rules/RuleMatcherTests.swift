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
      let rules = (0..<1 + random.chance.below(round % 10 == 0 ? 150 : 12)).map { _ in random.condition() }
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
