/// Whether Redis is asked at all: a replica's own breaker, so that a Redis that hangs costs a few timeouts and not one per request
/// (algorithms §1.6).
///
///     closed → open → probing → closed
///                 ↖︎_____↙︎
///
/// Five failures in a row, or half of at least twenty calls within a second, open it for 250 ms, twice as long each time up to
/// 5 s; then one call is let through to see. One that opens again within 5 s of its closing goes on where it was.
package struct LinkBreaker: Sendable {
  /// What changed by an event: one log line each.
  package enum Change: Equatable, Sendable { case none, opened(nanoseconds: Int64), closed }

  private enum State: Equatable {
    case closed
    case open(until: Int64)
    /// One call is on its way; another is let through if nothing is heard of it by then.
    case probing(until: Int64)
  }

  package static let failuresInARow = 5
  package static let leastCalls = 20
  package static let window: Int64 = 1_000_000_000
  package static let firstPause: Int64 = 250_000_000
  package static let longestPause: Int64 = 5_000_000_000
  package static let relapse: Int64 = 5_000_000_000

  private var state = State.closed
  private var pause = Self.firstPause
  /// Until then, opening again is a relapse, and `pause` is what it would be.
  private var recovering: Int64 = 0
  private var inARow = 0
  private var windowEnds: Int64 = 0
  private var calls = 0
  private var failures = 0

  package init() {}

  package var isClosed: Bool { state == .closed }

  /// Whether a call may go out at `now`, in monotonic nanoseconds. Behind a pause, the one who asks is the probe.
  package mutating func mayCall(now: Int64) -> Bool {
    switch state {
    case .closed: return true
    case .open(let until), .probing(let until):
      guard now >= until else { return false }
      state = .probing(until: now + Self.firstPause)
      return true
    }
  }

  package mutating func succeeded(now: Int64) -> Change {
    inARow = 0
    guard state == .closed else {
      let next = min(pause * 2, Self.longestPause)
      self = LinkBreaker()
      (pause, recovering) = (next, now + Self.relapse)
      return .closed
    }
    count(failure: false, now)
    return .none
  }

  package mutating func failed(now: Int64) -> Change {
    switch state {
    case .closed:
      if now >= recovering { pause = Self.firstPause }
      inARow += 1
      count(failure: true, now)
      let isHalf = calls >= Self.leastCalls && failures * 2 >= calls
      return inARow >= Self.failuresInARow || isHalf ? open(now) : .none
    case .probing:
      pause = min(pause * 2, Self.longestPause)
      return open(now)
    case .open: return .none  // a call that went out before
    }
  }

  private mutating func open(_ now: Int64) -> Change {
    (inARow, calls, failures) = (0, 0, 0)
    state = .open(until: now + pause)
    return .opened(nanoseconds: pause)
  }

  private mutating func count(failure: Bool, _ now: Int64) {
    if now >= windowEnds { (windowEnds, calls, failures) = (now + Self.window, 0, 0) }
    calls += 1
    if failure { failures += 1 }
  }
}
