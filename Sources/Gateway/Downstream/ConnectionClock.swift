/// When a connection has waited long enough for its client: a value that is told the time.
///
/// Heads, bodies and unread answers each have a bound of their own, so that a client that drips a byte now and then is
/// closed too.
struct ConnectionClock {
  enum Phase: Equatable {
    /// Between requests, or before the first.
    case idle
    /// Of a replica that is ending, which hasn't told the client so on this connection: a request may be on its way.
    case lastCall
    case readingHead
    case readingBody(received: Int)
    /// The request is whole; the exchange's own deadline holds.
    case answering
    /// The client doesn't read what was written.
    case unread
    /// The answer is out and the connection will be closed; what still comes is thrown away meanwhile.
    case lingering
  }

  enum Verdict: Equatable { case wait, close, refuseHead, refuseBody }

  private let limits: TimeLimits
  private(set) var phase = Phase.idle
  private var since: Int64

  init(limits: TimeLimits, now: Int64) {
    self.limits = limits
    since = now
  }

  /// Enters a phase; the same phase again (with more bytes received, say) goes on with its clock.
  mutating func enter(_ next: Phase, now: Int64) {
    switch (phase, next) {
    case (.readingBody, .readingBody): break
    case _ where phase == next: break
    default: since = now
    }
    phase = next
  }

  /// The phase goes on with its clock at zero: there was progress.
  mutating func restart(now: Int64) { since = now }

  /// Nanoseconds given to a client that is being let go.
  static let lingering: Int64 = 2_000_000_000
  /// Nanoseconds given to the request of a client that couldn't know that the replica is ending.
  static let lastCall: Int64 = 3_000_000_000

  func check(now: Int64) -> Verdict {
    let waited = now - since
    switch phase {
    case .answering: return .wait
    case .idle, .unread: return waited > limits.idle ? .close : .wait
    case .lingering: return waited > Self.lingering ? .close : .wait
    case .lastCall: return waited > Self.lastCall ? .close : .wait
    case .readingHead: return waited > limits.head ? .refuseHead : .wait
    case .readingBody(let received):
      let extra = Int64(received >> 14) * 1_000_000_000
      return waited > limits.body + extra ? .refuseBody : .wait
    }
  }
}
