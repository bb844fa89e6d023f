import Coordination
import Logging
import Policy

/// What is known of a candidate's step.
struct Judging {
  let version: Int
  let step: Int
  let since: Int64
  var judge: StageJudge
  var baseline = BaselineSketches()
  /// The last second that was folded.
  var second: Int64
  /// As it is kept in the shared state; nil: not yet.
  var kept: Int64

  func isOf(_ candidate: RolloutState.Candidate) -> Bool {
    version == candidate.version && step == candidate.step && since == candidate.since
  }
}

extension Controller {
  /// A second is folded so long after its end: by then all replicas have told of it.
  private static let lateness: Int64 = 3_000
  /// Counts are kept for a quarter of an hour: what is older is not waited for.
  private static let oldest: Int64 = 840
  /// Milliseconds since the last second that was folded: the last stamp may be a little older.
  private static let longestGap = ControlStamp.lifetime - 5_000
  /// Seconds in which replicas tell what they couldn't, once they can.
  private static let telling: Int64 = 2

  func judge(
    _ model: ControlModel, _ state: RolloutState, _ leader: ControlLeader, _ change: inout Change
  ) async {
    guard let candidate = state.candidate else { return }
    // What is vetoed gets no time more: it is rolled back below.
    if isAhead(candidate.since / 1_000), !isVetoed(model, candidate.version) {
      return beginAnew(candidate, model, state, &change)
    }
    guard var judging = await judging(model, candidate) else { return }
    noteGap(judging, model, candidate)
    guard await fold(&judging, model, candidate) else { return }
    judges[model] = judging
    if hasCaughtUp(judging, model) { change.judged.insert(model) }
    await keep(judging, model, leader)
    let elapsed = max(0, change.now - candidate.since)
    var sight = RolloutMachine.Sight(
      verdict: judging.judge.verdict(elapsed: .milliseconds(elapsed)), baseline: judging.baseline)
    sight.isVetoed = isVetoed(model, candidate.version)
    sight.isCutOff = await isCutOff(model, state, candidate)
    sight.mayServe = await mayServe(model, state, candidate)
    let action = RolloutMachine(terms.rules).decide(candidate, sight, now: change.now)
    // As long as there is something to catch up with, only harm is known to be true.
    guard change.judged.contains(model) || action.isRollback else { return }
    act(action, model, state, candidate, &change)
  }

  // MARK: Gaps

  /// Nobody has judged for so long that the weight may have ended. It does not come back by itself: replicas have still to tell what they
  /// saw meanwhile, and that is judged first.
  private func noteGap(_ judging: Judging, _ model: ControlModel, _ candidate: RolloutState.Candidate) {
    guard candidate.weight > .zero, now - judging.second * 1_000 > Self.longestGap else { return }
    arrears[model] = now / 1_000 + Self.telling
    tellOnce(
      "gap \(model.escaped)", "a weight waits until what happened without a leader is judged",
      ["model": "\(model.name)", "version": "\(candidate.version)"])
  }

  private func hasCaughtUp(_ judging: Judging, _ model: ControlModel) -> Bool {
    guard let awaited = arrears[model] else { return true }
    // Where the clock goes back, that second is far away.
    let second = min(awaited, now / 1_000 + Self.telling)
    arrears[model] = judging.second < second ? second : nil
    guard arrears[model] == nil else { return false }
    told.remove("gap \(model.escaped)")
    return true
  }

  /// Goes on where the last leader stopped, or begins with the step.
  private func judging(_ model: ControlModel, _ candidate: RolloutState.Candidate) async -> Judging? {
    if let known = judges[model], known.isOf(candidate) { return known }
    let rule = terms.rules.promotion(of: candidate)
    let first = candidate.since / 1_000
    var judging = Judging(
      version: candidate.version, step: candidate.step, since: candidate.since, judge: StageJudge(rule),
      second: first, kept: 0)
    guard let kept = await call({ $0.readJudge(model, $1) }) else { return nil }
    guard let kept else { return judging }
    judging.kept = kept.version == Int64(candidate.version) ? kept.second : 0
    guard kept.version == Int64(candidate.version),
      kept.tests["step"] == "\(candidate.step) \(candidate.since)",
      let judge = StageJudge(rule, fields: kept.tests)
    else { return judging }
    (judging.judge, judging.second) = (judge, kept.second)
    for (name, place) in Judging.sketches {
      if let sketch = kept.tests[name].flatMap({ QuantileSketch(text: $0 == "-" ? "" : $0) }) {
        judging.baseline[keyPath: place] = sketch
      }
    }
    return judging
  }

  /// Takes in all seconds that are over, each once and in order. False where they could not be read.
  private func fold(_ judging: inout Judging, _ model: ControlModel, _ candidate: RolloutState.Candidate)
    async
    -> Bool
  {
    let last = (now - Self.lateness) / 1_000 - 1
    // The clock went back: its seconds begin anew.
    if isAhead(judging.second) { judging.second = last }
    let first = max(judging.second + 1, last - Self.oldest)
    guard first <= last else { return true }
    let seconds = Array(first...min(last, first + Int64(ControlCounts.mostSeconds) - 1))
    guard let counts = await call({ $0.readCounts(model, seconds: seconds, $1) }) else { return false }
    for words in counts.seconds {
      judging.judge.fold(.init(words, of: candidate.phase.arm))
      if candidate.thresholds == nil { judging.baseline.add(words) }
    }
    judging.second = seconds.last ?? judging.second
    return true
  }

