import Policy
import Telemetry

/// Handles of metrics, looked up by position once and kept until the configuration changes.
struct SeriesCache {
  private let registry: MetricsRegistry
  private var exchanges: [Key: ExchangeSeries] = [:]
  private var lastExchange: (key: Key, series: ExchangeSeries)?
  private var attempts = ReasonTable<AttemptPlan.Step.Reason>()
  private var results = ReasonTable<Classification.Reason>()
  private var invalid: [String: SeriesID] = [:]
  private var fallbacks: [Fallback: SeriesID] = [:]
  /// By the rule's position.
  private var rules: [Int: SeriesID] = [:]
  let clientDisconnects: SeriesID

  private struct Key: Hashable {
    var model: Int
    var deployment: Int
    var surface: Surface?
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
    lastExchange = nil
    attempts = ReasonTable()
    results = ReasonTable()
    fallbacks.removeAll()
    rules.removeAll()
  }

  /// The series of a model (nil where no configured one was asked for) and the deployment that answered (nil where none did).
  mutating func exchange(model: Int?, deployment: Int?, surface: Surface?, in snapshot: Snapshot)
    -> ExchangeSeries
  {
    let key = Key(model: model ?? -1, deployment: deployment ?? -1, surface: surface)
    if let lastExchange, lastExchange.key == key { return lastExchange.series }
    if let series = exchanges[key] {
      lastExchange = (key, series)
      return series
    }
    let series = ExchangeSeries(
      registry: registry, model: model.map { snapshot.models[$0].name } ?? MetricsRegistry.overflow,
      provider: deployment.map { snapshot.deployments[$0].provider } ?? "none",
      operation: surface?.operation ?? "other")
    exchanges[key] = series
    return series
  }

  mutating func attempt(_ deployment: Int, _ reason: AttemptPlan.Step.Reason, in snapshot: Snapshot)
    -> SeriesID
  {
    attempts.series(deployment, reason) { [registry] in
      registry.series(Catalogue.attempts, snapshot.deployments[deployment].name, reason.rawValue)
    }
  }

  mutating func result(_ deployment: Int, _ reason: Classification.Reason, in snapshot: Snapshot) -> SeriesID
  {
    results.series(deployment, reason) { [registry] in
      registry.series(Catalogue.attemptResults, snapshot.deployments[deployment].name, reason.rawValue)
    }
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

  mutating func rule(_ position: Int, in table: RuleTable) -> SeriesID {
    if let series = rules[position] { return series }
    let series = registry.series(Catalogue.ruleMatches, table.rules[position].label)
    rules[position] = series
    return series
  }

  func shed(_ reason: Shedding.Reason) -> SeriesID { registry.series(Catalogue.shed, reason.rawValue) }

  func hedge(_ model: Int, _ outcome: String, in snapshot: Snapshot) -> SeriesID {
    registry.series(Catalogue.hedges, snapshot.models[model].name, outcome)
  }

  /// The series of a refusal; `code` is an `ExchangeError`'s, so of a closed vocabulary.
  mutating func invalid(_ code: String) -> SeriesID {
    if let series = invalid[code] { return series }
    let series = registry.series(Catalogue.invalidRequests, code)
    invalid[code] = series
    return series
  }
}

/// Series by deployment and reason: a few reasons occur, so a look along the row beats a hash.
private struct ReasonTable<Reason: Equatable> {
  private var rows: [[(reason: Reason, series: SeriesID)]] = []

  mutating func series(_ deployment: Int, _ reason: Reason, make: () -> SeriesID) -> SeriesID {
    while rows.count <= deployment { rows.append([]) }
    for entry in rows[deployment] where entry.reason == reason { return entry.series }
    let series = make()
    rows[deployment].append((reason, series))
    return series
  }
}

extension Surface {
  /// OpenTelemetry's `gen_ai.operation.name`.
  var operation: String {
    switch self {
    case .chatCompletions, .responses, .messages, .ollamaChat: "chat"
    case .completions, .ollamaGenerate: "text_completion"
    case .embeddings, .ollamaEmbed: "embeddings"
    case .countTokens: "count_tokens"
    }
  }
}
