import Policy
import Telemetry

/// What the cache did for an exchange, for metrics and the log.
enum CacheResult: String, CaseIterable {
  case hit, miss, stale, collapsed, bypass
}

/// Counts what the cache does.
final class CacheSeries {
  private let requests: [SeriesID]
  private let stored: SeriesID
  private let failed: SeriesID
  private let refusals: [SeriesID]

  init(registry: MetricsRegistry) {
    requests = CacheResult.allCases.map { registry.series(Catalogue.cacheRequests, $0.rawValue) }
    stored = registry.series(Catalogue.cacheStores, "stored")
    failed = registry.series(Catalogue.cacheStores, "failed")
    refusals = CacheVerdict.Refusal.allCases.map { registry.series(Catalogue.cacheStores, $0.rawValue) }
  }

  func count(_ result: CacheResult, in shard: MetricsShard) {
    shard.increment(requests[CacheResult.allCases.firstIndex(of: result) ?? 0])
  }

  func countStored(_ isStored: Bool, in shard: MetricsShard) { shard.increment(isStored ? stored : failed) }

  func count(_ refusal: CacheVerdict.Refusal, in shard: MetricsShard) {
    shard.increment(refusals[CacheVerdict.Refusal.allCases.firstIndex(of: refusal) ?? 0])
  }
}
