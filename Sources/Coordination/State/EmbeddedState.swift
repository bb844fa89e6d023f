import Glibc
import NIOConcurrencyHelpers
package import Policy
import Synchronization

/// The shared state of a replica alone: the scripts' twins over memory, shared by all its workers. Nothing survives the process.
package final class EmbeddedStore: Sendable {
  /// Groups of keys in stores of their own, so that workers seldom wait for each other. A group's keys share their tag, and so
  /// their store.
  private let stores: [NIOLockedValueBox<LimitStore>]
  private let keys = NIOLockedValueBox(KeyStore(EmbeddedState.names))
  private let breakers = NIOLockedValueBox(BreakerStore())
  private let control = NIOLockedValueBox(ControlStore(EmbeddedState.controlNames))
  private let feedback = NIOLockedValueBox(FeedbackStore(EmbeddedState.feedbackNames))
  private let experiments = NIOLockedValueBox(ExperimentStore(EmbeddedState.experimentNames))
  private let choices = NIOLockedValueBox(ChoiceStore(EmbeddedState.choiceNames))
  private let decisions = NIOLockedValueBox(DecisionRing(limit: DecisionTerms.ring))
  private let audits = NIOLockedValueBox(DecisionRing(limit: DecisionTerms.ring))

  package init() { stores = (0..<32).map { _ in NIOLockedValueBox(LimitStore()) } }

  func with<Value>(_ key: String, _ body: (inout LimitStore) -> Value) -> Value {
    stores[Self.position(key, stores.count)].withLockedValue(body)
  }

  func withKeys<Value>(_ body: (inout KeyStore) -> Value) -> Value { keys.withLockedValue(body) }

  func withBreakers<Value>(_ body: (inout BreakerStore) -> Value) -> Value { breakers.withLockedValue(body) }

  func withControl<Value>(_ body: (inout ControlStore) -> Value) -> Value { control.withLockedValue(body) }

  func withFeedback<Value>(_ body: (inout FeedbackStore) -> Value) -> Value { feedback.withLockedValue(body) }

  func withExperiments<Value>(_ body: (inout ExperimentStore) -> Value) -> Value {
    experiments.withLockedValue(body)
  }

  func withChoices<Value>(_ body: (inout ChoiceStore) -> Value) -> Value { choices.withLockedValue(body) }

  func withDecisions<Value>(_ body: (inout DecisionRing) -> Value) -> Value {
    decisions.withLockedValue(body)
  }

  func withAudits<Value>(_ body: (inout DecisionRing) -> Value) -> Value { audits.withLockedValue(body) }

  private let swept = Synchronization.Atomic<Int64>(0)
  private static let period: Int64 = 10_000

  /// Forgets what has expired, every ten seconds.
  func sweepIfDue(_ now: Int64) {
    let last = swept.load(ordering: .relaxed)
    guard abs(now - last) > Self.period,
      swept.compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
    else { return }
    for store in stores { store.withLockedValue { $0.sweep(now: now) } }
    withKeys { $0.sweep(now: now) }
    withBreakers { $0.sweep(now: now) }
    withControl { $0.sweep(now: now) }
    withFeedback { $0.sweep(now: now) }
    withExperiments { $0.sweep(now: now) }
    withChoices { $0.sweep(now: now) }
    withDecisions { $0.sweep(now: now) }
    withAudits { $0.sweep(now: now) }
  }

  /// Everything that is kept now, for people who look.
  package func entries() -> [String: LimitStore.Entry] {
    stores.reduce(into: [:]) { all, store in
      all.merge(store.withLockedValue { $0.entries }) { first, _ in first }
    }
  }

  /// By the tag: what stands between braces.
  private static func position(_ key: String, _ count: Int) -> Int {
    var hash: UInt64 = 0xcbf2_9ce4_8422_2325  // FNV-1a
    for byte in key.utf8 {
      if byte == 0x7D { break }
      hash = (hash ^ UInt64(byte)) &* 0x100_0000_01b3
    }
    return Int(truncatingIfNeeded: hash % UInt64(count))
  }
}

package final class EmbeddedState: SharedState {
  let store: EmbeddedStore

  private let clock: () -> Int64

  /// `clock` counts milliseconds since 1970.
  package init(_ store: EmbeddedStore, clock: @escaping () -> Int64 = EmbeddedState.wallMilliseconds) {
    (self.store, self.clock) = (store, clock)
  }

  package var isAvailable: Bool { true }
  package var now: Int64 { clock() }

  package func admit(
    _ admission: Admission, _ completion: @escaping (Result<Admission.Reply, StateFailure>) -> Void
  ) {
    let now = now
    completion(.success(store.with(admission.reservation) { $0.admit(admission, now: now) }))
  }

  package func settle(
    _ settling: Settling, _ completion: @escaping (Result<Settling.Reply, StateFailure>) -> Void
  ) {
    let now = now
    completion(.success(store.with(settling.reservation) { $0.settle(settling, now: now) }))
  }

  package func charge(
    _ admission: Admission, _ completion: @escaping (Result<Bool, StateFailure>) -> Void
  ) {
    let now = now
    completion(.success(store.with(admission.reservation) { $0.charge(admission, now: now) }))
  }

  package func renew(
    _ ids: [String], of key: String, _ rule: Slots.Rule,
    _ completion: @escaping (Result<Void, StateFailure>) -> Void
  ) {
    let now = now
    completion(.success(store.with(key) { $0.renew(ids, of: key, rule, now: now) }))
  }

  package func lease(
    _ call: LeaseCall, _ completion: @escaping (Result<LeaseCall.Reply, StateFailure>) -> Void
  ) {
    let now = now
    completion(.success(store.with(call.record) { $0.lease(call, now: now) }))
  }

  package func beat() { store.sweepIfDue(now) }
  package func flush() {}
  package func flushSoon() {}
  package func close() {}

  /// A replica alone has no other clock that others share.
  package static func wallMilliseconds() -> Int64 {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Int64(time.tv_sec) * 1_000 + Int64(time.tv_nsec) / 1_000_000
  }
}