  /// What began by a clock that has gone back would last until that time comes again. Its evidence begins anew, too.
  private func beginAnew(
    _ candidate: RolloutState.Candidate, _ model: ControlModel, _ state: RolloutState, _ change: inout Change
  ) {
    var next = state
    next.candidate?.since = change.now
    change.set(model, next)
    let stage = state.stage(of: candidate.version)
    change.note(
      "clock", model, version: candidate.version, by: "controller", from: stage, to: stage,
      why: "the shared state's clock went back: its time begins anew")
  }

  /// Whether it was counted by a clock that has gone back.
  private func isAhead(_ second: Int64) -> Bool { second * 1_000 > now + ControlLease.tolerance }

  private func keep(_ judging: Judging, _ model: ControlModel, _ leader: ControlLeader) async {
    guard judging.second > judging.kept || isAhead(judging.kept) else { return }
    var tests = judging.judge.fields
    tests["step"] = "\(judging.step) \(judging.since)"
    for (name, place) in Judging.sketches {
      let text = judging.baseline[keyPath: place].text
      tests[name] = text.isEmpty ? "-" : text
    }
    guard
      let put = ControlJudgePut(
        leader, model, version: Int64(judging.version), after: judging.kept, second: judging.second,
        tests: tests),
      let reply = await call({ $0.put(put, $1) })
    else { return }
    switch reply {
    case .stored(let second): judges[model]?.kept = second
    case .conflict: judges[model] = nil
    case .early: break
    case .fenced: await giveUp("the lease is another's")
    }
  }

  /// Whether the breakers of all its endpoints have opened in this step, as too many of its calls fail: what opened one before were others'
  /// calls. Where the baseline is served by the same
  /// deployment, that is no fault of the version.
  private func isCutOff(_ model: ControlModel, _ state: RolloutState, _ candidate: RolloutState.Candidate)
    async -> Bool
  {
    guard candidate.phase == .canary, candidate.weight > .zero,
      case .bundle(let bundle) = await find(model, candidate.version)
    else {
      return false
    }
    var baseline = terms.baselines[model.name] ?? []
    if let active = state.active {
      guard case .bundle(let serving) = await find(model, active) else { return false }
      baseline = [serving.deployment]
    }
    guard !baseline.contains(bundle.deployment) else { return false }
    let found = await breakers(of: bundle.deployment)
    return !found.isEmpty
      && found.allSatisfy { status in
        status.map {
          $0.phase == .open && [.rate, .probeFailed].contains($0.reason) && $0.age <= now - candidate.since
        } ?? false
      }
  }

  /// Whether what serves next has shown to be as good; until somebody evaluates it, a version waits at its last step.
  private func mayServe(_ model: ControlModel, _ state: RolloutState, _ candidate: RolloutState.Candidate)
    async -> Bool
  {
    guard let gate = terms.rules.gate, candidate.isAtLastStep(of: terms.rules) else { return true }
    guard let report = await evaluation(of: model, candidate.version) else { return false }
    guard let flaw = gate.flaw(report, active: state.active) else { return true }
    tellOnce(
      "gate \(model.name) \(candidate.version)", "a version waits for an evaluation before it serves",
      ["model": "\(model.name)", "version": "\(candidate.version)", "reason": "it \(flaw)"])
    return false
  }

  /// Nil inside: there is none. Nil outside: the shared state doesn't answer.
  func evaluation(of model: ControlModel, _ version: Int) async -> EvaluationReport?? {
    guard let line = await call({ $0.readEvaluation(model, version: Int64(version), $1) }) else { return nil }
    return .some(line.flatMap { EvaluationReport(line: $0) })
  }

  private func act(
    _ action: RolloutMachine.Action, _ model: ControlModel, _ state: RolloutState,
    _ candidate: RolloutState.Candidate, _ change: inout Change
  ) {
    var next = state
    var why = ""
    switch action {
    case .none: return
    case .begin(let thresholds, let weight):
      next.candidate?.thresholds = thresholds
      next.candidate?.weight = weight
      next.candidate?.since = change.now
      why =
        candidate.phase == .shadow
        ? "copies of \(weight) % of the sessions" : "step \(candidate.step + 1) at \(weight) %"
    case .goOn:
      next.goOn(terms.rules, now: change.now)
      let copies = terms.rules.shadows ? "its copies are fine" : "no copies are made any more"
      why = candidate.phase == .shadow ? copies : "step \(candidate.step + 1) is passed"
    case .hold:
      next.candidate?.hold = .inconclusive
      why = "nothing is proved in the longest time of a step"
    case .rollBack(let harm):
      next.rollBack()
      why = harm.word
    }
    change.set(model, next)
    change.actions.append(Self.word(action))
    change.note(
      Self.word(action), model, version: candidate.version, by: "controller",
      from: state.stage(of: candidate.version), to: next.stage(of: candidate.version), why: why)
    logger.notice(
      "a rollout goes on",
      metadata: [
        "model": "\(model.name)", "version": "\(candidate.version)", "action": "\(Self.word(action))",
        "reason": "\(why)",
      ])
  }

  private static func word(_ action: RolloutMachine.Action) -> String {
    switch action {
    case .none: "none"
    case .begin: "begin"
    case .goOn: "promote"
    case .hold: "hold"
    case .rollBack: "rollback"
    }
  }
}

extension RolloutMachine.Action {
  fileprivate var isRollback: Bool {
    if case .rollBack = self { true } else { false }
  }
}

extension Judging {
  static var sketches: [(String, WritableKeyPath<BaselineSketches, QuantileSketch>)] {
    [
      ("base.latency", \.latency), ("base.ttft", \.firstToken),
      ("base.cost", \.cost), ("base.length", \.length), ("base.grade", \.grade),
    ]
  }
}
