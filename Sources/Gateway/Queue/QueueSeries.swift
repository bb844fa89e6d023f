import Policy
import Telemetry

/// Counts what comes of waiting.
final class QueueSeries {
  enum Reason: String, CaseIterable { case full, slow, waited }

  private let waits: [HistogramID]
  private let refusals: [[SeriesID]]

  init(registry: MetricsRegistry) {
    waits = Priority.allCases.map { registry.histogram(Catalogue.queueWait, $0.rawValue) }
    refusals = Priority.allCases.map { priority in
      Reason.allCases.map { registry.series(Catalogue.queueRefusals, priority.rawValue, $0.rawValue) }
    }
  }

  /// `waited`: nanoseconds.
  func count(_ waited: Int64, _ priority: Priority, in shard: MetricsShard) {
    shard.observe(waited, in: waits[priority.rank])
  }

  func count(_ reason: Reason, _ priority: Priority, in shard: MetricsShard) {
    shard.increment(refusals[priority.rank][Reason.allCases.firstIndex(of: reason) ?? 0])
  }
}
