import Testing

@testable import Policy

/// Ruling 2 of the breakers: whose failures count.
struct BreakerCountsTests {
  private let settings = BreakerSettings()

  /// For each caller its calls that were good, bad and slow.
  private func counts(fail: Int64 = 0, ok: Int64 = 0, _ callers: (Int64, Int64, Int64)...) -> BreakerCounts {
    var counts = BreakerCounts()
    (counts.ok, counts.fail) = (ok, fail)
    for (cell, caller) in callers.enumerated() {
      counts.cells[cell] = .init(ok: caller.0, fail: caller.1, slow: caller.2)
    }
    return counts
  }

  @Test func transportFailuresCountWhoeverCalls() {
    #expect(counts(fail: 20, (20, 0, 0)).reasonToOpen(settings) == .rate)
    #expect(counts(fail: 20, (21, 0, 0)).reasonToOpen(settings) == nil)
    #expect(counts(fail: 10, ok: 10).reasonToOpen(settings) == .rate, "health checks")
  }

  /// 20 poisoned requests, then 2,000.
  @Test(arguments: [20, 2_000, 1_000_000] as [Int64])
  func oneCallerAloneLocksNobodyOut(poisoned: Int64) {
    #expect(counts((0, poisoned, 0), (1, 0, 0)).reasonToOpen(settings) == nil)
    #expect(counts((3, poisoned, 0), (1, 0, 0), (5, 0, 0)).reasonToOpen(settings) == nil)
  }

  /// A6 with one key: there is nobody else to tell.
  @Test func theOnlyCallerOpensIt() {
    #expect(counts((0, 20, 0)).reasonToOpen(settings) == .rate)
    #expect(counts((10, 10, 0)).reasonToOpen(settings) == .rate)
    #expect(counts((11, 10, 0)).reasonToOpen(settings) == nil)
    #expect(counts((0, 19, 0)).reasonToOpen(settings) == nil)
  }

  /// A6 with twenty keys.
  @Test func severalCallersOpenIt() {
    #expect(counts((0, 10, 0), (0, 10, 0)).reasonToOpen(settings) == .rate)
    #expect(counts((0, 7, 0), (5, 7, 0), (5, 6, 0)).reasonToOpen(settings) == .rate)
  }

  @Test func oneCallerFillsHalfOfItAtMost() {
    #expect(counts((0, 500, 0), (0, 9, 0)).reasonToOpen(settings) == nil)
    #expect(counts((0, 500, 0), (0, 10, 0)).reasonToOpen(settings) == .rate)
    #expect(counts((0, 500, 0), (20, 1, 0)).reasonToOpen(settings) == nil)
  }

  @Test func aLonelyFailureAddsNothingToTheTransports() {
    #expect(counts(fail: 10, (0, 10, 0), (11, 0, 0)).reasonToOpen(settings) == nil)
    #expect(counts(fail: 10, (0, 10, 0)).reasonToOpen(settings) == .rate)
  }

  @Test func slowCallsOpenItToo() {
    #expect(counts((20, 0, 16)).reasonToOpen(settings) == .slow)
    #expect(counts((20, 0, 15)).reasonToOpen(settings) == nil)
    #expect(counts((500, 0, 500), (1, 0, 0)).reasonToOpen(settings) == nil, "one caller's long prompts")
    #expect(counts((10, 0, 10), (12, 0, 10)).reasonToOpen(settings) == .slow)
  }

  @Test func theTextHasWhatCounts() {
    #expect(counts(fail: 2, ok: 1, (3, 0, 1), (0, 0, 0), (0, 4, 0)).text == "1 2 0:3/0/1 2:0/4/0")
    #expect(BreakerCounts().text == "0 0")
  }

  @Test func aKeyIsReadableAndOfOneTag() {
    let keys = BreakerKeys(endpoint: "http://10.0.0.1:8000/v1", deployment: "a b/{c}*")
    #expect(keys.state == "sy:{cb:http://10.0.0.1:8000/v1/a%20b%2F%7Bc%7D%2A}:state")
    #expect(keys.channel == "sy:ev:cb")
    #expect(
      BreakerKeys(endpoint: "a/b", deployment: "c") != BreakerKeys(endpoint: "a", deployment: "b/c"))
  }

  @Test func aLineIsReadAsItIsWritten() throws {
    let status = BreakerStatus(
      phase: .half, generation: 1_790_000_000_000, left: 5, cool: -7, age: 9, opens: 2, issued: 3,
      succeeded: 1,
      reason: .due)
    #expect(status.line == "half 1790000000000 5 -7 9 2 3 1 due")
    #expect(BreakerStatus(Substring(status.line)) == status)
    for line in [
      "", "half 1 5 -7 9 2 3 1", "ajar 1 5 - 9 2 3 1 due", "half x 5 - 9 2 3 1 due",
      "half 1 -5 - 9 2 3 1 due", "half 1 5 + 9 2 3 1 due", "half 1 5 - 9 2 3 1 why",
      "half 1 5 - 9 2 3 1 due ",
    ] {
      #expect(BreakerStatus(Substring(line)) == nil)
    }
  }
}
