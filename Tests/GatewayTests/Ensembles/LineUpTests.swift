import Dialects
import Policy
import Settings
import Testing

@testable import Gateway

/// Who is asked for an answer of several.
struct LineUpTests {
  private typealias Case = RulesUnderTest

  private static let routing = """
    routing:
      ensembles:
        cheap: { cascade: [chat, big], verify: { judge: spare, confidence: 50% } }
        panel: { vote: [chat, big, spare], quorum: 3, deadline: 2s }
        best: { best_of: [chat, big], judge: spare }
      rules:
        - { condition: { header.x-ask: cheap }, ensemble: cheap, parameters: { temperature: 0 } }
        - { condition: { header.x-ask: panel }, ensemble: panel }
        - { condition: { header.x-ask: best }, ensemble: best }

    """
  private static let (cheap, panel, best) = (0, 1, 2)

  private func loaded() throws -> Settings { try settings(Case.base + Self.routing) }

  private func lineUp(
    _ rule: Int, _ members: String = "", fields: String = "", by principal: Principal = Case.principal(),
    within permitted: DeploymentSet? = nil, surface: Surface = .chatCompletions, isSaving: Bool = false
  ) throws -> Result<LineUp, LineUp.Obstacle> {
    let snapshot = Snapshot(try loaded(), epoch: 1, former: nil)
    let text = #"{"model":"chat","max_tokens":10,"messages":[{"role":"user","content":"hi"}]\#(members)}"#
    let (peek, body) = (Peek(), PaddedBytes(text.utf8))
    var request = try peek.request(body, surface: .chatCompletions)
    let copy = peek.copyFacts(of: request, body)
    request.facts.surface = surface
    let ruling = try Case.ruling(snapshot, rule: rule, request.facts, fields, principal, within: permitted)
    let ensemble = try #require(snapshot.rules?.rules[rule].ensemble)
    let (head, facts) = (try Case.head(fields), request.facts)
    return Result { () throws(LineUp.Obstacle) in
      try snapshot.lineUp(
        of: ensemble, for: ruling, facts, copy, head, principal, [:], isSaving: isSaving, at: 0)
    }
  }

  private func obstacle(_ result: Result<LineUp, LineUp.Obstacle>) -> LineUp.Obstacle? {
    if case .failure(let obstacle) = result { obstacle } else { nil }
  }

