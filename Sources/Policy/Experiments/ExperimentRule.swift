/// How the arms of an experiment are compared: each with the first, by the mean outcome of its sessions, as often as one likes.
package struct ExperimentRule: Equatable, Sendable {
  /// Of each arm, with an outcome: there is no verdict before.
  package var leastSessions: Double = 10_000
  /// P(some arm is falsely said to differ from the first, ever) is at most this.
  package var level = 0.05
  /// P(sessions are falsely said not to be shared out as they should be, ever) is at most this. Nothing that such arms say counts.
  package var balanceLevel = 0.001
  /// τ, in standard deviations of the outcome: what differences are looked for.
  package var spread = 0.05

  package init() {}

  /// The first arm is the one that the others are compared with.
  package func judge(_ arms: [ExperimentArm]) -> ExperimentResult {
    precondition(arms.count >= 2, "an experiment has two arms or more")
    let balance = ShareTest.probability(
      arms.map(\.sessions), shares: arms.map { Double(max(1, $0.share.hundredths)) })
    let comparisons = arms.dropFirst().map { compare($0.outcomes, arms[0].outcomes, of: arms.count - 1) }
    let missing = arms.map { max(0, leastSessions - $0.outcomes.count) }
    let verdict: ExperimentVerdict =
      if balance < balanceLevel {
        .invalid
      } else if missing.contains(where: { $0 > 0 }) {
        .gathering
      } else {
        .valid(comparisons.map(\.direction))
      }
    return ExperimentResult(
      verdict: verdict, balance: balance, missing: missing.map { Int64($0.rounded(.up)) },
      comparisons: comparisons)
  }

  /// At a level that `number` comparisons share (Bonferroni).
  private func compare(_ arm: Moments, _ first: Moments, of number: Int) -> ExperimentComparison {
    let difference = arm.mean - first.mean
    guard arm.count > 1, first.count > 1 else {
      return ExperimentComparison(difference: difference, margin: .infinity)
    }
    var both = arm
    both += first
    let test = MeanTest(
      difference: difference, variance: arm.variance / arm.count + first.variance / first.count,
      spread: spread * both.variance.squareRoot())
    return ExperimentComparison(
      difference: difference, margin: test.halfWidth(alpha: level / Double(number)))
  }
}

/// One arm of an experiment.
package struct ExperimentArm: Equatable, Sendable {
  package var share: Weight
  /// That were given this arm, with an outcome or without.
  package var sessions: Int64
  /// One value a session: 0 or 1, a grade, dollars.
  package var outcomes: Moments

  package init(share: Weight, sessions: Int64, outcomes: Moments) {
    (self.share, self.sessions, self.outcomes) = (share, sessions, outcomes)
  }
}

package enum ExperimentVerdict: Equatable, Sendable {
  /// Too few sessions yet.
  case gathering
  /// The arms do not have the shares that they should.
  case invalid
  /// Of each arm after the first.
  case valid([ExperimentDirection])
}

package enum ExperimentDirection: String, Sendable { case higher, lower, undecided }

package struct ExperimentResult: Equatable, Sendable {
  package let verdict: ExperimentVerdict
  /// Of shares that are ever as uneven as these, at most.
  package let balance: Double
  /// Sessions that each arm is short of.
  package let missing: [Int64]
  package let comparisons: [ExperimentComparison]
}

/// The true difference is within `difference ± margin`, at all looks at once.
package struct ExperimentComparison: Equatable, Sendable {
  /// The arm's mean less the first's.
  package let difference: Double
  package let margin: Double

  package var direction: ExperimentDirection {
    if difference > margin { return .higher }
    return difference < -margin ? .lower : .undecided
  }
}
