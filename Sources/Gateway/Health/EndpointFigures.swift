import NIOConcurrencyHelpers
import Telemetry

/// What is known of endpoints beside their breakers.
extension Replica {
  func recordHealth(of snapshot: Snapshot, in shard: MetricsShard) {
    for endpoint in snapshot.endpoints {
      let tally = endpoint.health.tally.withLockedValue { $0 }
      guard tally.isChecked else { continue }
      shard.set(
        registry.series(Catalogue.endpointHealthy, endpoint.id), to: endpoint.health.isHealthy ? 1 : 0)
      shard.set(registry.series(Catalogue.healthChecks, endpoint.id, "passed"), to: tally.passed)
      shard.set(registry.series(Catalogue.healthChecks, endpoint.id, "failed"), to: tally.failed)
    }
  }

  func recordDiscovery(_ discovered: [String: Discovery.Figures], in shard: MetricsShard) {
    for (provider, figures) in discovered {
      shard.set(registry.series(Catalogue.discoveredEndpoints, provider), to: Int64(figures.endpoints))
      shard.set(registry.series(Catalogue.discoveryLookups, provider, "found"), to: Int64(figures.found))
      shard.set(registry.series(Catalogue.discoveryLookups, provider, "failed"), to: Int64(figures.failed))
    }
  }
}
