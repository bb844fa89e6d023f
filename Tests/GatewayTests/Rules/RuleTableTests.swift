import Dialects
import Policy
import Testing

@testable import Gateway

struct RuleTableTests {
  private typealias Case = RulesUnderTest

  @Test func withoutRulesThereIsNoTable() throws {
    let snapshot = Snapshot(try settings(RulesUnderTest.base), epoch: 1, former: nil)
    #expect(snapshot.rules == nil && !snapshot.writesMembers)
  }

  @Test func aRuleReadsHeadersMetadataAndTheCaller() throws {
    let snapshot = try Case.snapshot(
      """
          - { condition: { header.X-Kind: a }, model: big }
          - { condition: { metadata.project: "p*" }, model: big }
          - { condition: { task_type: summarisation }, model: big }
          - { condition: { user_tier: gold, task_value: low }, model: big }
          - { condition: { team: search }, model: big }
          - { condition: { model: talk }, model: big }
      """)
    #expect(snapshot.rules?.metadataNames == ["project", "task_type", "user_tier", "task_value"])
    #expect(snapshot.rules?.asksPrompt == true && snapshot.rules?.asksTokens == false)
    let facts = Case.facts("chat")
    #expect(try Case.match(snapshot, facts) == nil)
    #expect(try Case.match(snapshot, facts, "x-KIND: a\r\n") == 0)
    #expect(try Case.match(snapshot, facts, "x-kind: b\r\nx-kind: a\r\n") == nil, "the first one counts")
    #expect(try Case.match(snapshot, Case.facts("chat", [.init("project", "p7")])) == 1)
    #expect(try Case.match(snapshot, facts, "x-task-type: summarization\r\n") == 2, "another spelling")
    #expect(try Case.match(snapshot, Case.facts("chat", [.init("task_type", "summarisation")])) == 2)
    let said: [RequestFacts.Metadatum] = [.init("user_tier", "gold"), .init("task_value", "high")]
    #expect(try Case.match(snapshot, Case.facts("chat", said)) == nil)
    #expect(
      try Case.match(snapshot, Case.facts("chat", said), "x-task-value: low\r\n") == 3, "headers go first")
    let silver = Principal(tenant: "acme", key: "k", team: nil, tier: "silver", models: nil)
    #expect(
      try Case.match(snapshot, Case.facts("chat", said), "x-task-value: low\r\n", silver) == nil,
      "nobody raises the tier of its key")
    #expect(try Case.match(snapshot, facts, "", Case.principal(team: "search")) == 4)
    #expect(try Case.match(snapshot, Case.facts("talk")) == 5)
  }

  @Test func aClassifierScoresOnlyWhereRulesAskForComplexity() throws {
    func table(_ condition: String, _ method: String) throws -> RuleTable {
      let rules =
        "routing:\n  complexity: { method: \(method) }\n  rules: [ { condition: \(condition), model: big } ]\n"
      let snapshot = Snapshot(try settings(RulesUnderTest.base + rules), epoch: 1, former: nil)
      let peek = Peek()
      peek.ask(for: snapshot)
      let table = try #require(snapshot.rules)
      #expect(peek.complexityModel == table.complexityModel && (peek.readsPrompt != nil) == table.asksPrompt)
      return table
    }
    #expect(try table("{ complexity: high }", "learned").complexityModel == .shipped)
    #expect(try table("{ not: { complexity: \">= 0.5\" } }", "learned").complexityModel == .shipped)
    #expect(try table("{ complexity: high }", "heuristic").complexityModel == nil)
    #expect(try table("{ code: true }", "learned").complexityModel == nil)
  }

  @Test func rejectionsAreAskedForOnlyWhereSomeRuleDoes() throws {
    let rules = "    - { condition: { any: [ { rejected: true }, { team: a } ] }, model: big }\n"
    #expect(try Case.snapshot(rules).rules?.asksRejection == true)
    #expect(try Case.snapshot("    - { condition: { team: a }, model: big }\n").rules?.asksRejection == false)
  }

  @Test func theRoomIsMadeAnewForOtherRules() throws {
    var room = RuleRoom()
    for (epoch, name) in [(1, "team"), (2, "tenant"), (3, "team")] {
      let snapshot = try Case.snapshot("    - { condition: { \(name): acme }, model: big }\n")
      let input = RuleInput(
        request: Case.facts("chat"), head: try Case.head(), principal: Case.principal(team: "other"),
        classes: [],
        inputTokens: nil, load: nil, now: 0)
      let table = try #require(snapshot.rules)
      #expect(room.first(of: table, epoch: epoch, input) == (name == "tenant" ? 0 : nil))
    }
  }

  @Test func deploymentsAreNarrowedByWhatTheySayOfThemselves() throws {
    let snapshot = try Case.snapshot(
      """
          - { condition: { team: a }, deployments: { regions: eu } }
          - { condition: { team: b }, model: chat, deployments: { max_price: { input: 50, output: 2 } } }
          - { condition: { team: c }, model: big }
      """)
    let rules = try #require(snapshot.rules).rules
    #expect(rules[0].permitted == DeploymentSet(count: 3) { $0 == 0 })
    #expect(rules[1].permitted == rules[0].permitted)
    #expect(rules[2].permitted == nil && rules[2].model == 1)
  }
}
