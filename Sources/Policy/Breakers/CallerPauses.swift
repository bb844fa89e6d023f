/// Callers that fail alone at one endpoint, while others succeed there: they are paused there, on this replica (ruling 2).
///
/// Callers are told apart by a hash of their own, not by the breaker's cells: nobody is paused for another. Times are milliseconds
/// of the replica's monotonic clock.
package struct CallerPauses: Sendable {
  private struct Caller {
    var failures = 0
    var pauses = 0
    var last: Int64
    var until: Int64 = 0
    /// A probe of its own failed: as long as the breaker isn't closed.
    var probesAgain: Int64 = 0

    var end: Int64 { max(until, probesAgain) }
  }

  /// Failures of a caller in a row that pause it.
  package static let failuresInARow = 5
  package static let firstPause: Int64 = 1_000
  package static let longestPause: Int64 = 30_000
  /// Callers that are remembered; the one whose last failure is the longest ago goes first.
  package static let most = 256

  private let window: Int64
  private var callers: [UInt64: Caller] = [:]
  /// The last two callers that succeeded: whoever asks, one of them is another.
  private var successes: [(caller: UInt64, at: Int64)] = []

  /// `window` is how long a success of another counts.
  package init(window: Int64 = 10_000) { self.window = window }

  package func isPaused(_ caller: UInt64, now: Int64) -> Bool { pauseLeft(caller, now: now) > 0 }

  /// Milliseconds.
  package func pauseLeft(_ caller: UInt64, now: Int64) -> Int64 {
    max(0, (callers[caller]?.end ?? 0) - now)
  }

  package func pausesAny(now: Int64) -> Bool { callers.values.contains { $0.end > now } }

  /// A slow success shows others that the endpoint answers, and ends no pause.
  package mutating func succeeded(_ caller: UInt64, isSlow: Bool = false, now: Int64) {
    if !isSlow, !callers.isEmpty { callers[caller] = nil }
    if successes.last?.caller == caller {
      successes[successes.count - 1].at = now
      return
    }
    successes.removeAll { $0.caller == caller }
    successes.append((caller, now))
    if successes.count > 2 { successes.removeFirst() }
  }

  /// An answer of the endpoint was bad; failures of the transport are nobody's. Behind a pause one more is enough for the next,
  /// twice as long.
  package mutating func failed(_ caller: UInt64, now: Int64) {
    var state = callers[caller] ?? Caller(last: now)
    state.failures += 1
    state.last = now
    let hasEnough = state.failures >= Self.failuresInARow || state.pauses > 0
    if hasEnough, now >= state.until, othersSucceed(than: caller, now) {
      state.until = now + min(Self.longestPause, Self.firstPause << Int64(min(state.pauses, 10)))
      state.pauses += 1
    }
    remember(state, caller)
  }

  /// A probe of the caller's failed, and says nothing of the endpoint: its permit is free again, but not for this caller at once.
  package mutating func probeFailed(_ caller: UInt64, for time: Int64, now: Int64) {
    var state = callers[caller] ?? Caller(last: now)
    (state.last, state.probesAgain) = (now, now + time)
    remember(state, caller)
  }

  /// Nobody needs a permit any more.
  package mutating func closed() {
    for caller in callers.keys { callers[caller]?.probesAgain = 0 }
  }

  private mutating func remember(_ state: Caller, _ caller: UInt64) {
    callers[caller] = state
    if callers.count > Self.most { forgetOldest() }
  }

  private func othersSucceed(than caller: UInt64, _ now: Int64) -> Bool {
    successes.contains { $0.caller != caller && now - $0.at <= window }
  }

  private mutating func forgetOldest() {
    if let oldest = callers.min(by: { ($0.value.last, $0.key) < ($1.value.last, $1.key) }) {
      callers[oldest.key] = nil
    }
  }
}
