import Coordination
import Policy
import Settings
import Testing

@testable import Gateway

/// Snapshots of models about whose versions something was decided.
enum VersionsUnderTest {
  static let yaml = """
    server: { host: 127.0.0.1 }
    providers:
      lab: { dialect: openai, endpoints: [ "http://a:1/v1", "http://b:1/v1" ] }
    deployments:
      small: { provider: lab, model: small-at-lab }
      large: { provider: lab, model: large-at-lab }
    models:
      chat: { deployments: [small], fallbacks: [big], retry: { attempts: 2 } }
      big: { deployments: [large], fallbacks: [chat] }
      other: { deployments: [small] }
    cache: { ttl: 60s }
    """

  static func bundle(
    _ version: Int, deployment: String = "large", model: String = "chat", temperature: String? = nil
  ) throws -> Bundle {
    let parameters = try temperature.map { ["temperature": try JSONLiteral(text: $0)] } ?? [:]
    return try Bundle(
      model: model, version: version, deployment: deployment, providerModel: "x", parameters: parameters)
  }

  /// A line about `chat`, with the bundles of these versions.
  static func rollouts(
    _ line: String, _ bundles: [Bundle], gate: CandidateGate = CandidateGate(), isFresh: Bool = true
  ) throws -> Rollouts {
    var rollouts = Rollouts(position: .init(epoch: 1, version: 1))
    let state = try #require(RolloutState(text: line))
    let known = Dictionary(bundles.map { ($0.version, $0) }) { first, _ in first }
    rollouts.models["chat"] = Rollouts.Model(state, bundles: known, gate: gate)
    if isFresh { rollouts.lease.extend(to: .max) }
    return rollouts
  }

  static func snapshot(_ rollouts: Rollouts, after former: Snapshot? = nil) throws -> Snapshot {
    Snapshot(
      try settings(yaml), epoch: (former?.epoch ?? 0) + 1, former: former, isNews: former == nil,
      rollouts: rollouts)
  }
}
