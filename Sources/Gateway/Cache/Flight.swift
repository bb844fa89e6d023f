import Policy

/// The fetching of one answer for all who ask for it at this worker, whoever fetches it: one of them, or somebody elsewhere.
///
///     claiming → leading
///         ↕︎         ↕︎
///         following
final class Flight {
  enum Phase {
    /// It is being asked whether somebody here may lead.
    case claiming
    /// One here does; milliseconds at which the lock was last written.
    case leading(renewed: Int64)
    /// Somebody elsewhere does, until these milliseconds unless it is prolonged.
    case following(until: Int64)
  }

  let keys: CacheKeys
  /// Names this attempt to lead.
  var owner: String
  /// The lock is the leader's here: it may store.
  var isLocked = false
  /// The answer that was there before: `CacheLookup.seen`.
  var seen: Int64
  var phase = Phase.claiming
  var waiters: [FlightWaiter] = []
  /// What the leader's client is being sent, where that is a stream: nobody waits then.
  var live: LiveStream?
  /// Those who lead here, and milliseconds at which the last of them began.
  var leaders = 0
  var leadingSince: Int64 = 0
  /// Leaders that came to nothing.
  var failures = 0
  /// Milliseconds that a leader is waited for; for somebody elsewhere, since when.
  let patience: Int64
  var followingSince: Int64?
  /// Nobody waits for it any more, and its lock is nobody's.
  var hasEnded = false
  /// The cache is being looked at, and is to be again.
  var isLooking = false
  var isLookDue = false

  /// Milliseconds between two prolongations.
  static let renewal: Int64 = 200
  /// Whoever comes when so many wait fetches an answer of their own.
  static let mostWaiters = 1_000
  /// Leaders that may fail before everybody fetches an answer of their own.
  static let mostFailures = 2
  /// Leaders that may be at it at once.
  static let mostLeaders = 2

  init(_ keys: CacheKeys, owner: String, seen: Int64, patience: Int64) {
    self.keys = keys
    self.owner = owner
    self.seen = seen
    self.patience = patience
  }

  /// Its leader's stream may be read live by others.
  var isToBeShared: Bool { live == nil && !hasEnded }

  /// Whether one more may follow it.
  var isOpen: Bool {
    guard let live else { return waiters.count < Self.mostWaiters }
    return live.isOpen && live.readerCount < Self.mostWaiters
  }
}

/// One exchange that waits for a flight.
final class FlightWaiter {
  enum Outcome: Sendable {
    /// At these milliseconds of the cache's clock.
    case answer(CachedAnswer, now: Int64)
    /// The stream has begun: its seat is kept.
    case live
    /// The flight is this exchange's from now on: it has to fetch the answer.
    case lead
    /// It fetches an answer of its own.
    case alone
  }

  let outcome = Waiting<Outcome>()
  /// Where the outcome is a live stream.
  private(set) var seat: LiveReader?
  /// Monotonic milliseconds.
  let until: Int64
  private let executor: LoopExecutor

  init(until: Int64, _ executor: LoopExecutor) {
    self.until = until
    self.executor = executor
  }

  var hasEnded: Bool { outcome.value != nil }

  /// It waits no longer, but reads.
  func sit(at stream: LiveStream) {
    guard !hasEnded else { return }
    seat = stream.seat()
    end(.live)
  }

  /// The first call counts.
  func end(_ value: Outcome) {
    guard !hasEnded else { return }
    if outcome.isAwaited { executor.handle { outcome.fill(value) } } else { outcome.fill(value) }
  }
}
