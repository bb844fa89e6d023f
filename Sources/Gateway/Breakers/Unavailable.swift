import Coordination
import Policy

/// Why no endpoint of any candidate may be called, as clients are told: deployments by name, endpoints by number.
struct Unavailable {
  /// The soonest time at which one may be called again, in milliseconds; nil where there is none.
  private(set) var wait: Int64?
  /// Something other than a refused credential is in the way: that passes without an operator.
  private var mayPass = false
  private var reasons: [String] = []

  /// Milliseconds after which to ask again where probes decide.
  private static let probing: Int64 = 1_000

  init(
    _ stages: [RoutingTable.Stage], within permitted: DeploymentSet?, for caller: UInt64,
    in snapshot: Snapshot
  ) {
    let now = StateClock.monotonicMilliseconds()
    var seen: Set<Int> = []
    let deployments = stages.flatMap { snapshot.table.models[$0.model].deployments.map(\.position) }
    for deployment in deployments where seen.insert(deployment).inserted {
      if permitted?.contains(deployment) == false { continue }
      let (_, views, pauses) = snapshot.standings(ofDeployment: deployment, for: caller, now: now)
      let pool = snapshot.table.deployments[deployment].endpoints
      let words = zip(zip(views, pauses), pool).map { state, item in
        let isHealthy = snapshot.endpoints[item.position].health.isHealthy
        return add(state.0, pause: state.1, isHealthy: isHealthy, snapshot.breakers.bars[item.position], now)
      }
      // One may be found.
      if words.isEmpty { (wait, mayPass) = (min(wait ?? Self.probing, Self.probing), true) }
      reasons.append("\(snapshot.deployments[deployment].name): \(Self.summed(words))")
    }
  }

  var error: ExchangeError {
    var error = ExchangeError(
      status: 503, type: "server_error", code: "no_endpoint_available",
      message: "No endpoint can take the request now. \(reasons.joined(separator: "; ")).", fault: .provider)
    error.retryAfterMilliseconds = wait
    if !mayPass { error.shouldRetry = false }
    return error
  }

  private mutating func add(
    _ view: BreakerView, pause: Int64, isHealthy: Bool, _ bar: CredentialBar, _ now: Int64
  ) -> String {
    mayPass = mayPass || view.standing != .barred
    switch view.standing {
    case .closed where !isHealthy: return soon(Self.probing, "fails its health checks")
    case .barred:
      _ = soon(bar.left(now: now) ?? 0, "")  // one call tries it again then
      return "refuses the router's credential"
    case .cooling(let until): return soon(until - now, "asked to be left alone")
    case .open(let until): return soon(until - now, "open breaker")
    case .half: return soon(max(Self.probing, pause), "breaker being probed")
    case .closed:
      return pause > 0 ? soon(pause, "failed this key's requests alone") : soon(Self.probing, "just tried")
    }
  }

  private mutating func soon(_ left: Int64, _ text: String) -> String {
    let left = max(1, left)
    wait = min(wait ?? left, left)
    return "\(text), for \(LimitHeaders.duration(left))"
  }

  /// `2 endpoints: open breaker, for 4s; open breaker, for 5s`, the same said once.
  private static func summed(_ words: [String]) -> String {
    if words.isEmpty { return "none of its endpoints is known" }
    let distinct = words.reduce(into: [String]()) { if !$0.contains($1) { $0.append($1) } }
    let more = distinct.count > 3 ? " and others" : ""
    let count = words.count == 1 ? "its endpoint" : "\(words.count) endpoints"
    return "\(count): \(distinct.prefix(3).joined(separator: " / "))\(more)"
  }
}
