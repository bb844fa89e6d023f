import Policy
import Telemetry

/// What one worker counts of the queue.
final class QueueSeries {
  enum Reason: String, CaseIterable { case full, slow, waited, left }

  /// Of one model, by the class's rank.
  private struct Line {
    var waits: [HistogramID]
    var refusals: [[SeriesID]]
  }

  private let registry: MetricsRegistry
  private var lines: [String: Line] = [:]

  init(registry: MetricsRegistry) { self.registry = registry }

  /// How long one has waited that waits no longer. `waited`: nanoseconds.
  func count(_ waited: Int64, _ model: String, _ priority: Priority, in shard: MetricsShard) {
    shard.observe(waited, in: line(model).waits[priority.rank])
  }

  func count(_ reason: Reason, _ model: String, _ priority: Priority, in shard: MetricsShard) {
    let place = Reason.allCases.firstIndex(of: reason) ?? 0
    shard.increment(line(model).refusals[priority.rank][place])
  }

  private func line(_ model: String) -> Line {
    if let line = lines[model] { return line }
    let line = Line(
      waits: Priority.allCases.map { registry.histogram(Catalogue.queueWait, model, $0.rawValue) },
      refusals: Priority.allCases.map { priority in
        Reason.allCases.map {
          registry.series(Catalogue.queueRefusals, model, priority.rawValue, $0.rawValue)
        }
      })
    lines[model] = line
    return line
  }
}
