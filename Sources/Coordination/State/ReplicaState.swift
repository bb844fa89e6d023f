import NIOConcurrencyHelpers
import Policy
import Synchronization

/// What the workers of a replica share about the shared state: its breaker and clock, how many replicas there are, and what holds
/// while it is away.
package final class ReplicaState: Sendable {
  /// Names this start of this replica; what it reserves carries the name.
  package let name: String
  package let clock: StateClock
  /// Event loops that it has.
  package let workers: Int
  let held = NIOLockedValueBox(HeldSlots())
  let local = NIOLockedValueBox(LocalLimits())
  let levels = NIOLockedValueBox(BudgetLevels())
  let breaker = ReplicaBreaker()
  private let members = NIOLockedValueBox(Members())
  private let leastReplicas: Int?
  private let serial = Synchronization.Atomic<UInt64>(0)

  /// `leastReplicas` is `state.min_replicas`; nil for a replica alone.
  package init(name: String, leastReplicas: Int?, workers: Int = 1, clock: StateClock = StateClock()) {
    self.name = name
    self.clock = clock
    self.workers = workers
    self.leastReplicas = leastReplicas
  }

  /// A name that nothing else has, for a reservation or a debt.
  package func makeID() -> String {
    "\(name)-\(String(serial.wrappingAdd(1, ordering: .relaxed).newValue, radix: 36))"
  }

  // MARK: Duties

  /// What one worker does for all of the replica.
  package enum Duty: Int, CaseIterable { case beat, renewal, sweep }

  private let done = InlineArray<3, Synchronization.Atomic<Int64>> { _ in .init(0) }

  /// Whether it is time for a duty; true for one worker only.
  package func isDue(_ duty: Duty) -> Bool {
    let now = clock.monotonic
    let last = done[duty.rawValue].load(ordering: .relaxed)
    let period: Int64 = duty == .renewal ? 10_000 : 1_000
    return now - last >= period
      && done[duty.rawValue].compareExchange(expected: last, desired: now, ordering: .relaxed).exchanged
  }

  // MARK: Without the shared state

  /// Monotonic milliseconds of the last decision that was made here alone; 0 where there is none to be forgotten.
  private let lastLocal = Synchronization.Atomic<Int64>(0)
  /// Milliseconds without one, after which the next outage is another.
  private static let quiet: Int64 = 2_000

  func noteLocal() { lastLocal.store(clock.monotonic, ordering: .relaxed) }

  /// Asked for often, so without a lock where nothing was decided here.
  var hasDebts: Bool {
    lastLocal.load(ordering: .relaxed) != 0 && local.withLockedValue { $0.hasDebts }
  }

  /// To be called by one worker from time to time: forgets what an outage has left behind.
  func sweep(isAvailable: Bool, now: Int64) {
    let last = lastLocal.load(ordering: .relaxed)
    guard last != 0 else { return }
    guard isAvailable else { return local.withLockedValue { $0.sweep(now: now) } }
    guard clock.monotonic - last > Self.quiet else { return }
    local.withLockedValue { $0.end() }
  }

  /// Slots that this replica's exchanges hold.
  package var slotsHeld: Int { held.withLockedValue { $0.keys.values.reduce(0) { $0 + $1.ids.count } } }

  // MARK: Replicas

  /// Its shared state is its own memory.
  package var isAlone: Bool { leastReplicas == nil }

  /// How many replicas a limit's share is computed for.
  package var replicas: Int {
    guard let leastReplicas else { return 1 }
    return max(leastReplicas, members.withLockedValue { $0.most(at: clock.monotonic) })
  }

  /// The same, once they have been counted for two seconds: until then others may not have counted this one yet.
  var settledReplicas: Int? {
    let now = clock.monotonic
    return members.withLockedValue { $0.isSettled(at: now) } ? replicas : nil
  }

  package func counted(_ replicas: Int) {
    members.withLockedValue { $0.add(replicas, at: clock.monotonic) }
  }

  // MARK: Whether Redis can be used

  /// A connection was made, and nobody has looked yet how Redis is set up.
  let isCheckDue = Synchronization.Atomic<Bool>(false)
  private let isRefused = Synchronization.Atomic<Bool>(false)

  /// True for one worker only.
  func takeCheck() -> Bool {
    isCheckDue.load(ordering: .relaxed) && isCheckDue.exchange(false, ordering: .relaxed)
  }

  /// False for a Redis that is too old.
  var isUsable: Bool { !isRefused.load(ordering: .relaxed) }
  func setUsable(_ isUsable: Bool) { isRefused.store(!isUsable, ordering: .relaxed) }

  // MARK: The breaker

  /// Whether the shared state answers, as far as this replica knows.
  package var isClosed: Bool { breaker.isClosed }
  package func mayProbe(_ now: Int64) -> Bool { breaker.mayProbe(now) }
  package func succeeded(_ now: Int64) -> LinkBreaker.Change { breaker.succeeded(now) }
  package func failed(_ now: Int64) -> LinkBreaker.Change { breaker.failed(now) }
}

/// Counts of replicas over the last minute. One that never heard of any assumes ten.
private struct Members {
  private var counts: [(at: Int64, count: Int)] = []
  private var first: Int64?
  /// Longer than the others' leases take to shrink: a heartbeat, a window and a call.
  private static let settling: Int64 = 2_000
  private static let window: Int64 = 60_000
  private static let unknown = 10

  mutating func add(_ count: Int, at now: Int64) {
    counts.removeAll { now - $0.at > Self.window }
    counts.append((now, count))
    first = first ?? now
  }

  func isSettled(at now: Int64) -> Bool { first.map { now - $0 >= Self.settling } ?? false }

  func most(at now: Int64) -> Int {
    guard let last = counts.last else { return Self.unknown }
    return counts.reduce(last.count) { now - $1.at > Self.window ? $0 : max($0, $1.count) }
  }
}
