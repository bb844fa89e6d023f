extension RolloutState {
  /// What is known besides of the version that is asked for.
  package struct Surroundings: Sendable {
    package var isRegistered = true
    /// Why what is registered is none that this leader can read.
    package var unreadable: String?
    package var isVetoed = false
    /// Variables in which it differs from the version that serves.
    package var changes: [String] = []
    /// The deployment that it names and that isn't there.
    package var missingDeployment: String?
    /// Of its last evaluation.
    package var evaluation: EvaluationReport?

    package init() {}
  }

  /// Does what a person asks for. The revision is for whoever writes the state.
  package mutating func apply(
    _ ask: RolloutAsk, _ rules: RolloutRules, _ surroundings: Surroundings, now: Int64
  ) throws(RolloutRefusal) {
    if let expected = ask.expected, expected != revision { throw .conflict(revision: revision) }
    guard surroundings.isRegistered else { throw .notRegistered }
    if let why = surroundings.unreadable { throw .unreadable(why) }
    switch ask.deed {
    case .start: try start(ask, rules, surroundings, now: now)
    case .pause: try changeCandidate(ask) { $0.hold = .paused }
    case .resume: try resume(ask, now: now)
    case .promote: try promote(ask, rules, surroundings, now: now)
    case .abort:
      try mustBeCandidate(ask)
      rollBack()
    case .unveto: if ask.reason == nil { throw .needsReason }
    }
  }

  private mutating func start(
    _ ask: RolloutAsk, _ rules: RolloutRules, _ surroundings: Surroundings, now: Int64
  ) throws(RolloutRefusal) {
    let stage = stage(of: ask.version)
    guard stage == .staging else { throw .wrongStage(stage) }
    if let candidate { throw .otherCandidate(candidate.version) }
    if surroundings.isVetoed { throw .vetoed }
    if let name = surroundings.missingDeployment { throw .noDeployment(name) }
    if surroundings.changes.count > 1 {
      guard ask.isForced else { throw .changesTooMuch(surroundings.changes) }
      if ask.reason == nil { throw .needsReason }
    }
    if let flaw = rules.gate?.flaw(surroundings.evaluation, active: active) {
      guard ask.isForced else { throw .notEvaluated(flaw) }
      if ask.reason == nil { throw .needsReason }
    }
    let phase: Phase = rules.shadows && !ask.skipsShadow ? .shadow : .canary
    candidate = Candidate(version: ask.version, phase: phase, since: now)
  }

  private mutating func resume(_ ask: RolloutAsk, now: Int64) throws(RolloutRefusal) {
    try mustBeCandidate(ask)
    guard let hold = candidate?.hold else { throw .notPaused }
    candidate?.hold = nil
    // What nothing was shown of gets the longest time of a step again. What is known against one that was paused stays known: with
    // another `since` its evidence would begin anew.
    if hold == .inconclusive { candidate?.since = now }
  }

  private mutating func promote(
    _ ask: RolloutAsk, _ rules: RolloutRules, _ surroundings: Surroundings, now: Int64
  ) throws(RolloutRefusal) {
    try mustBeCandidate(ask)
    if surroundings.isVetoed { throw .vetoed }
    if ask.reason == nil { throw .needsReason }
    if !ask.isForced, candidate?.isAtLastStep(of: rules) == true,
      let flaw = rules.gate?.flaw(surroundings.evaluation, active: active)
    {
      throw .notEvaluated(flaw)
    }
    candidate?.hold = nil
    if ask.isForced { promote(sunset: now + rules.sunset) } else { goOn(rules, now: now) }
  }

  private func mustBeCandidate(_ ask: RolloutAsk) throws(RolloutRefusal) {
    guard candidate?.version == ask.version else { throw .wrongStage(stage(of: ask.version)) }
  }

  private mutating func changeCandidate(_ ask: RolloutAsk, _ change: (inout Candidate) -> Void)
    throws(RolloutRefusal)
  {
    try mustBeCandidate(ask)
    if var changed = candidate {
      change(&changed)
      candidate = changed
    }
  }

  /// The candidate's next step; behind the last one it serves. The baseline is measured anew before each.
  package mutating func goOn(_ rules: RolloutRules, now: Int64) {
    guard var next = candidate else { return }
    next.since = now
    next.thresholds = nil
    if next.phase == .shadow {
      // The share of copies is no share of the traffic.
      (next.phase, next.weight) = (.canary, .zero)
    } else if next.step + 1 < rules.steps.count {
      next.step += 1
    } else {
      return promote(sunset: now + rules.sunset)
    }
    candidate = next
  }
}

extension RolloutState.Candidate {
  /// Whether it serves once this step has passed.
  package func isAtLastStep(of rules: RolloutRules) -> Bool {
    phase == .canary && step + 1 >= rules.steps.count
  }
}
