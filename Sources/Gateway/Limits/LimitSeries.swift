import Coordination
import Policy
import Telemetry

/// Counts what limits decided.
final class LimitSeries {
  private let registry: MetricsRegistry
  private var admitted: [SeriesID] = []
  private var refused: [SeriesID] = []
  private var limits: [String: SeriesID] = [:]
  private var steered: [String: SeriesID] = [:]

  private var models: [String: Model] = [:]

  private struct Model {
    var reserved: SeriesID
    var settled: SeriesID
    var error: HistogramID

    init(_ registry: MetricsRegistry, _ name: String) {
      reserved = registry.series(Catalogue.reservedTokens, name)
      settled = registry.series(Catalogue.settledTokens, name)
      error = registry.histogram(Catalogue.estimateError, name)
    }
  }

  init(registry: MetricsRegistry) {
    self.registry = registry
    for way in Limiter.Way.allCases {
      admitted.append(registry.series(Catalogue.limitDecisions, "admitted", way.rawValue))
      refused.append(registry.series(Catalogue.limitDecisions, "refused", way.rawValue))
    }
  }

  /// How near an estimate came, in tokens.
  func count(estimate: Int64, actual: Int64, model: String, in shard: MetricsShard) {
    let known = models[model] ?? Model(registry, model)
    models[model] = known
    shard.add(estimate, to: known.reserved)
    shard.add(actual, to: known.settled)
    shard.observe(abs(estimate - actual), in: known.error)
  }

  /// A request that a budget sent where it costs less.
  func count(steeredBy limit: Limit, in shard: MetricsShard) {
    let series = steered[limit.path] ?? registry.series(Catalogue.budgetSteered, limit.path)
    steered[limit.path] = series
    shard.increment(series)
  }

  /// `limit` is the one that refused.
  func count(_ way: Limiter.Way, _ limit: Limit?, in shard: MetricsShard) {
    let place = Limiter.Way.allCases.firstIndex(of: way) ?? 0
    guard let limit else { return shard.increment(admitted[place]) }
    shard.increment(refused[place])
    let series = limits[limit.path] ?? registry.series(Catalogue.limitRefusals, limit.path)
    limits[limit.path] = series
    shard.increment(series)
  }
}
