import Policy
import Testing

@testable import Gateway

struct RetryLedgerTests {
  private let second: Int64 = 1_000_000_000
  private let none = RetryBudget(percent: 0)
  private let all = RetryBudget(percent: 100)

  /// Retries that can be taken at a moment; takes them.
  private func take(_ ledger: RetryLedger, _ budget: RetryBudget, now: Int64) -> Int {
    (0..<100_000).prefix { _ in ledger.takeRetry(budget, now: now) }.count
  }

  @Test func theReserveIsThereWithoutRequests() {
    let ledger = RetryLedger()
    #expect(take(ledger, none, now: 0) == 100)
    #expect(!ledger.takeRetry(none, now: 9 * second))
    #expect(take(ledger, none, now: 10 * second) == 100, "what was taken ten seconds ago counts no more")
  }

  @Test func requestsCountForTenSeconds() {
    let ledger = RetryLedger()
    for _ in 0..<50 { ledger.countRequest(now: 100 * second) }
    for _ in 0..<7 { ledger.countRequest(now: 105 * second) }
    #expect(take(ledger, all, now: 105 * second) == 157)
    #expect(take(ledger, all, now: 110 * second) == 0, "7 requests and the reserve, less 157 taken")
    #expect(take(ledger, all, now: 115 * second) == 100)
  }

  /// Cells are used again every sixteen seconds.
  @Test func cellsOfOldSecondsStartAnew() {
    let ledger = RetryLedger()
    for turn in 0..<40 as Range<Int64> {
      for _ in 0..<3 { ledger.countRequest(now: turn * 16 * second) }
      #expect(take(ledger, all, now: turn * 16 * second) == 103)
    }
  }

  @Test func whatComesTooLateDoesNotEraseWhatIsThere() {
    let ledger = RetryLedger()
    for _ in 0..<50 { ledger.countRequest(now: 116 * second) }
    ledger.countRequest(now: 100 * second)
    #expect(take(ledger, all, now: 116 * second) == 150)
  }

  @Test func fourThreadsLoseNothing() async {
    let ledger = RetryLedger()
    let now = 7 * second
    await onFourThreads { _ in
      for _ in 0..<20_000 { ledger.countRequest(now: now) }
    }
    #expect(take(ledger, all, now: now) == 80_100)
  }

  /// A check and a take are two steps: each thread may be one retry late, not more.
  @Test func fourThreadsTakeNoMoreThanOneEachTooMany() async {
    let ledger = RetryLedger()
    let budget = none
    await onFourThreads { _ in while ledger.takeRetry(budget, now: 0) {} }
    let full = RetryBudget(percent: 100)
    // 100 are in the reserve: with `n` requests more, as many retries fit as were not taken yet.
    for _ in 0..<10 { ledger.countRequest(now: 0) }
    let left = take(ledger, full, now: 0)
    #expect((7...10).contains(left))
  }
}
