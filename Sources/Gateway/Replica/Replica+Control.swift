package import Coordination
import NIOConcurrencyHelpers
package import NIOCore
package import Policy

/// What a controller that leads in this replica's name needs of it. The Gateway knows of no controller: both meet in the shared state.
extension Replica {
  /// What this start of the replica is called in the shared state.
  package var name: String { state.name }

  /// What it routes by; nil before anything is known.
  package var appliedControl: ControlConfig? { rollouts.standing.config }

  /// A way of its own to the shared state. To be called on `loop`, and closed by whoever asked for it.
  package func openControl(on loop: any EventLoop) -> any SharedState & ControlRegister & SharedBreakers {
    engine.openControl(on: loop)
  }

  /// Where the breakers of a deployment's endpoints are, by the configuration in force and what was found; none for a deployment that
  /// isn't there.
  package func breakers(of deployment: String) -> [BreakerKeys] {
    let sites = snapshot.withLockedValue { $0 }.breakers.pools
    return sites.first { $0.first?.deployment == deployment }?.map(\.keys) ?? []
  }
}
