import Policy

/// What is noted of an attempt for whoever asks later. Confined to the worker's loop.
final class AttemptTrace {
  let step: AttemptPlan.Step
  /// Nil until it has ended.
  private(set) var result: Classification.Reason?
  private(set) var status = 0
  /// Nanoseconds.
  private(set) var time: Int64?

  init(_ step: AttemptPlan.Step) { self.step = step }

  func end(_ verdict: Classification, status: Int, after time: Int64) {
    (result, self.status, self.time) = (verdict.reason, status, time)
  }
}
