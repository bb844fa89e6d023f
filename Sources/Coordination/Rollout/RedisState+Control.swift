package import Policy

/// The registry and the rollouts in Redis, by their scripts.
extension RedisState: ControlRegister {
  package func takeLease(
    _ id: String, for time: Int64, _ completion: @escaping StateCompletion<ControlTake>
  ) {
    let call = ScriptCall(taking: id, for: time, controlNames)
    run(scripts.control.take, call, ControlReplies.take, completion)
  }

  package func releaseLease(_ leader: ControlLeader, _ completion: @escaping StateCompletion<Bool>) {
    let call = ScriptCall(releasing: leader, controlNames)
    run(scripts.control.release, call, ControlReplies.release, completion)
  }

  package func put(_ put: ControlPut, _ completion: @escaping StateCompletion<ControlPut.Reply>) {
    run(scripts.control.put, ScriptCall(put, controlNames), ControlReplies.put, completion)
  }

  package func stamp(
    _ leader: ControlLeader, _ completion: @escaping StateCompletion<ControlGuarded<Int64>>
  ) {
    let call = ScriptCall(stamping: leader, controlNames)
    run(scripts.control.stamp, call, ControlReplies.stamp, completion)
  }

  package func put(_ put: ControlJudgePut, _ completion: @escaping StateCompletion<ControlJudgePut.Reply>) {
    run(scripts.control.judge, ScriptCall(put, controlNames), ControlReplies.judge, completion)
  }

  package func answer(
    _ answer: ControlAnswer, _ completion: @escaping StateCompletion<ControlAnswer.Reply>
  ) {
    run(scripts.control.answer, ScriptCall(answer, controlNames), ControlReplies.answer, completion)
  }

  package func sync(_ sync: ControlSync, _ completion: @escaping StateCompletion<ControlSync.Reply>) {
    let call = ScriptCall(sync, controlNames)
    run(scripts.control.sync, call, { ControlReplies.sync($0, to: sync) }, completion)
  }

  package func veto(_ veto: ControlVeto, _ completion: @escaping StateCompletion<ControlVeto.Reply>) {
    run(scripts.control.veto, ScriptCall(veto, controlNames), ControlReplies.veto, completion)
  }

  package func count(_ count: ControlCount, _ completion: @escaping StateCompletion<ControlCount.Reply>) {
    run(scripts.control.count, ScriptCall(count, controlNames), ControlReplies.count, completion)
  }

  package func spend(
    _ spend: ControlSpend, _ completion: @escaping StateCompletion<ControlSpend.Reply>
  ) {
    run(scripts.control.spend, ScriptCall(spend, controlNames), ControlReplies.spend, completion)
  }

  package func ask(_ ask: ControlAsk, _ completion: @escaping StateCompletion<ControlAsk.Reply>) {
    run(scripts.control.ask, ScriptCall(ask, controlNames), ControlReplies.ask, completion)
  }

  package func register(
    _ bundle: ControlBundle, _ completion: @escaping StateCompletion<ControlBundle.Reply>
  ) {
    run(scripts.control.bundle, ScriptCall(bundle, controlNames), ControlReplies.bundle, completion)
  }

  package func keep(
    _ evaluation: ControlEvaluation, _ completion: @escaping StateCompletion<ControlEvaluation.Reply>
  ) {
    let call = ScriptCall(evaluation, controlNames)
    run(scripts.control.evaluate, call, ControlReplies.evaluate, completion)
  }

  package func readLease(_ completion: @escaping StateCompletion<ControlLease?>) {
    readHash(controlNames.lease, ControlLease.init(fields:), completion)
  }

  package func readConfig(_ completion: @escaping StateCompletion<ControlConfig?>) {
    readHash(controlNames.config, ControlConfig.init, completion)
  }

  /// What makes no sense is passed over; the next `sync` removes it.
  package func readAcks(_ completion: @escaping StateCompletion<[String: ControlAck]>) {
    readFields(controlNames.acks) { completion($0.map { $0.compactMapValues(ControlAck.init) }) }
  }

