/// What a canary is judged by: each a kind of event that should not come to it more often than to the baseline.
package enum RolloutMetric: String, CaseIterable, Hashable, Sendable {
  /// Of all requests: 5xx, timeouts, broken streams.
  case err
  /// Longer than the baseline's p95 (p99), frozen as the stage began.
  case slow95, slow99
  /// Time to the first token above the baseline's frozen p95.
  case ttft95
  /// Dearer than the baseline's frozen p90.
  case cost90
  /// Of graded answers: a grade below the baseline's frozen p10, or a thumb down.
  case lowq
  /// Of answers that were to be JSON, or of some schema: not so.
  case format
  /// The model would not answer: its filter, or a refusal of its own. Judged by copies alone.
  case refusal
  /// More tokens than the baseline's frozen p95. Judged by copies alone.
  case long95
}
