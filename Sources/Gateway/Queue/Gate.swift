import Synchronization

/// How many requests an endpoint takes: from all replicas (`limit`), and of these from this one at the moment (`ceiling`).
///
/// All workers of the replica read it; one at a time sets it, as the others' counts come in.
final class Gate: Sendable {
  /// 0: as many as come.
  private let limitCount = Atomic<Int>(0)
  private let ceilingCount = Atomic<Int>(0)
  /// Requests of this replica that wait for the endpoint, or for one of several.
  private let wantedCount = Atomic<Int>(0)

  /// What was wanted when the others' counts last came in.
  private let formerCount = Atomic<Int>(0)

  /// What is wanted, as far as it was when this was last asked: the others have seen that by now, and what they want has been told too.
  /// Else all who begin to want at once would each take what the others seem not to.
  func takeSettledWant() -> Int {
    let now = wanted
    return min(now, formerCount.exchange(now, ordering: .relaxed))
  }

  var wanted: Int { wantedCount.load(ordering: .sequentiallyConsistent) }
  func want() { wantedCount.wrappingAdd(1, ordering: .sequentiallyConsistent) }
  func unwant() { wantedCount.wrappingSubtract(1, ordering: .sequentiallyConsistent) }

  var limit: Int? {
    let limit = limitCount.load(ordering: .relaxed)
    return limit > 0 ? limit : nil
  }

  var ceiling: Int { ceilingCount.load(ordering: .relaxed) }

  /// `ceiling` holds until it is set anew.
  func set(limit: Int?, ceiling: Int) {
    ceilingCount.store(ceiling, ordering: .relaxed)
    limitCount.store(limit ?? 0, ordering: .relaxed)
  }

  func set(ceiling: Int) { ceilingCount.store(ceiling, ordering: .sequentiallyConsistent) }

  func isShut(at count: Int) -> Bool {
    limitCount.load(ordering: .relaxed) > 0 && count >= ceilingCount.load(ordering: .relaxed)
  }

  /// Adds one to `count` unless that is more than the ceiling.
  func pass(_ count: borrowing Atomic<Int>) -> Bool {
    var seen = count.load(ordering: .sequentiallyConsistent)
    while !isShut(at: seen) {
      let (done, now) = count.compareExchange(
        expected: seen, desired: seen + 1, ordering: .sequentiallyConsistent)
      if done { return true }
      seen = now
    }
    return false
  }
}

/// A request's place at an endpoint that takes only so many: counted in flight there while this object lives.
final class Slot: Sendable {
  let endpoint: Endpoint
  /// Hears of its end, where somebody waits for it.
  private let desk: QueueDesk?

  /// `endpoint` has been entered.
  init(entered endpoint: Endpoint, _ desk: QueueDesk?) { (self.endpoint, self.desk) = (endpoint, desk) }

  deinit {
    endpoint.occupancy.leave()
    if endpoint.gate.wanted > 0 { desk?.pour([endpoint]) }
  }
}
