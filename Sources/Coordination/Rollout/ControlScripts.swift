import Policy

/// The scripts that keep the registry and the rollouts. `ControlStore` is their twin.
struct ControlScripts: Sendable {
  let take: Script
  let release: Script
  let put: Script
  let stamp: Script
  let sync: Script
  let veto: Script
  let answer: Script
  let judge: Script
  let bundle: Script
  let evaluate: Script
  let ask: Script
  let count: Script
  let counts: Script
  let spend: Script

  init(clock: Script.Clock = .redis) {
    let script = { Script(PackageResources.control_common_lua, $0, clock: clock) }
    take = script(PackageResources.control_take_lua)
    release = script(PackageResources.control_release_lua)
    put = script(PackageResources.control_put_lua)
    stamp = script(PackageResources.control_stamp_lua)
    sync = script(PackageResources.control_sync_lua)
    veto = script(PackageResources.control_veto_lua)
    answer = script(PackageResources.control_answer_lua)
    judge = script(PackageResources.control_judge_lua)
    bundle = script(PackageResources.control_bundle_lua)
    evaluate = script(PackageResources.control_evaluate_lua)
    ask = script(PackageResources.control_ask_lua)
    count = script(PackageResources.control_count_lua)
    counts = script(PackageResources.control_counts_lua)
    spend = script(PackageResources.control_spend_lua)
  }

  /// All of them.
  var all: [Script] {
    [
      take, release, put, stamp, sync, veto, answer, judge, bundle, evaluate, ask, count, counts, spend,
    ]
  }
}

/// What they are called with.
extension ScriptCall {
  init(taking id: String, for time: Int64, _ names: ControlNames) {
    self.init(keys: [names.lease, names.config, names.acks], arguments: [.string(id), .number(time)])
  }

  init(releasing leader: ControlLeader, _ names: ControlNames) {
    self.init(keys: [names.lease], arguments: leader.words)
  }

  init(stamping leader: ControlLeader, _ names: ControlNames) {
    self.init(keys: [names.lease, names.stamp], arguments: leader.words)
  }

  init(_ put: ControlPut, _ names: ControlNames) {
    var words = [Word.string(names.channel)] + put.leader.words
    words += [.number(put.expected), .number(put.version), .string(put.hash)]
    words.append(.number(Int64(put.sets.count)))
    for (model, line) in put.sets { words += [.string("m:\(model.escaped)"), .string(line)] }
    words.append(.number(Int64(put.deletes.count)))
    words += put.deletes.map { .string("m:\($0.escaped)") }
    words.append(.number(Int64(put.audits.count)))
    words += put.audits.flatMap(\.arguments)
    words.append(.number(Int64(put.answers.count)))
    words += put.answers.flatMap { [Word.string($0.ask), .string($0.text)] }
    let keys = [names.lease, names.config, names.vetoes, names.asks, names.audit]
    self.init(keys: keys + put.answers.map { names.answer($0.ask) }, arguments: words)
  }

  init(_ sync: ControlSync, _ names: ControlNames) {
    self.init(
      keys: [names.lease, names.config, names.stamp, names.vetoes, names.acks],
      arguments: [
        .string(sync.replica), .number(sync.applied.epoch), .number(sync.applied.version),
        .string(sync.hash), .number(sync.vetoMark),
      ])
  }

  init(_ veto: ControlVeto, _ names: ControlNames) {
    self.init(
      keys: [names.vetoes, names.acks],
      arguments: [
        .string(names.channel), .string(veto.replica), .string(veto.model.escaped), .number(veto.version),
        .string(veto.metric), .number(veto.isForAll ? 1 : 0),
      ])
  }

  init(_ answer: ControlAnswer, _ names: ControlNames) {
    let (model, version) = (answer.unveto?.model.escaped ?? "", answer.unveto?.version ?? 0)
    let text = answer.answer
    self.init(
      keys: [
        names.lease, names.config, names.vetoes, names.asks, names.audit, names.answer(text.ask),
      ],
      arguments: [.string(names.channel)] + answer.leader.words
        + [.string(text.ask), .string(text.text), .string(model), .number(version)]
        + [.number(answer.audit == nil ? 0 : 1)] + (answer.audit?.arguments ?? []))
  }

  init(_ put: ControlJudgePut, _ names: ControlNames) {
    self.init(
      keys: [names.lease, names.judge(put.model)],
      arguments: put.leader.words + [.number(put.version), .number(put.expected), .number(put.second)]
        + put.tests.flatMap { [Word.string("t:\($0.name)"), .string($0.text)] })
  }

  init(_ bundle: ControlBundle, _ names: ControlNames, most: Int = ControlBundle.most) {
    self.init(
      keys: [names.bundles(bundle.model), names.audit],
      arguments: [
        .string(names.channel), .string(bundle.model.escaped), .number(bundle.version), .string(bundle.text),
        .number(Int64(most)),
      ] + bundle.audit.arguments)
  }

  init(_ evaluation: ControlEvaluation, _ names: ControlNames) {
    self.init(
      keys: [names.evaluations(evaluation.model), names.bundles(evaluation.model), names.audit],
      arguments: [.number(evaluation.version), .string(evaluation.text)] + evaluation.audit.arguments)
  }

  init(_ ask: ControlAsk, _ names: ControlNames, most: Int = ControlAsk.most) {
    self.init(
      keys: [names.asks, names.answer(ask.id)],
      arguments: [.string(names.channel), .string(ask.id), .string(ask.text), .number(Int64(most))])
  }

  init(_ count: ControlCount, _ names: ControlNames) {
    self.init(
      keys: [names.counts(count.model, second: count.second)],
      arguments: [.string(count.replica), .number(count.sequence), .number(count.second)]
        + count.counts.flatMap { [Word.string($0.name), .number($0.amount)] })
  }

  init(_ spend: ControlSpend, _ names: ControlNames) {
    self.init(
      keys: [names.shadowBudget(spend.model)],
      arguments: [.string(spend.replica), .number(spend.sequence), .number(spend.amount)])
  }

  init(counts model: ControlModel, seconds: [Int64], _ names: ControlNames) {
    precondition((1...ControlCounts.mostSeconds).contains(seconds.count), "\(seconds.count) seconds")
    self.init(keys: seconds.map { names.counts(model, second: $0) }, arguments: [])
  }
}

extension ControlLeader {
  fileprivate var words: [ScriptCall.Word] { [.string(id), .number(epoch)] }
}

extension ControlAudit {
  /// Half the number of its words, and the words.
  fileprivate var arguments: [ScriptCall.Word] {
    [.number(Int64(words.count / 2))] + words.map(ScriptCall.Word.string)
  }
}
