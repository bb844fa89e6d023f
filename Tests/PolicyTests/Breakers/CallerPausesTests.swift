import Testing

@testable import Policy

struct CallerPausesTests {
  private var pauses = CallerPauses()
  private let poisoned: UInt64 = 1
  private let other: UInt64 = 2

  private mutating func fail(_ count: Int, _ caller: UInt64 = 1, at now: Int64 = 0) {
    for _ in 0..<count { pauses.failed(caller, now: now) }
  }

  @Test mutating func whoFailsAloneIsPaused() {
    pauses.succeeded(other, now: 0)
    fail(4)
    #expect(!pauses.isPaused(poisoned, now: 0))
    fail(1)
    #expect(pauses.pauseLeft(poisoned, now: 0) == 1_000 && !pauses.isPaused(other, now: 0))
    #expect(pauses.isPaused(poisoned, now: 999) && !pauses.isPaused(poisoned, now: 1_000))
  }

  /// Then the endpoint is at fault, and the breaker's to judge.
  @Test mutating func whereNobodySucceedsNobodyIsPaused() {
    fail(50)
    #expect(!pauses.isPaused(poisoned, now: 0))
    pauses.succeeded(other, now: 0)
    fail(1, at: 10_001)
    #expect(!pauses.isPaused(poisoned, now: 10_001), "that was long ago")
    fail(1, at: 9_999)
    #expect(pauses.isPaused(poisoned, now: 9_999))
  }

  @Test mutating func ownSuccessesAreNoOnesElse() {
    pauses.succeeded(poisoned, now: 0)
    fail(5)
    #expect(!pauses.isPaused(poisoned, now: 0))
    pauses.succeeded(other, now: 0)
    for _ in 0..<3 { pauses.succeeded(poisoned, now: 0) }
    fail(5)
    #expect(pauses.isPaused(poisoned, now: 0), "another did before")
  }

  @Test mutating func eachPauseIsTwiceAsLong() {
    var now: Int64 = 0
    fail(4)
    for length: Int64 in [1_000, 2_000, 4_000, 8_000, 16_000, 30_000, 30_000] {
      pauses.succeeded(other, now: now)
      fail(1, at: now)
      fail(3, at: now)  // that were under way
      #expect(pauses.pauseLeft(poisoned, now: now) == length)
      now += length
    }
    pauses.succeeded(poisoned, now: now)
    fail(4, at: now)
    #expect(!pauses.isPaused(poisoned, now: now), "one success, and it begins anew")
  }

  @Test mutating func whoseProbeFailedAloneIsOutUntilTheBreakerCloses() {
    pauses.probeFailed(poisoned, for: 5_000, now: 0)
    #expect(pauses.pauseLeft(poisoned, now: 0) == 5_000 && !pauses.isPaused(other, now: 0))
    pauses.succeeded(poisoned, isSlow: true, now: 1)
    #expect(pauses.isPaused(poisoned, now: 4_999) && !pauses.isPaused(poisoned, now: 5_000))
    pauses.probeFailed(poisoned, for: 5_000, now: 6_000)
    pauses.closed()
    #expect(!pauses.pausesAny(now: 6_000))
  }

  @Test mutating func onlySoManyAreRemembered() {
    pauses.succeeded(999_999, now: 0)
    fail(5, 7, at: 0)
    for caller in 0..<UInt64(CallerPauses.most) { fail(1, 1_000 + caller, at: 1) }
    #expect(!pauses.isPaused(7, now: 1))
    fail(4, 1_000 + 3, at: 2)
    #expect(pauses.isPaused(1_003, now: 2))
  }
}
