/// What exchanges and those who judged them said of one session since it was told last.
package struct SessionTally: Equatable, Sendable {
  package struct Told: Equatable, Sendable {
    package var kind: ExperimentMetric.Kind
    /// How often, and the sum.
    package var count: Int64 = 0
    package var sum: Int64 = 0
  }

  /// The arm's position.
  package let arm: Int
  /// By the metric's key.
  package private(set) var told: [String: Told] = [:]

  package init(arm: Int) { self.arm = arm }

  /// `value` is in the metric's unit; less than nothing is nothing.
  package mutating func add(_ value: Int64, of metric: ExperimentMetric) {
    var told = told[metric.key] ?? Told(kind: metric.kind)
    told.count = min(told.count + 1, Self.most)
    told.sum = min(told.sum + min(max(0, value), ExperimentMetric.Kind.most), Self.most)
    self.told[metric.key] = told
  }

  /// What was told later. A session has one arm.
  package static func += (one: inout SessionTally, other: SessionTally) {
    for (name, told) in other.told where one.arm == other.arm {
      var sum = one.told[name] ?? Told(kind: told.kind)
      sum.count = min(sum.count + told.count, most)
      sum.sum = min(sum.sum + told.sum, most)
      one.told[name] = sum
    }
  }

  private static let most: Int64 = 1_000_000_000_000
}

/// Adds what a replica has seen of some sessions of an experiment, once.
package struct ExperimentNote: Equatable, Sendable {
  package struct Session: Equatable, Sendable {
    package var unit: UInt64
    package var tally: SessionTally

    package init(unit: UInt64, tally: SessionTally) { (self.unit, self.tally) = (unit, tally) }
  }

  package let replica: String
  /// Rises with each call about this subject; the same again is not added.
  package let sequence: Int64
  package let subject: ExperimentSubject
  package let sessions: [Session]

  /// So many keep the script below a tenth of a millisecond.
  package static let mostSessions = 10
  /// Milliseconds: a session that is silent for a day has ended, and what comes behind that is another one.
  package static let sessionLifetime: Int64 = 86_400_000
  /// What was added up is kept so long beyond the last call, and which calls were.
  package static let sumsLifetime: Int64 = 90 * 86_400_000
  package static let toldLifetime: Int64 = 900_000
  /// Sessions that an experiment counts: what more could show is smaller than anybody looks for.
  package static let mostCounted: Int64 = 1_000_000

  package init(
    replica: String, sequence: Int64, _ subject: ExperimentSubject, _ sessions: [Session]
  ) {
    precondition(ControlRule.isID(replica), "'\(replica)' is no name of a replica")
    precondition(ControlRule.isNumber(sequence), "call \(sequence)")
    precondition((1...Self.mostSessions).contains(sessions.count), "\(sessions.count) sessions")
    (self.replica, self.sequence, self.subject, self.sessions) = (replica, sequence, subject, sessions)
  }

  package enum Reply: Int64, Equatable, Sendable {
    case added = 1
    /// By the same call before.
    case repeated = 2
  }
}

extension SessionTally {
  /// In the order in which they are told.
  package var words: [(name: String, told: Told)] {
    told.sorted { $0.key < $1.key }.map { (name: $0.key, told: $0.value) }
  }
}
