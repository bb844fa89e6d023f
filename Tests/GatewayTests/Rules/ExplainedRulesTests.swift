import Policy
import Settings
import Testing

@testable import Gateway

/// What `explain` says of rules, by a configuration alone.
struct ExplainedRulesTests {
  private static let rules = """
      - { name: huge, condition: { input_tokens: ">= 4000" }, model: big }
      - { name: eu, condition: { header.x-kind: a }, deployments: { regions: eu }, fallbacks: [] }
      - { name: all, condition: {}, parameters: { temperature: 0 } }

    """

  private func explain(
    _ body: String = #"{"model":"chat","messages":[{"role":"user","content":"hi"}]}"#,
    _ headers: [(name: String, value: String)] = []
  ) throws -> Explanation {
    try Explanation(
      ExplainAsk(who: .anybody, headers: headers, body: Array(body.utf8)),
      by: RulesUnderTest.settings(Self.rules))
  }

  @Test func eachRuleSaysWhyItMatchesOrNot() throws {
    let plain = try explain()
    #expect(plain.rules.map(\.label) == ["huge", "eu", "all"])
    #expect(plain.rules.map(\.standing) == [.no, .no, .matches])
    #expect(plain.rules[0].why.hasPrefix("wants input_tokens: >= 4000, and it is "))
    #expect(plain.rules[1].why == "wants header.x-kind: a, and it is not known")
    #expect(plain.leftOut.isEmpty)
    let eu = try explain(#"{"model":"chat","messages":[{"role":"user","content":"hi"}]}"#, [("x-kind", "a")])
    #expect(eu.rules.map(\.standing) == [.no, .matches, .later])
    #expect(eu.facts.contains { $0.name == "header.x-kind" && $0.value == "a" })
    #expect(eu.leftOut.map(\.deployment) == ["large", "own"])
    #expect(eu.leftOut.map(\.why) == ["by eu, it runs in region 'us'", "by eu, it says no region"])
    let candidates = eu.stages.flatMap(\.candidates)
    #expect(candidates.map(\.standing) == [.wins, .out])
    #expect(candidates.last?.why == "by eu, it runs in region 'us'")
    #expect(eu.stages.map(\.model) == ["chat"], "no fallbacks")
    for text in [eu.text, eu.json.text] { #expect(text.contains("by eu, it runs in region 'us'")) }
    #expect(eu.text.contains("rule eu"))
  }

  @Test func itIsSaidWhatScoredThePrompt() throws {
    func facts(_ method: String) throws -> [String: String] {
      let rules =
        "routing:\n  complexity: { method: \(method) }\n  rules: [ { condition: { complexity: high }, model: big } ]\n"
      let text = #"{"model":"chat","messages":[{"role":"user","content":"Why is it so? Prove it."}]}"#
      let explanation = try Explanation(
        ExplainAsk(who: .anybody, headers: [], body: Array(text.utf8)),
        by: GatewayTests.settings(RulesUnderTest.base + rules))
      return Dictionary(explanation.facts.map { ($0.name, $0.value) }) { first, _ in first }
    }
    let plain = try facts("heuristic")
    #expect(plain["complexity.method"] == "heuristic" && plain["signal.reasoning"] != nil)
    let learned = try facts("learned")
    #expect(
      learned["complexity.method"]?.hasPrefix("learned, the model that comes with the router; it was right")
        == true)
    #expect(learned["signal.reasoning"] == nil, "signals are no part of this score")
    #expect(learned["complexity"] != plain["complexity"])
  }

  @Test func whatIsRefusedIsExplainedToo() throws {
    let refused = try explain(
      #"{"model":"big","messages":[{"role":"user","content":"hi"}]}"#, [("x-kind", "a")])
    guard case .refused(let error) = refused.verdict else {
      Issue.record("it is not refused")
      return
    }
    #expect(error.status == 403 && error.code == "no_permitted_deployment")
    #expect(refused.rules.map(\.standing) == [.no, .matches, .later])
    #expect(refused.leftOut.count == 2)
    #expect(refused.stages.flatMap(\.candidates).map(\.why) == ["by eu, it runs in region 'us'"])
    let dear = try explain(
      #"{"model":"big","messages":[{"role":"user","content":"hi"}]}"#, [("x-max-cost-usd", "0.0001")])
    #expect(dear.leftOut.map(\.deployment) == ["small", "large", "own"])
    #expect(dear.text.contains("max_cost_exceeded"))
  }
}
