import Policy
import Settings
import Testing

@testable import Gateway

/// Two deployments, in two regions and at two prices, and a third without either.
enum RulesUnderTest {
  static let base = """
    server: { host: 127.0.0.1 }
    providers:
      lab: { dialect: openai, base_url: "http://a:1/v1" }
    deployments:
      small: { provider: lab, model: s, regions: [eu], data: [phi], price: { input: 1, output: 2 } }
      large: { provider: lab, model: l, regions: [us], price: { input: 100, output: 200 } }
      own: { provider: lab, model: o }
    models:
      chat: { deployments: [small, large], fallbacks: [spare], aliases: [talk] }
      big: { deployments: [large] }
      spare: { deployments: [own] }
    cache: { ttl: 60s }

    """

  static func settings(_ rules: String) throws -> Settings {
    try GatewayTests.settings(base + "routing:\n  rules:\n" + rules)
  }

  static func snapshot(_ rules: String, _ rollouts: Rollouts = .none) throws -> Snapshot {
    Snapshot(try settings(rules), epoch: 1, former: nil, rollouts: rollouts)
  }

  static func principal(_ models: Set<Int>? = nil, team: String? = nil) -> Principal {
    Principal(tenant: "acme", key: "k", team: team, tier: nil, models: models)
  }

  static func head(_ fields: String = "") throws -> RequestHead {
    let head = GatewayTests.head("POST /v1/chat/completions HTTP/1.1\r\nhost: a\r\n\(fields)\r\n")
    return try #require(head, "\(fields)")
  }

  static func facts(_ model: String?, _ metadata: [RequestFacts.Metadatum] = []) -> RequestFacts {
    var facts = RequestFacts(surface: .chatCompletions)
    (facts.model, facts.messages, facts.textBytes, facts.metadata) = (model, 1, 400, metadata)
    return facts
  }

  /// The position of the rule that matches.
  static func match(
    _ snapshot: Snapshot, _ facts: RequestFacts, _ fields: String = "", _ principal: Principal = principal()
  ) throws -> Int? {
    let table = try #require(snapshot.rules)
    var room = RuleRoom()
    let input = RuleInput(
      request: facts, head: try head(fields), principal: principal, classes: [],
      inputTokens: nil, load: nil, now: 0)
    return room.first(of: table, epoch: snapshot.epoch, input)
  }

  static func ruling(
    _ snapshot: Snapshot, rule: Int?, _ facts: RequestFacts, _ fields: String = "",
    _ principal: Principal = principal(), within permitted: DeploymentSet? = nil
  ) throws -> Ruling {
    try snapshot.ruling(rule, facts, try head(fields), principal, within: permitted, [:], at: 0)
  }
}
