/// A group's admissions on one worker: how many a second there were, and of what cost.
struct AdmissionRate: Sendable {
  private var begins: Int64
  private var count: Int64 = 0
  private var costs: [Int64]
  /// A second's, in the last window.
  private(set) var counted: Int64 = 0
  private(set) var spent: [Int64]

  init(limits: Int, now: Int64) {
    begins = now
    costs = Array(repeating: 0, count: limits)
    spent = costs
  }

  /// Nothing was asked for in the last window, nor since.
  var isIdle: Bool { counted == 0 && count == 0 }

  mutating func add(_ costs: [Int64]) {
    count += 1
    for place in costs.indices { self.costs[place] += costs[place] }
  }

  /// Times are monotonic milliseconds.
  mutating func roll(window: Int64, now: Int64) {
    let elapsed = now - begins
    guard elapsed >= window else { return }
    counted = count * 1_000 / elapsed
    spent = costs.map { $0 / elapsed * 1_000 + $0 % elapsed * 1_000 / elapsed }
    (begins, count) = (now, 0)
    for place in costs.indices { costs[place] = 0 }
  }
}
