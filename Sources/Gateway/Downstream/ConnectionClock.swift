import Settings

/// When a connection has waited long enough for its client: a value that is told the time.
///
/// Heads, bodies and unread answers each have a bound of their own, so that a client that drips a byte now and then is
/// closed too.
struct ConnectionClock {
  enum Phase: Equatable {
    /// Between requests, or before the first.
    case idle
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

  private let server: Settings.Server
  private(set) var phase = Phase.idle
  private var since: Int64

  init(server: Settings.Server, now: Int64) {
    self.server = server
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

  func check(now: Int64) -> Verdict {
    let waited = now - since
    switch phase {
    case .answering: return .wait
    case .idle, .unread: return waited > server.idleTimeout.nanoseconds ? .close : .wait
    case .lingering: return waited > Self.lingering ? .close : .wait
    case .readingHead: return waited > server.headerTimeout.nanoseconds ? .refuseHead : .wait
    case .readingBody(let received):
      let extra = Int64(received >> 14) * 1_000_000_000
      return waited > server.bodyTimeout.nanoseconds + extra ? .refuseBody : .wait
    }
  }
}

extension Duration {
  var nanoseconds: Int64 { components.seconds * 1_000_000_000 + components.attoseconds / 1_000_000_000 }
}
