import Settings
import Testing

@testable import Gateway

struct ConnectionClockTests {
  private static let second: Int64 = 1_000_000_000
  private static let server: Settings.Server = {
    var server = Settings().server
    server.idleTimeout = .seconds(75)
    server.headerTimeout = .seconds(10)
    server.bodyTimeout = .seconds(30)
    return server
  }()

  private typealias Row = (phase: ConnectionClock.Phase, seconds: Int64, verdict: ConnectionClock.Verdict)

  /// What each phase has, and what comes of it.
  private static let rows: [Row] = [
    (.idle, 75, .close), (.unread, 75, .close), (.lingering, 2, .close), (.lastCall, 3, .close),
    (.readingHead, 10, .refuseHead),
    (.readingBody(received: 0), 30, .refuseBody), (.readingBody(received: 16383), 30, .refuseBody),
    (.readingBody(received: 16384), 31, .refuseBody), (.readingBody(received: 1 << 20), 94, .refuseBody),
  ]

  @Test(arguments: rows.indices) func aPhaseEndsBehindItsLimitAndNotAtIt(index: Int) {
    let row = Self.rows[index]
    let start: Int64 = 123 * Self.second
    var clock = ConnectionClock(limits: TimeLimits(Self.server), now: 0)
    if row.phase == .idle { clock.enter(.answering, now: 1) }
    clock.enter(row.phase, now: start)
    #expect(clock.check(now: start) == .wait)
    #expect(clock.check(now: start + row.seconds * Self.second) == .wait)
    #expect(clock.check(now: start + row.seconds * Self.second + 1) == row.verdict)
  }

  @Test func aNewConnectionIsIdleFromItsBegin() {
    let clock = ConnectionClock(limits: TimeLimits(Self.server), now: 5)
    #expect(clock.phase == .idle)
    #expect(clock.check(now: 5 + 75 * Self.second + 1) == .close)
  }

  @Test func anExchangeIsNotTheClocksBusiness() {
    var clock = ConnectionClock(limits: TimeLimits(Self.server), now: 0)
    clock.enter(.answering, now: 0)
    #expect(clock.check(now: .max) == .wait)
  }

  /// A byte now and then keeps no connection open.
  @Test func drippingAHeadDoesNotGainTime() {
    var clock = ConnectionClock(limits: TimeLimits(Self.server), now: 0)
    for second in 0...10 as ClosedRange<Int64> {
      clock.enter(.readingHead, now: second * Self.second)
      #expect(clock.check(now: second * Self.second) == .wait)
    }
    #expect(clock.check(now: 10 * Self.second + 1) == .refuseHead)
  }

  @Test func drippingABodyGainsTimeForItsBytesAlone() {
    var clock = ConnectionClock(limits: TimeLimits(Self.server), now: 0)
    for second in 0...30 as ClosedRange<Int64> {
      clock.enter(.readingBody(received: Int(second)), now: second * Self.second)
      #expect(clock.check(now: second * Self.second) == .wait)
    }
    #expect(clock.check(now: 30 * Self.second + 1) == .refuseBody)
    clock.enter(.readingBody(received: 16384 * 5), now: 31 * Self.second)
    #expect(clock.check(now: 35 * Self.second) == .wait)
    #expect(clock.check(now: 35 * Self.second + 1) == .refuseBody)
  }

  @Test func anotherPhaseStartsItsOwnClock() {
    var clock = ConnectionClock(limits: TimeLimits(Self.server), now: 0)
    clock.enter(.readingHead, now: 70 * Self.second)
    clock.enter(.answering, now: 75 * Self.second)
    clock.enter(.idle, now: 100 * Self.second)
    #expect(clock.check(now: 175 * Self.second) == .wait)
    #expect(clock.check(now: 175 * Self.second + 1) == .close)
  }

  @Test(arguments: [
    (Duration.seconds(3), 3_000_000_000 as Int64), (.milliseconds(1), 1_000_000), (.nanoseconds(7), 7),
    (.zero, 0),
  ])
  func durationsAreNanoseconds(duration: Duration, nanoseconds: Int64) {
    #expect(duration.nanoseconds == nanoseconds)
  }
}
