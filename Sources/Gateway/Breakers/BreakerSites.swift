import Coordination
import Policy
import Settings

/// The breakers of one configuration: of each deployment's pool, in the pool's order.
struct BreakerSites: Sendable {
  let trouble: Trouble
  /// By the deployment's position, and the place in its pool.
  let pools: [[BreakerSite]]
  /// By the endpoint's position.
  let bars: [CredentialBar]
  /// In percent of a pool's weight.
  let panic: Int64

  /// Sites of `former` are kept where they are the same; an endpoint that is new in a pool which was in use starts slowly.
  ///
  /// `bars` are those that are kept, by endpoint: a refused credential is tried again once a configuration is applied.
  init(
    _ settings: Settings, _ table: RoutingTable, _ endpoints: [Endpoint], former: BreakerSites?,
    bars: [ObjectIdentifier: CredentialBar]
  ) {
    let trouble = former?.trouble ?? Trouble()
    let rules = BreakerSettings(settings)
    let slowness = BreakerSite.Slowness(settings.breaker.slowAfter)
    let known = Dictionary(
      (former?.pools ?? []).flatMap { $0 }.map { ($0.identity, $0) }, uniquingKeysWith: { first, _ in first })
    let former = Set((former?.pools ?? []).flatMap { $0 }.map(\.deployment))
    let now = StateClock.monotonicMilliseconds()
    pools = table.deployments.map { deployment in
      deployment.endpoints.map { item in
        let endpoint = endpoints[item.position]
        let before = known[.init(endpoint: ObjectIdentifier(endpoint), deployment: deployment.name)]
        if let before, before.settings == rules, before.slowness == slowness { return before }
        return BreakerSite(
          endpoint, deployment.name, prefix: settings.state.keyPrefix, rules, slowness, trouble,
          joined: before == nil && former.contains(deployment.name) ? now : nil, former: before, now: now)
      }
    }
    self.bars = endpoints.map { bars[ObjectIdentifier($0)] ?? CredentialBar(trouble) }
    panic = rules.panic
    self.trouble = trouble
  }

  var all: [BreakerSite] { pools.flatMap { $0 } }

  /// The place of an endpoint in a pool.
  static func place(of endpoint: Int, in pool: [RoutingTable.Weighted]) -> Int? {
    // A provider's endpoints follow each other.
    if let first = pool.first {
      let guess = endpoint - first.position
      if pool.indices.contains(guess), pool[guess].position == endpoint { return guess }
    }
    return pool.firstIndex { $0.position == endpoint }
  }
}

extension BreakerSettings {
  /// A probe that nothing was heard of is lost after the time for a first byte, and 5 s: a minute at the most.
  init(_ settings: Settings) {
    let breaker = settings.breaker
    let times = settings.server.firstByteTimeout
    let firstByte = Swift.max(times.stream, times.plain).wholeMilliseconds
    self.init(
      window: breaker.window.wholeMilliseconds, minRequests: Int64(breaker.minRequests),
      failureRate: Int64(breaker.failureRate), slowRate: Int64(breaker.slowRate),
      base: breaker.base.wholeMilliseconds, max: breaker.max.wholeMilliseconds, probes: Int64(breaker.probes),
      probeTime: Swift.min(60_000, firstByte + 5_000), panic: Int64(breaker.panic))
  }
}

extension BreakerSite.Slowness {
  fileprivate init(_ after: Settings.SlowAfter?) {
    self.init(stream: after?.stream?.nanoseconds, plain: after?.plain?.nanoseconds)
  }
}

extension Duration {
  fileprivate var wholeMilliseconds: Int64 { nanoseconds / 1_000_000 }
}
