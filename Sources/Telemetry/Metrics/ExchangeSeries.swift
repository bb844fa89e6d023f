/// What settling one exchange adds to the metrics.
package struct Settlement: Sendable {
  /// The status sent; 0 when the client went away before one was.
  package var status: Int
  package var errorSource = ErrorSource.none
  package var durationNanoseconds: Int64
  package var overheadNanoseconds: Int64
  /// Nil for a failure and where there is no token (embeddings).
  package var firstTokenNanoseconds: Int64?
  package var inputTokens: Int64?
  package var outputTokens: Int64?
  package var costMicrodollars: Int64 = 0

  package init(status: Int, durationNanoseconds: Int64, overheadNanoseconds: Int64) {
    self.status = status
    self.durationNanoseconds = durationNanoseconds
    self.overheadNanoseconds = overheadNanoseconds
  }
}

/// The handles that an exchange with one model at one provider needs, resolved when the configuration is
/// applied.
///
/// One per worker, touched on its loop alone: the many pairs of status class and error source are registered
/// when each is first seen, so that a scrape does not list what never happened.
package final class ExchangeSeries {
  private let registry: MetricsRegistry
  private let model: String
  private let provider: String
  private var requests = [SeriesID?](repeating: nil, count: statusClasses.count * ErrorSource.allCases.count)
  private let duration: HistogramID
  private let overhead: HistogramID
  private let inputTokens: SeriesID
  private let outputTokens: SeriesID
  private let cost: SeriesID
  private let operationDuration: HistogramID
  private let timeToFirstToken: HistogramID
  private let inputUsage: HistogramID
  private let outputUsage: HistogramID

  /// - Parameters:
  ///   - registry: the one that the shard of ``record(_:in:)`` belongs to.
  ///   - model: a configured model, or `other`.
  ///   - provider: the configured provider's name; OpenTelemetry's label gets it too.
  ///   - operation: OpenTelemetry's name: `chat`, `text_completion`, `embeddings`.
  package init(registry: MetricsRegistry, model: String, provider: String, operation: String) {
    self.registry = registry
    self.model = model
    self.provider = provider
    duration = registry.histogram(Catalogue.requestDuration, model)
    overhead = registry.histogram(Catalogue.overhead, model)
    inputTokens = registry.series(Catalogue.tokens, model, "input")
    outputTokens = registry.series(Catalogue.tokens, model, "output")
    cost = registry.series(Catalogue.cost, model)
    operationDuration = registry.histogram(Catalogue.genAIRequestDuration, operation, model, provider)
    timeToFirstToken = registry.histogram(Catalogue.genAITimeToFirstToken, operation, model, provider)
    inputUsage = registry.histogram(Catalogue.genAITokenUsage, operation, model, provider, "input")
    outputUsage = registry.histogram(Catalogue.genAITokenUsage, operation, model, provider, "output")
  }

  /// Adds one exchange to the worker's shard.
  package func record(_ settlement: Settlement, in shard: MetricsShard) {
    shard.increment(requestSeries(settlement.status, settlement.errorSource))
    shard.observe(settlement.durationNanoseconds, in: duration)
    shard.observe(settlement.overheadNanoseconds, in: overhead)
    shard.observe(settlement.durationNanoseconds, in: operationDuration)
    if let time = settlement.firstTokenNanoseconds { shard.observe(time, in: timeToFirstToken) }
    if let tokens = settlement.inputTokens {
      shard.add(tokens, to: inputTokens)
      shard.observe(tokens, in: inputUsage)
    }
    if let tokens = settlement.outputTokens {
      shard.add(tokens, to: outputTokens)
      shard.observe(tokens, in: outputUsage)
    }
    shard.add(settlement.costMicrodollars, to: cost)
  }

  /// Adds what a call took that is part of an exchange, and no exchange of its own. `cost` is in micro-dollars.
  package func recordUse(input: Int64, output: Int64, cost: Int64, in shard: MetricsShard) {
    shard.add(input, to: inputTokens)
    shard.add(output, to: outputTokens)
    shard.add(cost, to: self.cost)
  }

  private func requestSeries(_ status: Int, _ source: ErrorSource) -> SeriesID {
    let statusClass = min(max(status / 100, 0), Self.statusClasses.count - 1)
    let index = statusClass * ErrorSource.allCases.count + source.index
    if let known = requests[index] { return known }
    let label = Self.statusClasses[statusClass]
    let series = registry.series(Catalogue.requests, model, provider, label, source.rawValue)
    requests[index] = series
    return series
  }

  private static let statusClasses = ["none", "1xx", "2xx", "3xx", "4xx", "5xx"]
}

extension ErrorSource {
  /// The place in `allCases`.
  fileprivate var index: Int {
    switch self {
    case .none: 0
    case .client: 1
    case .policy: 2
    case .provider: 3
    case .switchyard: 4
    }
  }
}
