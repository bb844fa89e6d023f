import Coordination
import Policy
import Settings
import Telemetry

/// Keeping what was decided about an exchange, for `switchyard explain --id`.
extension Worker {
  /// Whether it is one of those of which something is kept.
  func noteDecision(of exchange: Exchange, _ terms: Settings.Decisions) {
    if random.below(100_000_000) < terms.sample { exchange.traces = [] }
  }

  func trace(_ attempt: Attempt, _ exchange: Exchange) {
    let trace = AttemptTrace(attempt.step)
    attempt.trace = trace
    exchange.traces?.append(trace)
  }

  /// Hands it over without waiting; where the shared state is away or behind, it is lost, and counted.
  func keepDecision(_ record: borrowing AccessLogRecord, _ exchange: Exchange) {
    guard let terms = exchange.snapshot.settings.telemetry.decisions, exchange.surface != nil,
      let decision = exchange.decision
    else { return }
    decisions.keep(
      decision.text(with: record), of: exchange.id, for: terms.keep.nanoseconds / 1_000_000
    ) { [shard, registry] isKept in
      shard.increment(registry.series(Catalogue.decisions, isKept ? "kept" : "lost"))
    }
  }
}

extension Exchange {
  /// Nil where nothing is kept of it.
  fileprivate var decision: DecisionRecord? {
    guard let traces else { return nil }
    var decision = DecisionRecord()
    decision.attempts = traces.map { trace in
      DecisionRecord.Attempt(
        deployment: snapshot.deployments[trace.step.candidate.deployment].name,
        endpoint: snapshot.endpoints[trace.step.endpoint].id, reason: trace.step.reason.rawValue,
        result: trace.result?.rawValue, status: trace.status, microseconds: trace.time.map { $0 / 1_000 })
    }
    if let prompt = facts?.prompt {
      decision.complexity = Int64((prompt.complexity * 1_000).rounded())
      decision.task = prompt.task?.rawValue
    }
    return decision
  }
}
