/// What a replica saw of an endpoint since its last report.
package struct BreakerReport: Equatable, Sendable {
  /// Names the process, not the replica alone: its numbers begin anew.
  package var reporter: String
  /// Rises with each report; the same again is not counted.
  package var sequence: Int64
  /// The generation in which these calls started.
  package var generation: Int64
  package var counts: BreakerCounts
  /// Opens a closed breaker whatever the counts say: `connect` or `outlier`.
  package var opening: BreakerState.Reason?
  /// Milliseconds that the endpoint asked to be left alone, jitter included; 0: it did not.
  package var cooldown: Int64

  package init(
    reporter: String, sequence: Int64, generation: Int64, counts: BreakerCounts = BreakerCounts(),
    opening: BreakerState.Reason? = nil, cooldown: Int64 = 0
  ) {
    precondition(!reporter.isEmpty && !reporter.utf8.contains(0x20), "'\(reporter)' is no name of a reporter")
    precondition(sequence >= 0 && generation >= 0 && cooldown >= 0, "a report of less than nothing")
    self.reporter = reporter
    self.sequence = sequence
    self.generation = generation
    self.counts = counts
    self.opening = opening
    self.cooldown = cooldown
  }

  package struct Reply: Equatable, Sendable {
    package enum Outcome: Int64, Sendable {
      /// It is of another generation, or the breaker isn't closed; a cooldown counts even so.
      case ignored = 0
      case counted = 1
      case repeated = 2
    }

    package var outcome: Outcome
    package var status: BreakerStatus

    package init(_ outcome: Outcome, _ status: BreakerStatus) {
      (self.outcome, self.status) = (outcome, status)
    }
  }
}

/// Whether a call may start at a breaker that isn't closed.
package struct BreakerPermit: Equatable, Sendable {
  package enum Answer: Int64, Sendable {
    case refused = 0
    /// The call is a probe of `status.generation`, and its end has to be told.
    case probe = 1
    /// The breaker is closed: anybody may.
    case closed = 2
  }

  package var answer: Answer
  package var status: BreakerStatus

  package init(_ answer: Answer, _ status: BreakerStatus) { (self.answer, self.status) = (answer, status) }
}

/// How a probe ended.
package struct BreakerProbe: Equatable, Sendable {
  package enum Outcome: Equatable, Sendable {
    case ok
    case fail
    /// The endpoint asks to be left alone for so many milliseconds. Says nothing else: the permit is given back.
    case cooldown(Int64)
    /// It says nothing of the endpoint, or never started: the permit is given back.
    case ignore
  }

  /// Its permit's.
  package var id: String
  package var generation: Int64
  package var outcome: Outcome

  package init(id: String, generation: Int64, outcome: Outcome) {
    (self.id, self.generation, self.outcome) = (id, generation, outcome)
  }

  package struct Reply: Equatable, Sendable {
    /// False: its generation is over, or nobody knows the permit.
    package var isCounted: Bool
    package var status: BreakerStatus

    package init(isCounted: Bool, _ status: BreakerStatus) {
      (self.isCounted, self.status) = (isCounted, status)
    }
  }
}
