import Coordination
import Policy

/// What a simulated Redis keeps of rollouts, who hears of it, and who watches that all is done right.
final class SimulatedControlStore {
  private static let names = ControlNames(prefix: "sy")

  private(set) var store = ControlStore(names)
  /// What a Redis that is promoted has: writes of the last moments are not in it.
  private var copy = ControlStore(names)
  private var listeners: [Int: (ControlNews) -> Void] = [:]
  var audit: RolloutAudit?

  /// What a failover may bring back alone.
  enum Part: CaseIterable { case lease, config, stamp, vetoes, acks }

  func loseAll(now: Int64) {
    store = ControlStore(Self.names)
    audit?.hasForgotten(store, now: now)
  }

  /// The replica of Redis has all that was written until now.
  func replicate() { copy = store }

  /// A replica that lagged behind takes over.
  func failOver(now: Int64) {
    store = copy
    audit?.hasForgotten(store, now: now)
  }

  /// One key is as the replica had it.
  func restore(_ part: Part, now: Int64) {
    let names = Self.names
    let key =
      switch part {
      case .lease: names.lease
      case .config: names.config
      case .stamp: names.stamp
      case .vetoes: names.vetoes
      case .acks: names.acks
      }
    store.restore(key, from: copy)
    audit?.hasForgotten(store, now: now)
  }

  /// What goes on beside the Redis that has taken over, with all that was written.
  func former(_ audit: RolloutAudit, now: Int64) -> SimulatedControlStore {
    let former = SimulatedControlStore()
    (former.store, former.audit) = (store, audit)
    audit.hasForgotten(store, now: now)
    return former
  }

  func clockChanged(by time: Int64) { audit?.clockChanged(by: time) }

  func listen(_ listener: Int, _ handler: ((ControlNews) -> Void)?) { listeners[listener] = handler }

  func run<Reply>(
    now: Int64, _ event: (inout ControlStore, _ now: Int64) -> Reply, _ check: RolloutAudit.Check<Reply>
  ) -> Reply {
    let before = store
    let reply = event(&store, now)
    if let audit { check(audit, .init(before: before, after: store, now: now), reply) }
    for news in store.takeNews() {
      for (_, handler) in listeners.sorted(by: { $0.key < $1.key }) { handler(news) }
    }
    return reply
  }
}

extension SimulatedState: ControlRegister {
  var isShared: Bool { true }

  private func run<Reply>(
    _ event: @escaping (inout ControlStore, _ now: Int64) -> Reply,
    _ completion: @escaping StateCompletion<Reply>,
    _ check: @escaping RolloutAudit.Check<Reply> = { _, _, _ in }
  ) {
    ask(
      { [self] redis -> Reply in
        let store = isAtFormer ? redis.formerControl ?? redis.control : redis.control
        return store.run(now: redis.now, event, check)
      }, completion)
  }

  func takeLease(_ id: String, for time: Int64, _ completion: @escaping StateCompletion<ControlTake>) {
    run({ $0.take(id, for: time, now: $1) }, completion) { $0.took(id, for: time, $1, $2) }
  }

  func releaseLease(_ leader: ControlLeader, _ completion: @escaping StateCompletion<Bool>) {
    run({ $0.release(leader, now: $1) }, completion) { $0.released(leader, $1, $2) }
  }

  func put(_ put: ControlPut, _ completion: @escaping StateCompletion<ControlPut.Reply>) {
    run({ $0.put(put, now: $1) }, completion) { $0.put(put, $1, $2) }
  }

  func stamp(_ leader: ControlLeader, _ completion: @escaping StateCompletion<ControlGuarded<Int64>>) {
    run({ $0.stamp(leader, now: $1) }, completion) { $0.stamped(leader, $1, $2) }
  }

  func put(_ put: ControlJudgePut, _ completion: @escaping StateCompletion<ControlJudgePut.Reply>) {
    run({ $0.put(put, now: $1) }, completion) { $0.judged(put, $1, $2) }
  }

