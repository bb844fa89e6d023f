import Policy
import Testing

struct RetryBudgetTests {
  @Test func aModelWithoutRequestsHasItsReserve() {
    let budget = RetryBudget(percent: 20)
    let reserve = RetryBudget.window * RetryBudget.reserve
    #expect(reserve == 100)
    #expect(budget.allows(requests: 0, retries: 0))
    #expect(budget.allows(requests: 0, retries: reserve - 1))
    #expect(!budget.allows(requests: 0, retries: reserve))
  }

  @Test(arguments: [(20, 1000, 300), (10, 1000, 200), (0, 1000, 100), (100, 1000, 1100), (20, 7, 102)])
  func retriesAreAShareOfRequestsPlusTheReserve(percent: Int, requests: Int, atMost: Int) {
    let budget = RetryBudget(percent: percent)
    let taken = (0...2000).prefix { budget.allows(requests: requests, retries: $0) }.count
    #expect(taken == atMost)
  }

  /// A16: everything fails at once, and every request wants two retries.
  @Test(arguments: [1, 10, 100, 1000, 5000])
  func aStormIsAmplifiedByTheShareAndTheReserveAlone(requestsPerSecond: Int) {
    var storm = Storm(percent: 20)
    let seconds = 60
    for _ in 0..<seconds { storm.second(requests: requestsPerSecond, retriesWanted: 2) }
    let requests = requestsPerSecond * seconds
    let bound = Double(requests) * 1.2 + Double(RetryBudget.reserve * (seconds + RetryBudget.window))
    #expect(Double(storm.attempts) <= bound)
    #expect(storm.attempts >= min(requests * 3, requests * 119 / 100 + RetryBudget.reserve * (seconds - 1)))
  }

  @Test func whatLeftTheWindowCountsNoMore() {
    var storm = Storm(percent: 20)
    storm.second(requests: 10_000, retriesWanted: 0)
    for _ in 0..<RetryBudget.window { storm.second(requests: 0, retriesWanted: 0) }
    let before = storm.attempts
    storm.second(requests: 1000, retriesWanted: 2)
    #expect(storm.attempts - before - 1000 == 300)
  }
}

/// One replica's traffic second by second, with the counts of the window kept exactly.
private struct Storm {
  private let budget: RetryBudget
  private var window: [(requests: Int, retries: Int)] = []
  private(set) var attempts = 0

  init(percent: Int) { budget = RetryBudget(percent: percent) }

  mutating func second(requests: Int, retriesWanted: Int) {
    window.append((0, 0))
    if window.count > RetryBudget.window { window.removeFirst() }
    for _ in 0..<requests {
      window[window.count - 1].requests += 1
      attempts += 1
      for _ in 0..<retriesWanted where mayRetry() {
        window[window.count - 1].retries += 1
        attempts += 1
      }
    }
  }

  private func mayRetry() -> Bool {
    budget.allows(
      requests: window.reduce(0) { $0 + $1.requests }, retries: window.reduce(0) { $0 + $1.retries })
  }
}
