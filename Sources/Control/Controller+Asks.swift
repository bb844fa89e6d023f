import Coordination
import Policy

/// What people want done.
extension Controller {
  func answer(_ ask: ControlAsk, _ leader: ControlLeader, _ change: inout Change) async {
    guard let wanted = RolloutAsk(text: ask.text) else {
      return await refuse(
        ask, leader, "this leader does not understand '\(ask.text)': it is of another release")
    }
    guard let model = ControlModel(wanted.model), terms.models.contains(wanted.model) else {
      return await refuse(ask, leader, "there is no model '\(wanted.model)'")
    }
    guard !change.isUnreadable(model) else {
      return await refuse(ask, leader, "the state of '\(wanted.model)' was written by another release")
    }
    var state = change.states[model] ?? RolloutState()
    let from = state.stage(of: wanted.version)
    // Who asks waits: the next round looks again.
    guard let surroundings = await surroundings(wanted, model, state) else { return }
    do throws(RolloutRefusal) {
      try state.apply(wanted, terms.rules, surroundings, now: change.now)
    } catch {
      return await refuse(ask, leader, error.text(wanted))
    }
    if wanted.deed == .unveto { return await unveto(ask, wanted, model, leader, stage: from) }
    change.set(model, state)
    let to = state.stage(of: wanted.version)
    change.note(
      wanted.deed.rawValue, model, version: wanted.version, by: wanted.by, from: from, to: to,
      why: wanted.reason ?? "")
    change.answers.append(ControlAnswerText(ask: ask.id, "done: version \(wanted.version) is \(to.rawValue)"))
  }

  /// Nil where the shared state doesn't answer.
  private func surroundings(_ ask: RolloutAsk, _ model: ControlModel, _ state: RolloutState) async
    -> RolloutState.Surroundings?
  {
    var surroundings = RolloutState.Surroundings()
    surroundings.isVetoed = isVetoed(model, ask.version)
    let bundle: Bundle
    switch await find(model, ask.version) {
    case .bundle(let found): bundle = found
    case .nothing:
      surroundings.isRegistered = false
      return surroundings
    case .unreadable(let why):
      surroundings.unreadable = why
      return surroundings
    case .unanswered: return nil
    }
    if terms.rules.gate != nil, ask.deed == .start || ask.deed == .promote {
      guard let report = await evaluation(of: model, ask.version) else { return nil }
      surroundings.evaluation = report
    }
    if !terms.deployments.contains(bundle.deployment) { surroundings.missingDeployment = bundle.deployment }
    guard let active = state.active else { return surroundings }
    switch await find(model, active) {
    case .bundle(let former): surroundings.changes = bundle.changes(against: former).map(\.rawValue)
    case .nothing, .unreadable: break
    case .unanswered: return nil
    }
    return surroundings
  }

  private func refuse(_ ask: ControlAsk, _ leader: ControlLeader, _ text: String) async {
    let answer = ControlAnswer(leader, ControlAnswerText(ask: ask.id, "refused: \(text)"))
    await send(answer, "refused")
  }

  private func send(_ answer: ControlAnswer, _ word: String) async {
    guard case .answered? = await call({ $0.answer(answer, $1) }) else { return }
    figures.change { $0.asks[word, default: 0] += 1 }
  }

  private func unveto(
    _ ask: ControlAsk, _ wanted: RolloutAsk, _ model: ControlModel, _ leader: ControlLeader,
    stage: RolloutState.Stage
  ) async {
    let answer = ControlAnswer(
      leader, ControlAnswerText(ask: ask.id, "done: version \(wanted.version) is vetoed no more"),
      unveto: ControlVetoes.Version(model, Int64(wanted.version)),
      audit: ControlAudit([
        "what": "unveto", "model": model.name, "version": "\(wanted.version)", "by": wanted.by,
        "from": stage.rawValue, "to": stage.rawValue, "why": wanted.reason ?? "",
      ]))
    await send(answer, "done")
  }
}
