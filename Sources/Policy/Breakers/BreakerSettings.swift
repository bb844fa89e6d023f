/// When a breaker opens, and how it closes again. They travel with each call, so that changing a configuration migrates nothing.
package struct BreakerSettings: Equatable, Sendable {
  /// Milliseconds that a call counts.
  package let window: Int64
  /// Fewer calls in the window say nothing.
  package let minRequests: Int64
  /// In percent of the calls.
  package let failureRate: Int64
  /// Of the calls that succeeded, in percent.
  package let slowRate: Int64
  /// Milliseconds: how long it is open the first time, and at the longest.
  package let base: Int64
  package let max: Int64
  /// How many calls of a half-open generation have to succeed, and how many may start.
  package let probes: Int64
  /// Milliseconds until a probe that nothing is heard of is lost: the time to the first byte, and 5 s.
  package let probeTime: Int64
  /// In percent of a pool's weight: where less is closed, rates are ignored (`Panic`).
  package let panic: Int64

  /// Answer failures of one caller count up to this (algorithms §2, ruling 2).
  package var mostOfOneCaller: Int64 { Swift.max(1, minRequests / 2) }

  /// Connections in a row that one replica failed to make, which open a breaker at once.
  package static let connectFailuresInARow = 5
  /// The longest time that a setting may name: a day.
  package static let longest: Int64 = 86_400_000

  /// Traps on settings that make no sense.
  package init(
    window: Int64 = 10_000, minRequests: Int64 = 20, failureRate: Int64 = 50, slowRate: Int64 = 80,
    base: Int64 = 5_000, max: Int64 = 300_000, probes: Int64 = 3, probeTime: Int64 = 35_000,
    panic: Int64 = 50
  ) {
    let times = [window, base, max, probeTime]
    precondition(times.allSatisfy { 1...Self.longest ~= $0 } && base <= max, "times of a breaker: \(times)")
    precondition(
      1...1_000_000 ~= minRequests && 1...1_000 ~= probes, "\(minRequests) calls, \(probes) probes")
    let rates = [failureRate, slowRate]
    precondition(
      rates.allSatisfy { 1...100 ~= $0 } && 0...100 ~= panic, "rates of a breaker: \(rates), \(panic)")
    (self.window, self.minRequests, self.failureRate, self.slowRate) = (
      window, minRequests, failureRate, slowRate
    )
    (self.base, self.max, self.probes, self.probeTime) = (base, max, probes, probeTime)
    self.panic = panic
  }

  /// The same, but that it never opens for longer.
  func opening(atMost most: Int64) -> BreakerSettings {
    BreakerSettings(
      window: window, minRequests: minRequests, failureRate: failureRate, slowRate: slowRate,
      base: Swift.min(base, most), max: most, probes: probes, probeTime: probeTime, panic: panic)
  }

  /// Milliseconds to stay open after so many openings in a row: twice as long each time. `jitter` is in thousandths.
  func openTime(after opens: Int64, jitter: Int64) -> Int64 {
    Swift.min(max, base << Swift.min(opens, 30)) * (1_000 + jitter) / 1_000
  }
}
