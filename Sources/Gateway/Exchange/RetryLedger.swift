import Policy
import Synchronization

/// The requests and retries of one model over the last ten seconds, counted by all workers of the replica.
///
/// Each second has a cell that holds the second and its count in one atomic word; a cell of an old second starts anew, and what
/// comes too late for its cell is not counted.
final class RetryLedger: Sendable {
  private let requests = SecondCounts()
  private let retries = SecondCounts()

  func countRequest(now: Int64) { requests.add(at: Self.second(now)) }

  /// Takes one retry out of the budget, or answers that none is left.
  func takeRetry(_ budget: RetryBudget, now: Int64) -> Bool {
    let second = Self.second(now)
    guard budget.allows(requests: requests.sum(upTo: second), retries: retries.sum(upTo: second)) else {
      return false
    }
    retries.add(at: second)
    return true
  }

  /// Requests of the last ten seconds.
  func requests(now: Int64) -> Int { requests.sum(upTo: Self.second(now)) }

  static func second(_ nanoseconds: Int64) -> UInt32 {
    UInt32(truncatingIfNeeded: nanoseconds / 1_000_000_000)
  }
}

/// Counts by the second, that many add to.
struct SecondCounts: ~Copyable, Sendable {
  /// Second in the upper half, count in the lower.
  private let cells = InlineArray<16, Atomic<UInt64>> { _ in Atomic(0) }

  func add(at second: UInt32) {
    let start = UInt64(second) << 32
    let index = Int(second % 16)
    var seen = cells[index].load(ordering: .relaxed)
    while seen >> 32 <= UInt64(second) {
      let next = seen >> 32 == UInt64(second) ? seen + 1 : start + 1
      let (done, now) = cells[index].compareExchange(expected: seen, desired: next, ordering: .relaxed)
      if done { return }
      seen = now
    }
  }

  /// What the last `RetryBudget.window` seconds hold, this one included.
  func sum(upTo second: UInt32) -> Int {
    var total = 0
    for index in 0..<16 {
      let cell = cells[index].load(ordering: .relaxed)
      let age = second &- UInt32(truncatingIfNeeded: cell >> 32)
      if age < RetryBudget.window { total += Int(cell & 0xFFFF_FFFF) }
    }
    return total
  }
}
