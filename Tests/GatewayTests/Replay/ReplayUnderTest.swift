import Settings
import Testing

@testable import Gateway

/// Traffic, and what it is played by.
enum ReplayUnderTest {
  static func settings(
    _ more: String = "", small: String = "", chat: String = ""
  ) throws -> Settings {
    try GatewayTests.settings(
      """
      server: { host: 127.0.0.1 }
      providers:
        lab: { dialect: openai, base_url: "http://a:1/v1" }
      deployments:
        small: { provider: lab, model: s, price: { input: 1, output: 2 }\(small) }
        large: { provider: lab, model: l, price: { input: 100, output: 200 } }
        own: { provider: lab, model: o }
      models:
        chat: { deployments: [small]\(chat) }
        big: { deployments: [large] }
        both: { deployments: [small, large] }
        own: { deployments: [own] }
      \(more)
      """)
  }

  /// Two tenants' keys, and what limits the first.
  static func tenants(_ limits: String) -> String {
    let digests = ["ab", "cd"].map { String(repeating: $0, count: 32) }
    let limits = limits.isEmpty ? "" : "limits: [ \(limits) ], "
    return """
      tenants:
        acme: { \(limits)keys: [ { id: ci, sha256: \(digests[0]) } ] }
        other: { keys: [ { id: free, sha256: \(digests[1]) } ] }
      """
  }

  static let rules = """
    routing:
      rules:
        - { name: huge, condition: { input_tokens: ">= 4000" }, model: big }
        - { name: day, condition: { time: "08:00-18:00", task_type: code }, model: big }
    """

  static func report(
    _ lines: [String], by settings: Settings, against: Settings? = nil, inChunksOf size: Int = .max,
    paces: [String: ReplayPace] = [:], key: String? = nil
  ) async -> ReplayReport {
    let router = LineRouter(settings, against: against, key: key, tenant: nil)
    var replay = Replay(router, paces: paces)
    var rest = lines[...]
    while !rest.isEmpty {
      let chunk = rest.prefix(size).map { Array("\($0)\n".utf8) }
      for routed in await router.route([Array(chunk.joined())]) { replay.take(routed) }
      rest = rest.dropFirst(chunk.count)
    }
    return replay.report
  }
}
