import Coordination
import Dialects
import Policy
package import Settings

extension Explanation {
  /// By a configuration alone: of what replicas know nothing is known.
  package init(_ ask: ExplainAsk, by settings: Settings) throws(ExplainAsk.Refusal) {
    let snapshot = Snapshot(settings, epoch: 1, former: nil)
    let principal = try snapshot.principal(of: ask)
    guard let principal else { throw .unknownOffline(ask.who.name) }
    let explainer = Explainer(
      snapshot: snapshot, principal: principal.principal, head: try ask.head(), path: ask.path,
      view: { PoolView(snapshot.pools[$0]) }, live: nil)
    let peek = Peek()
    peek.readsPrefix = snapshot.usesPrefixes
    do throws(ExchangeError) {
      let request = try explainer.read(PaddedBytes(ask.body), peek, PaddedBytes())
      self = explainer.explain(request, .init(), stored: nil)
    } catch {
      self = explainer.refusal(error)
    }
  }
}

extension Snapshot {
  /// Whom the configuration takes the asker for, and the key's place in it; nil for a key that it doesn't have.
  func principal(of ask: ExplainAsk) throws(ExplainAsk.Refusal) -> (principal: Principal, position: Int?)? {
    if let anyone = authenticator.anyone {
      guard ask.who == .anybody else { throw .noKeysHere }
      return (anyone, nil)
    }
    switch ask.who {
    case .anybody: throw .nobodyNamed
    case .tenant(let name):
      guard let principal = authenticator.principal(ofTenant: name, self) else { throw .unknownTenant(name) }
      return (principal, nil)
    case .key(let id): return authenticator.configured(id).map { ($0.principal, $0.position) }
    }
  }
}

extension ExplainAsk.Who {
  var name: String {
    switch self {
    case .key(let id): id
    case .tenant(let name): name
    case .anybody: ""
    }
  }
}
