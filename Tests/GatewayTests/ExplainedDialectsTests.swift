import Policy
import Settings
import Testing

@testable import Gateway

/// What `explain` says of requests that are translated, and of those that can't be.
struct ExplainedDialectsTests {
  private static let yaml = """
    server: { host: 127.0.0.1 }
    providers:
      claude: { dialect: anthropic, base_url: "http://127.0.0.1:1" }
      gpt: { dialect: openai, base_url: "http://127.0.0.1:2/v1" }
    deployments:
      sonnet: { provider: claude, model: claude-sonnet-4-5 }
      mini: { provider: gpt, model: mini }
    models:
      chat: { deployments: [sonnet], fallbacks: [other] }
      other: { deployments: [mini] }
    """

  private func explain(
    _ members: String = "", path: String = "/v1/chat/completions", content: String? = nil
  ) throws -> Explanation {
    let content = content ?? #""messages":[{"role":"user","content":"hi"}]"#
    let body = #"{"model":"chat",\#(content)\#(members)}"#
    return try Explanation(
      ExplainAsk(who: .anybody, path: path, body: Array(body.utf8)), by: settings(Self.yaml))
  }

  private func deployment(_ explanation: Explanation) -> String? {
    guard case .sent(_, let deployment, _, _) = explanation.verdict else { return nil }
    return deployment
  }

  @Test func whatIsLostOnTheWayIsToldWithItsRule() throws {
    let told = try explain(#","seed":7,"max_tokens":5"#)
    #expect(deployment(told) == "sonnet")
    let notes = told.notes.filter { $0.hasPrefix("On the way to sonnet, which speaks anthropic: ") }
    #expect(notes.count == 1)
    #expect(notes.first?.contains("seed is not sent") == true)
    let own = try explain(#","seed":7"#, path: "/v1/messages")
    #expect(own.notes.allSatisfy { !$0.contains("On the way") }, "bytes pass")
  }

  @Test func whereOneHasNoWordsTheNextIsAsked() throws {
    let told = try explain(#","n":2"#)
    #expect(deployment(told) == "mini")
    let out = told.stages.first?.candidates.first
    #expect(out?.standing == .out && out?.why.hasPrefix("can't be carried: The field 'n'") == true)
  }

  @Test func deploymentsThatCantBeSentSuchRequestsAreLeftOut() throws {
    let told = try explain(path: "/v1/embeddings", content: #""input":"x""#)
    #expect(deployment(told) == "mini")
    #expect(told.leftOut.map(\.deployment) == ["sonnet"])
    #expect(told.leftOut.first?.why.hasPrefix("can't be carried: its provider speaks anthropic") == true)
    let counted = try explain(path: "/v1/messages/count_tokens")
    #expect(deployment(counted) == "sonnet", "it counts them itself")
  }

  @Test func whatNobodyOfTheModelTakesIsRefusedInItsOwnWords() throws {
    let alone = Self.yaml.replacing(", fallbacks: [other]", with: "")
    let body = #"{"model":"chat","input":"x"}"#
    let told = try Explanation(
      ExplainAsk(who: .anybody, path: "/v1/embeddings", body: Array(body.utf8)), by: settings(alone))
    guard case .refused(let error) = told.verdict else {
      Issue.record("it is not refused")
      return
    }
    #expect(error.status == 400 && error.code == "not_supported_by_provider")
  }

  @Test func tokensThatNobodyCountsAreCountedHere() throws {
    let body = #"{"model":"other","messages":[{"role":"user","content":"hi"}]}"#
    let told = try Explanation(
      ExplainAsk(who: .anybody, path: "/v1/messages/count_tokens", body: Array(body.utf8)),
      by: settings(Self.yaml))
    guard case .unknown(let why) = told.verdict else {
      Issue.record("it is sent to somebody")
      return
    }
    #expect(why.contains("counts its tokens itself"))
  }
}
