package import Policy

/// The registry and the rollouts in memory, by the scripts' twin: for a replica alone. They are gone with the process.
extension EmbeddedState: ControlRegister {
  package func takeLease(
    _ id: String, for time: Int64, _ completion: @escaping StateCompletion<ControlTake>
  ) {
    completion(.success(change { $0.take(id, for: time, now: $1) }))
  }

  package func releaseLease(_ leader: ControlLeader, _ completion: @escaping StateCompletion<Bool>) {
    completion(.success(change { $0.release(leader, now: $1) }))
  }

  package func put(_ put: ControlPut, _ completion: @escaping StateCompletion<ControlPut.Reply>) {
    completion(.success(change { $0.put(put, now: $1) }))
  }

  package func stamp(
    _ leader: ControlLeader, _ completion: @escaping StateCompletion<ControlGuarded<Int64>>
  ) {
    completion(.success(change { $0.stamp(leader, now: $1) }))
  }

  package func put(_ put: ControlJudgePut, _ completion: @escaping StateCompletion<ControlJudgePut.Reply>) {
    completion(.success(change { $0.put(put, now: $1) }))
  }

  package func answer(
    _ answer: ControlAnswer, _ completion: @escaping StateCompletion<ControlAnswer.Reply>
  ) {
    completion(.success(change { $0.answer(answer, now: $1) }))
  }

  package func sync(_ sync: ControlSync, _ completion: @escaping StateCompletion<ControlSync.Reply>) {
    completion(.success(change { $0.sync(sync, now: $1) }))
  }

  package func veto(_ veto: ControlVeto, _ completion: @escaping StateCompletion<ControlVeto.Reply>) {
    completion(.success(change { $0.veto(veto, now: $1) }))
  }

  package func count(_ count: ControlCount, _ completion: @escaping StateCompletion<ControlCount.Reply>) {
    completion(.success(change { $0.count(count, now: $1) }))
  }

  package func spend(
    _ spend: ControlSpend, _ completion: @escaping StateCompletion<ControlSpend.Reply>
  ) {
    completion(.success(change { $0.spend(spend, now: $1) }))
  }

  package func ask(_ ask: ControlAsk, _ completion: @escaping StateCompletion<ControlAsk.Reply>) {
    completion(.success(change { $0.ask(ask, now: $1) }))
  }

  package func register(
    _ bundle: ControlBundle, _ completion: @escaping StateCompletion<ControlBundle.Reply>
  ) {
    completion(.success(change { $0.register(bundle, now: $1) }))
  }

  package func keep(
    _ evaluation: ControlEvaluation, _ completion: @escaping StateCompletion<ControlEvaluation.Reply>
  ) {
    completion(.success(change { $0.keep(evaluation, now: $1) }))
  }

  package func readLease(_ completion: @escaping StateCompletion<ControlLease?>) {
    completion(.success(change { $0.lease($1) }))
  }

  package func readConfig(_ completion: @escaping StateCompletion<ControlConfig?>) {
    completion(.success(change { $0.config($1) }))
  }

  package func readAcks(_ completion: @escaping StateCompletion<[String: ControlAck]>) {
    completion(.success(change { $0.acks(now: $1) }))
  }

  package func readVetoes(_ completion: @escaping StateCompletion<ControlVetoes>) {
    completion(.success(change { $0.vetoes(now: $1) }))
  }

  package func readJudge(_ model: ControlModel, _ completion: @escaping StateCompletion<ControlJudge?>) {
    completion(.success(change { $0.judge(model, now: $1) }))
  }

  package func readCounts(
    _ model: ControlModel, seconds: [Int64], _ completion: @escaping StateCompletion<ControlCounts>
  ) {
    completion(.success(change { $0.counts(model, seconds: seconds, now: $1) }))
  }

  package func readSpent(_ model: ControlModel, _ completion: @escaping StateCompletion<Int64>) {
    completion(.success(change { $0.spent(model, now: $1) }))
  }

  package func readAsks(_ completion: @escaping StateCompletion<[ControlWaiting]>) {
    completion(.success(change { $0.asks(now: $1) }))
  }

  package func readAnswer(_ ask: String, _ completion: @escaping StateCompletion<String?>) {
    completion(.success(change { $0.answer(to: ask, now: $1) }))
  }

  package func readBundle(
    _ model: ControlModel, version: Int64, _ completion: @escaping StateCompletion<String?>
  ) {
    completion(.success(change { $0.bundle(model, version: version, now: $1) }))
  }

  package func readBundles(
    _ model: ControlModel, _ completion: @escaping StateCompletion<[Int64: String]>
  ) {
    completion(.success(change { $0.bundles(of: model, now: $1) }))
  }

  package func readEvaluation(
    _ model: ControlModel, version: Int64, _ completion: @escaping StateCompletion<String?>
  ) {
    completion(.success(change { $0.evaluation(model, version: version, now: $1) }))
  }

  package func readEvaluations(
    _ model: ControlModel, _ completion: @escaping StateCompletion<[Int64: String]>
  ) {
    completion(.success(change { $0.evaluations(of: model, now: $1) }))
  }

  package func readAudit(
    before id: String?, count: Int, _ completion: @escaping StateCompletion<[ControlAudit.Entry]>
  ) {
    completion(.success(change { $0.auditTrail(before: id, count: count, now: $1) }))
  }

  /// Nobody else is there to be told.
  private func change<Value>(_ event: (inout ControlStore, _ now: Int64) -> Value) -> Value {
    let now = now
    return store.withControl { control in
      defer { _ = control.takeNews() }
      return event(&control, now)
    }
  }

  static let controlNames = ControlNames(prefix: "sy")
}
