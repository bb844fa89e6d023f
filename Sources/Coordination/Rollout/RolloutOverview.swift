package import Policy

/// Who serves what of one model, with which prompt and against which baseline: all that is known of its versions, at one look.
package struct RolloutOverview: Sendable {
  package struct Version: Sendable {
    package var number: Int
    package var stage: RolloutState.Stage
    /// Nil where nothing that can be read is registered under this number.
    package var bundle: Bundle?
    /// Until when a deprecated version may be asked for, in milliseconds since 1970.
    package var sunset: Int64?
    /// It must not be exposed.
    package var isVetoed: Bool
    /// What single replicas say against it: replica → metric.
    package var votes: [String: String]
    /// What its last evaluation came to; nil where there was none.
    package var evaluation: EvaluationReport?
  }

  package var model: ControlModel
  /// Nil where another release wrote it, and this one can't read it.
  package var state: RolloutState?
  /// Those that are registered, and those that stand somewhere all the same; the newest first.
  package var versions: [Version]
  /// What is known of the candidate's step; nil where nothing is kept.
  package var judge: ControlJudge?
  /// What copies for the candidate cost today, in micro-dollars; nil where it gets none.
  package var spent: Int64?

  package subscript(version: Int) -> Version? { versions.first { $0.number == version } }

  /// The step's evidence by these rules, where any is kept of this step.
  package func judged(_ rules: RolloutRules, now: Int64) -> (judge: StageJudge, verdict: StageVerdict)? {
    guard let candidate = state?.candidate, let kept = judge, kept.version == Int64(candidate.version),
      kept.tests["step"] == "\(candidate.step) \(candidate.since)",
      let judge = StageJudge(rules.promotion(of: candidate), fields: kept.tests)
    else { return nil }
    return (judge, judge.verdict(elapsed: .milliseconds(max(0, now - candidate.since))))
  }
}

/// Who leads, which configuration is in force, and who has applied it.
package struct ClusterOverview: Sendable {
  /// Of no configuration: `.none`.
  package var position: ControlPosition
  /// Who wrote it, and when.
  package var by: String
  package var at: Int64
  /// False where somebody has changed it by hand.
  package var isWhole: Bool
  /// Nil where nobody leads now.
  package var leader: ControlLeader?
  /// What replicas told within the last minute.
  package var acks: [String: ControlAck]
  /// The shared state's clock, as far as it is known here.
  package var now: Int64

  /// Of those that told something within ten seconds, those that have applied this configuration, or a later one.
  package var applied: Int { live.filter { $0.value.position >= position }.count }
  package var live: [String: ControlAck] { acks.filter { now - $0.value.at <= ControlAck.live } }
}

/// Models with what all have in common.
package struct RolloutReport: Sendable {
  package var cluster: ClusterOverview
  /// In the order of their names.
  package var models: [RolloutOverview]
}
