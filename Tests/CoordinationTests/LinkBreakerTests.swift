import Testing

@testable import Coordination

struct LinkBreakerTests {
  private static let millisecond: Int64 = 1_000_000

  /// Opened by failures in a row at time 0.
  private static func opened() -> Breaker {
    let breaker = Breaker()
    for _ in 0..<LinkBreaker.failuresInARow { _ = breaker.failed(now: 0) }
    return breaker
  }

  @Test func fiveFailuresInARowOpenIt() {
    let breaker = Breaker()
    for _ in 1..<LinkBreaker.failuresInARow { #expect(breaker.failed(now: 0) == .none) }
    #expect(breaker.mayCall(now: 0))
    #expect(breaker.failed(now: 0) == .opened(nanoseconds: 250 * Self.millisecond))
    #expect(!breaker.mayCall(now: 0))
  }

  @Test func aSuccessBetweenThemKeepsItClosed() {
    let breaker = Breaker()
    for second in 0..<3 as Range<Int64> {
      // Too few in a second for a share to say anything.
      for _ in 1..<LinkBreaker.failuresInARow {
        #expect(breaker.failed(now: second * LinkBreaker.window) == .none)
      }
      #expect(breaker.succeeded(now: second * LinkBreaker.window) == .none)
    }
    #expect(breaker.isClosed)
  }

  @Test func halfOfTwentyCallsInASecondOpenIt() {
    let breaker = Breaker()
    for _ in 0..<9 {
      #expect(breaker.succeeded(now: 0) == .none)
      #expect(breaker.failed(now: 0) == .none)
    }
    #expect(breaker.succeeded(now: 0) == .none)
    #expect(breaker.failed(now: 0) == .opened(nanoseconds: 250 * Self.millisecond))
  }

  @Test func failuresOfTheSecondBeforeDoNotCount() {
    let breaker = Breaker()
    for second in 0..<20 as Range<Int64> {
      #expect(breaker.succeeded(now: second * LinkBreaker.window) == .none)
      #expect(breaker.failed(now: second * LinkBreaker.window) == .none)
    }
    #expect(breaker.isClosed)
  }

  @Test func oneProbeGoesOutBehindThePause() {
    let breaker = Self.opened()
    #expect(!breaker.mayCall(now: 250 * Self.millisecond - 1))
    #expect(breaker.mayCall(now: 250 * Self.millisecond))
    #expect(!breaker.mayCall(now: 250 * Self.millisecond))
    #expect(breaker.succeeded(now: 251 * Self.millisecond) == .closed)
    #expect(breaker.mayCall(now: 251 * Self.millisecond))
  }

  @Test func aProbeOfWhichNothingIsHeardIsFollowedByAnother() {
    let breaker = Self.opened()
    #expect(breaker.mayCall(now: 250 * Self.millisecond))
    #expect(!breaker.mayCall(now: 499 * Self.millisecond))
    #expect(breaker.mayCall(now: 500 * Self.millisecond))
  }

  @Test func pausesDoubleUpToFiveSeconds() {
    let breaker = Self.opened()
    var now = 250 * Self.millisecond
    for pause in [500, 1_000, 2_000, 4_000, 5_000, 5_000] as [Int64] {
      #expect(breaker.mayCall(now: now))
      #expect(breaker.failed(now: now) == .opened(nanoseconds: pause * Self.millisecond))
      now += pause * Self.millisecond
    }
    #expect(breaker.mayCall(now: now))
    #expect(breaker.succeeded(now: now) == .closed)
    now += LinkBreaker.relapse
    for _ in 1..<LinkBreaker.failuresInARow { #expect(breaker.failed(now: now) == .none) }
    #expect(breaker.failed(now: now) == .opened(nanoseconds: 250 * Self.millisecond))
  }

  @Test func aRelapseGoesOnWhereItWas() {
    let breaker = Self.opened()
    #expect(breaker.mayCall(now: 250 * Self.millisecond))
    #expect(breaker.succeeded(now: 250 * Self.millisecond) == .closed)
    for _ in 1..<LinkBreaker.failuresInARow { #expect(breaker.failed(now: 251 * Self.millisecond) == .none) }
    #expect(breaker.failed(now: 251 * Self.millisecond) == .opened(nanoseconds: 500 * Self.millisecond))
  }

  @Test func lateFailuresOfCallsThatWentOutBeforeChangeNothing() {
    let breaker = Self.opened()
    #expect(breaker.failed(now: 1) == .none)
    #expect(breaker.mayCall(now: 250 * Self.millisecond))
  }
}

/// In a class, as expectations can't call what changes a value.
private final class Breaker {
  private var value = LinkBreaker()

  var isClosed: Bool { value.isClosed }
  func mayCall(now: Int64) -> Bool { value.mayCall(now: now) }
  func succeeded(now: Int64) -> LinkBreaker.Change { value.succeeded(now: now) }
  func failed(now: Int64) -> LinkBreaker.Change { value.failed(now: now) }
}
