import Coordination
import Policy

/// The breakers that a simulated Redis keeps, who hears of them, and who watches that they do right.
final class SimulatedBreakerStore {
  private(set) var store = BreakerStore()
  /// What a Redis that is promoted has: writes of the last moments are not in it.
  private var copy = BreakerStore()
  private var listeners: [Int: (BreakerKeys, BreakerStatus) -> Void] = [:]
  var audit: BreakerAudit?

  func loseAll() {
    store = BreakerStore()
    audit?.hasForgotten(store)
  }

  /// The replica of Redis has all that was written until now.
  func replicate() { copy = store }

  /// A replica that lagged behind takes over.
  func failOver() {
    store = copy
    audit?.hasForgotten(store)
  }

  /// What goes on beside the Redis that has taken over, with all that was written.
  func former(_ audit: BreakerAudit) -> SimulatedBreakerStore {
    let former = SimulatedBreakerStore()
    (former.store, former.audit) = (store, audit)
    audit.hasForgotten(store)
    return former
  }

  func forget(_ part: BreakerStore.Part, of keys: BreakerKeys) {
    store.forget(part, of: keys)
    audit?.hasForgotten(store)
  }

  func clockChanged() { audit?.clockChanged() }

  func listen(_ listener: Int, _ handler: ((BreakerKeys, BreakerStatus) -> Void)?) {
    listeners[listener] = handler
  }

  private var passIsOverAt: Int64 = 0

  func claimOutlierPass(for time: Int64, now: Int64) -> Bool {
    guard !(now..<now + time ~= passIsOverAt) else { return false }
    passIsOverAt = now + time
    return true
  }

  func machine(_ keys: BreakerKeys) -> BreakerMachine { store.entries[keys]?.machine ?? BreakerMachine() }

  func read(_ keys: BreakerKeys, now: Int64) -> BreakerStatus {
    expire(now)
    return store.read(keys, now: now)
  }

  /// Windows come and go; what else expires is forgotten.
  private func expire(_ now: Int64) {
    let isOver = store.entries.values.contains { entry in
      entry.expires.contains { $0.key != .window && $0.value <= now }
    }
    store.sweep(now: now)
    if isOver { audit?.hasForgotten(store) }
  }

  func run<Reply>(
    _ keys: BreakerKeys, now: Int64, _ event: (inout BreakerStore) -> Reply,
    _ check: (BreakerAudit, _ before: BreakerMachine, _ after: BreakerMachine, Reply) -> Void
  ) -> Reply {
    expire(now)
    let before = machine(keys)
    let reply = event(&store)
    if let audit { check(audit, before, machine(keys), reply) }
    for news in store.takeNews() {
      for (_, handler) in listeners.sorted(by: { $0.key < $1.key }) { handler(news.keys, news.status) }
    }
    return reply
  }
}

extension SimulatedState: SharedBreakers {
  private func breakers(of redis: SimulatedRedis) -> SimulatedBreakerStore {
    isAtFormer ? redis.formerBreakers ?? redis.breakers : redis.breakers
  }

  func report(
    _ report: BreakerReport, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerReport.Reply, StateFailure>) -> Void
  ) {
    ask(
      { [self] redis in
        breakers(of: redis).run(keys, now: redis.now) {
          $0.report(keys, report, settings, jitter: jitter, now: redis.now)
        } _: {
          $0.reported(keys, report, $1, $2, $3)
        }
      }, completion)
  }

  func permit(
    _ id: String, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerPermit, StateFailure>) -> Void
  ) {
    ask(
      { [self] redis in
        breakers(of: redis).run(keys, now: redis.now) {
          $0.permit(keys, id, settings, jitter: jitter, now: redis.now)
        } _: {
          $0.permitted(keys, id, settings, $1, $2, $3, now: redis.now)
        }
      }, completion)
  }

  func probe(
    _ probe: BreakerProbe, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerProbe.Reply, StateFailure>) -> Void
  ) {
    ask(
      { [self] redis in
        breakers(of: redis).run(keys, now: redis.now) {
          $0.probe(keys, probe, settings, jitter: jitter, now: redis.now)
        } _: {
          $0.probed(keys, probe, settings, $1, $2, $3)
        }
      }, completion)
  }

  func readBreaker(
    _ keys: BreakerKeys, _ completion: @escaping (Result<BreakerStatus, StateFailure>) -> Void
  ) {
    ask({ [self] in breakers(of: $0).read(keys, now: $0.now) }, completion)
  }

  func readWindow(
    _ keys: BreakerKeys, _ settings: BreakerSettings,
    _ completion: @escaping (Result<BreakerCounts, StateFailure>) -> Void
  ) {
    ask(
      { [self] in breakers(of: $0).store.window(keys, now: $0.now).sum(settings, now: $0.now) }, completion)
  }

  func claimOutlierPass(
    prefix: String, for time: Int64, _ completion: @escaping (Result<Bool, StateFailure>) -> Void
  ) {
    ask({ [self] in breakers(of: $0).claimOutlierPass(for: time, now: $0.now) }, completion)
  }
}
