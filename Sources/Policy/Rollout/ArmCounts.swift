/// How many requests (or answers with a grade, or whatever a metric is about) there were, and how many of them were events: errors,
/// slow ones, dear ones.
///
/// Counts come from other processes: there are never fewer than none, nor more events than exposures.
package struct EventCount: Equatable, Sendable {
  package let exposures: Int64
  package let events: Int64

  package init(_ exposures: Int64 = 0, events: Int64 = 0) {
    self.exposures = max(0, exposures)
    self.events = min(max(0, events), self.exposures)
  }
}

/// What both arms saw of one metric in one tick.
package struct ArmCounts: Equatable, Sendable {
  package var canary: EventCount
  package var baseline: EventCount

  package init(canary: EventCount = .init(), baseline: EventCount = .init()) {
    (self.canary, self.baseline) = (canary, baseline)
  }
}