  func answer(_ answer: ControlAnswer, _ completion: @escaping StateCompletion<ControlAnswer.Reply>) {
    run({ $0.answer(answer, now: $1) }, completion) { $0.answered(answer, $1, $2) }
  }

  func sync(_ sync: ControlSync, _ completion: @escaping StateCompletion<ControlSync.Reply>) {
    run({ $0.sync(sync, now: $1) }, completion)
  }

  func veto(_ veto: ControlVeto, _ completion: @escaping StateCompletion<ControlVeto.Reply>) {
    run({ $0.veto(veto, now: $1) }, completion) { $0.vetoed(veto, $1, $2) }
  }

  func count(_ count: ControlCount, _ completion: @escaping StateCompletion<ControlCount.Reply>) {
    run({ $0.count(count, now: $1) }, completion)
  }

  func spend(_ spend: ControlSpend, _ completion: @escaping StateCompletion<ControlSpend.Reply>) {
    run({ $0.spend(spend, now: $1) }, completion)
  }

  func ask(_ ask: ControlAsk, _ completion: @escaping StateCompletion<ControlAsk.Reply>) {
    run({ $0.ask(ask, now: $1) }, completion)
  }

  func register(_ bundle: ControlBundle, _ completion: @escaping StateCompletion<ControlBundle.Reply>) {
    run({ $0.register(bundle, now: $1) }, completion)
  }

  func keep(
    _ evaluation: ControlEvaluation, _ completion: @escaping StateCompletion<ControlEvaluation.Reply>
  ) {
    run({ $0.keep(evaluation, now: $1) }, completion)
  }

  func readLease(_ completion: @escaping StateCompletion<ControlLease?>) {
    run({ $0.lease($1) }, completion)
  }

  func readConfig(_ completion: @escaping StateCompletion<ControlConfig?>) {
    run({ $0.config($1) }, completion)
  }

  func readAcks(_ completion: @escaping StateCompletion<[String: ControlAck]>) {
    run({ $0.acks(now: $1) }, completion)
  }

  func readVetoes(_ completion: @escaping StateCompletion<ControlVetoes>) {
    run({ $0.vetoes(now: $1) }, completion)
  }

  func readJudge(_ model: ControlModel, _ completion: @escaping StateCompletion<ControlJudge?>) {
    run({ $0.judge(model, now: $1) }, completion)
  }

  func readCounts(
    _ model: ControlModel, seconds: [Int64], _ completion: @escaping StateCompletion<ControlCounts>
  ) {
    run({ $0.counts(model, seconds: seconds, now: $1) }, completion)
  }

  func readSpent(_ model: ControlModel, _ completion: @escaping StateCompletion<Int64>) {
    run({ $0.spent(model, now: $1) }, completion)
  }

  func readAsks(_ completion: @escaping StateCompletion<[ControlWaiting]>) {
    run({ $0.asks(now: $1) }, completion)
    whenItLeads?()
    whenItLeads = nil
  }

  func readAnswer(_ ask: String, _ completion: @escaping StateCompletion<String?>) {
    run({ $0.answer(to: ask, now: $1) }, completion)
  }

  func readBundle(
    _ model: ControlModel, version: Int64, _ completion: @escaping StateCompletion<String?>
  ) {
    run({ $0.bundle(model, version: version, now: $1) }, completion)
  }

  func readBundles(_ model: ControlModel, _ completion: @escaping StateCompletion<[Int64: String]>) {
    run({ $0.bundles(of: model, now: $1) }, completion)
  }

  func readEvaluation(
    _ model: ControlModel, version: Int64, _ completion: @escaping StateCompletion<String?>
  ) {
    run({ $0.evaluation(model, version: version, now: $1) }, completion)
  }

  func readEvaluations(_ model: ControlModel, _ completion: @escaping StateCompletion<[Int64: String]>) {
    run({ $0.evaluations(of: model, now: $1) }, completion)
  }

  func readAudit(
    before id: String?, count: Int, _ completion: @escaping StateCompletion<[ControlAudit.Entry]>
  ) {
    run({ $0.auditTrail(before: id, count: count, now: $1) }, completion)
  }
}