  @Test func allOfThemAreAsked() throws {
    let cheap = try lineUp(Self.cheap).get()
    #expect(cheap.models == [0, 1] && cheap.judge == 2 && cheap.permitted == nil && cheap.format == nil)
    let panel = try lineUp(Self.panel).get()
    #expect(panel.models == [0, 1, 2] && panel.quorum == 3 && panel.judge == nil)
    #expect(panel.ensemble.deadline == 2_000_000_000)
    #expect(try lineUp(Self.best).get().quorum == 2)
    let json = try lineUp(Self.cheap, #","response_format":{"type":"json_object"}"#).get()
    #expect(json.format != nil)
  }

  @Test(
    arguments: [
      (#","n":2"#, "", .choices), (#","store":true"#, "", .stateful),
      (#","tools":[{"type":"function","function":{"name":"f"}}]"#, "", .tools),
      ("", "x-switchyard-version: 1\r\n", .pinned),
    ] as [(String, String, LineUp.Obstacle)])
  func someRequestsAreForOneModel(members: String, fields: String, why: LineUp.Obstacle) throws {
    #expect(obstacle(try lineUp(Self.panel, members, fields: fields)) == why)
    // A cascade asks one after another, of which one does what it does.
    #expect(obstacle(try lineUp(Self.cheap, members, fields: fields)) == (why == .tools ? nil : why))
  }

  @Test func aBudgetThatIsNearlySpentPaysForOneModel() throws {
    #expect(obstacle(try lineUp(Self.cheap, isSaving: true)) == .steered)
    #expect(obstacle(try lineUp(Self.cheap)) == nil)
  }

  @Test func onlyChatsAreComparable() throws {
    for surface in [Surface.completions, .responses, .embeddings, .ollamaGenerate, .countTokens] {
      #expect(obstacle(try lineUp(Self.panel, surface: surface)) == .surface)
    }
    for surface in [Surface.messages, .ollamaChat] {
      #expect(obstacle(try lineUp(Self.panel, surface: surface)) == nil)
    }
  }

  @Test func whoMayNotServeIsNotAsked() throws {
    let two = try lineUp(Self.panel, by: Case.principal([0, 1])).get()
    #expect(two.models == [0, 1] && two.quorum == 2, "a quorum is one of those that are asked")
    #expect(obstacle(try lineUp(Self.panel, by: Case.principal([0]))) == .models)
    let (small, priced) = (DeploymentSet(count: 3) { $0 == 0 }, DeploymentSet(count: 3) { $0 < 2 })
    #expect(obstacle(try lineUp(Self.cheap, within: small)) == .models)
    let unjudged = try lineUp(Self.cheap, within: priced).get()
    #expect(unjudged.models == [0, 1] && unjudged.judge == nil && unjudged.permitted == priced)
    #expect(obstacle(try lineUp(Self.best, within: priced)) == .judge)
    #expect(try lineUp(Self.panel, within: priced).get().models == [0, 1])
  }

  @Test func allCallsTogetherCostNoMoreThanTheCeiling() throws {
    #expect(try lineUp(Self.panel, fields: "x-max-cost-usd: 0.1\r\n").get().models == [0, 1])
    // One call of the dear model fits, three don't.
    #expect(obstacle(try lineUp(Self.panel, fields: "x-max-cost-usd: 0.004\r\n")) == .models)
  }

  @Test func whoAsksHowSureAModelIsWritesThat() throws {
    let snapshot = Snapshot(try loaded(), epoch: 1, former: nil)
    let rules = try #require(snapshot.rules?.rules)
    #expect(rules[Self.cheap].ensemble?.edits != nil && rules[Self.panel].ensemble?.edits == nil)
    #expect(snapshot.writesMembers)
    #expect(rules.compactMap(\.ensemble).map(\.mostCalls) == [3, 3, 4])
  }

  @Test func theFirstThatMayServeLeads() throws {
    let snapshot = Snapshot(try loaded(), epoch: 1, former: nil)
    #expect(try Case.ruling(snapshot, rule: Self.cheap, Case.facts(nil)).model == 0)
    #expect(
      try Case.ruling(snapshot, rule: Self.cheap, Case.facts("big"), "", Case.principal([1])).model == 1)
    let own = DeploymentSet(count: 3) { $0 == 2 }
    #expect(try Case.ruling(snapshot, rule: Self.panel, Case.facts("chat"), within: own).model == 2)
    #expect(
      try Case.ruling(snapshot, rule: Self.cheap, Case.facts("spare"), "", Case.principal([2])).model == 2,
      "who may use none of them has what it asks for")
  }

  @Test func itIsExplained() throws {
    func explanation(_ ask: String, _ members: String = "") throws -> Explanation {
      let text = #"{"model":"chat","messages":[{"role":"user","content":"hi"}]\#(members)}"#
      return try Explanation(
        ExplainAsk(who: .anybody, headers: [(name: "x-ask", value: ask)], body: Array(text.utf8)),
        by: try loaded())
    }
    let cheap = try explanation("cheap")
    #expect(cheap.ensemble?.words == "cheap: chat, then big, until an answer will do; spare judges")
    #expect(cheap.cache?.words == "several models are asked for its answer")
    #expect(cheap.rules.first?.why.contains("ensemble cheap") == true)
    #expect(cheap.text.contains("until an answer will do") && cheap.json.text.contains(#""not_asked""#))
    let panel = try explanation("panel").ensemble?.words
    #expect(panel == "panel: chat, big, spare vote; it ends with 3 equal answers; for 2s at the longest")
    let plain = try explanation("panel", #","n":2"#)
    #expect(plain.ensemble?.words == "panel: not asked, as the request asks for several answers")
    #expect(plain.cache?.words != "several models are asked for its answer")
    #expect(try explanation("nothing").ensemble == nil)
  }
}
