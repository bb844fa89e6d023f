import Policy
import Telemetry

/// Handles of metrics, looked up by position once and kept until the configuration changes.
struct SeriesCache {
  private let registry: MetricsRegistry
  private var exchanges: [Key: ExchangeSeries] = [:]
  private var attempts: [Pair: SeriesID] = [:]
  private var results: [Pair: SeriesID] = [:]
  private var invalid: [String: SeriesID] = [:]
  private var fallbacks: [Fallback: SeriesID] = [:]
  let clientDisconnects: SeriesID

  private struct Key: Hashable {
    var model: Int
    var deployment: Int
    var surface: Surface?
  }

  private struct Pair: Hashable {
    var deployment: Int
    var reason: Int
  }

  private struct Fallback: Hashable {
    var from: Int
    var to: Int
    var reason: Classification.Reason
  }

  init(registry: MetricsRegistry) {
    self.registry = registry
    clientDisconnects = registry.series(Catalogue.clientDisconnects)
  }

  mutating func removeAll() {
    exchanges.removeAll()
    attempts.removeAll()
    results.removeAll()
    fallbacks.removeAll()
  }

  /// - Parameters:
  ///   - model: position, or nil where no configured model was asked for.
  ///   - deployment: position of the one that answered, or nil.
  mutating func exchange(model: Int?, deployment: Int?, surface: Surface?, in snapshot: Snapshot) -> ExchangeSeries {
    let key = Key(model: model ?? -1, deployment: deployment ?? -1, surface: surface)
    if let series = exchanges[key] { return series }
    let series = ExchangeSeries(
      registry: registry, model: model.map { snapshot.models[$0].name } ?? MetricsRegistry.overflow,
      provider: deployment.map { snapshot.deployments[$0].provider } ?? "none",
      operation: surface?.operation ?? "other")
    exchanges[key] = series
    return series
  }

  mutating func attempt(_ deployment: Int, _ reason: AttemptPlan.Step.Reason, in snapshot: Snapshot) -> SeriesID {
    let key = Pair(deployment: deployment, reason: reason.hashValue)
    if let series = attempts[key] { return series }
    let series = registry.series(Catalogue.attempts, snapshot.deployments[deployment].name, reason.rawValue)
    attempts[key] = series
    return series
  }

  mutating func result(_ deployment: Int, _ reason: Classification.Reason, in snapshot: Snapshot) -> SeriesID {
    let key = Pair(deployment: deployment, reason: reason.hashValue)
    if let series = results[key] { return series }
    let series = registry.series(Catalogue.attemptResults, snapshot.deployments[deployment].name, reason.rawValue)
    results[key] = series
    return series
  }

  mutating func fallback(
    from: Int, to: Int, reason: Classification.Reason, in snapshot: Snapshot
  ) -> SeriesID {
    let key = Fallback(from: from, to: to, reason: reason)
    if let series = fallbacks[key] { return series }
    let series = registry.series(
      Catalogue.fallbacks, snapshot.models[from].name, snapshot.models[to].name, reason.rawValue)
    fallbacks[key] = series
    return series
  }

  /// - Parameter code: an `ExchangeError`'s, so of a closed vocabulary.
  mutating func invalid(_ code: String) -> SeriesID {
    if let series = invalid[code] { return series }
    let series = registry.series(Catalogue.invalidRequests, code)
    invalid[code] = series
    return series
  }
}

extension Surface {
  /// OpenTelemetry's `gen_ai.operation.name`.
  var operation: String {
    switch self {
    case .chatCompletions, .responses: "chat"
    case .completions: "text_completion"
    case .embeddings: "embeddings"
    }
  }
}