  package func readVetoes(_ completion: @escaping StateCompletion<ControlVetoes>) {
    readFields(controlNames.vetoes) { completion($0.map(ControlVetoes.init(fields:))) }
  }

  package func readJudge(_ model: ControlModel, _ completion: @escaping StateCompletion<ControlJudge?>) {
    readHash(controlNames.judge(model), ControlJudge.init, completion)
  }

  package func readCounts(
    _ model: ControlModel, seconds: [Int64], _ completion: @escaping StateCompletion<ControlCounts>
  ) {
    let call = ScriptCall(counts: model, seconds: seconds, controlNames)
    run(scripts.control.counts, call, ControlReplies.counts, completion)
  }

  package func readSpent(_ model: ControlModel, _ completion: @escaping StateCompletion<Int64>) {
    readFields(controlNames.shadowBudget(model)) { [self] result in
      completion(result.map { ControlStore.spent($0, now: now) })
    }
  }

  package func readAsks(_ completion: @escaping StateCompletion<[ControlWaiting]>) {
    readFields(controlNames.asks) { [self] result in
      completion(result.map { ControlWaiting.all($0, now: now) })
    }
  }

  package func readAnswer(_ ask: String, _ completion: @escaping StateCompletion<String?>) {
    precondition(ControlRule.isID(ask), "'\(ask)' is no id of an ask")
    let key = controlNames.answer(ask)
    readText(["GET", key], key, completion)
  }

  package func readBundle(
    _ model: ControlModel, version: Int64, _ completion: @escaping StateCompletion<String?>
  ) {
    let key = controlNames.bundles(model)
    readText(["HGET", key, String(version)], key, completion)
  }

  package func readBundles(
    _ model: ControlModel, _ completion: @escaping StateCompletion<[Int64: String]>
  ) {
    readFields(controlNames.bundles(model)) { completion($0.map(ControlStore.bundles)) }
  }

  package func readEvaluation(
    _ model: ControlModel, version: Int64, _ completion: @escaping StateCompletion<String?>
  ) {
    let key = controlNames.evaluations(model)
    readText(["HGET", key, String(version)], key, completion)
  }

  package func readEvaluations(
    _ model: ControlModel, _ completion: @escaping StateCompletion<[Int64: String]>
  ) {
    readFields(controlNames.evaluations(model)) { completion($0.map(ControlStore.bundles)) }
  }

  package func readAudit(
    before id: String?, count: Int, _ completion: @escaping StateCompletion<[ControlAudit.Entry]>
  ) {
    let key = controlNames.audit
    let command = ["XREVRANGE", key, id.map { "(\($0)" } ?? "+", "-", "COUNT", String(count)]
    ask(command, key: key) { result in
      completion(
        result.flatMap { ControlReplies.audit($0).map(Result.success) ?? .failure(.malformed) })
    }
  }

  // MARK: Plain reads

  /// Nil where there is nothing; a failure where no script wrote it.
  private func readHash<Value>(
    _ key: String, _ read: @escaping ([String: String]) -> Value?,
    _ completion: @escaping StateCompletion<Value?>
  ) {
    readFields(key) { result in
      completion(
        result.flatMap { fields in
          if fields.isEmpty { return .success(nil) }
          return read(fields).map(Result.success) ?? .failure(.malformed)
        })
    }
  }

  private func readFields(_ key: String, _ completion: @escaping StateCompletion<[String: String]>) {
    ask(["HGETALL", key], key: key) { result in
      completion(result.flatMap { $0.fields.map(Result.success) ?? .failure(.malformed) })
    }
  }

  private func readText(
    _ command: [String], _ key: String, _ completion: @escaping StateCompletion<String?>
  ) {
    ask(command, key: key) { result in
      completion(
        result.flatMap { reply in
          if reply == .none { return .success(nil) }
          return reply.text.map(Result.success) ?? .failure(.malformed)
        })
    }
  }
}
