import Coordination
import Gateway
import Policy
import Settings

/// What it will probably cost to try a version, said before it is started.
struct StartEstimate {
  let model: String
  let version: Int

  /// Where it is only said beside a start, nothing of it keeps that from being tried: nil then. `isAll`: it is all that is asked for.
  func text(_ door: RolloutDoor, _ options: RolloutOptions, isAll: Bool) async throws -> String? {
    do {
      return try await text(door, options)
    } catch is RolloutDesk.Failure where !isAll {
      return nil
    } catch is RolloutAnswer.Failure where !isAll {
      return nil  // a replica of an older release
    }
  }

  private func text(_ door: RolloutDoor, _ options: RolloutOptions) async throws -> String {
    switch door {
    case .redis(let settings):
      let desk = try await RolloutSession.open(settings).desk
      let estimate = try await RolloutEstimate.make(model, version: version, desk, settings)
      guard options.json else { return estimate?.text ?? RolloutEstimate.unknown }
      return (["estimate": estimate?.json ?? .null] as JSON).text
    case .replica(let call, let token):
      let path = "/api/rollouts/\(RolloutAnswer.escaped(model))/estimate?version=\(version)"
      let accept = options.json ? "application/json" : "text/plain"
      let body = try RolloutAnswer(call, token, "GET", path, accept: accept).body
      return String(body.hasSuffix("\n") ? body.dropLast() : body[...])
    }
  }
}
