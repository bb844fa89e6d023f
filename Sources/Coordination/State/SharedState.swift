package import Policy

/// Why the shared state did not answer.
package enum StateFailure: Error, Equatable, Sendable {
  /// There is no connection, or the breaker is open: nothing was sent.
  case unavailable
  /// The connection ended before the answer. What was asked for may have happened.
  case lost
  /// Nothing came back in time. What was asked for may have happened, or may yet happen.
  case timeout
  /// It answered that it can't: its own words.
  case refused(RedisError)
  /// An answer that the script doesn't give.
  case malformed
}

/// What replicas share, as one worker sees it: keys and values as the shared-state page lists them.
///
/// Two engines: `RedisState`, and `EmbeddedState` for a replica alone. Confined to the worker's loop; completions are called there,
/// once each, before the call returns or later. Every operation is idempotent by its id.
package protocol SharedState: AnyObject {
  /// Whether it makes sense to ask.
  var isAvailable: Bool { get }
  /// The shared state's clock, in milliseconds since 1970, as far as it is known here.
  var now: Int64 { get }

  func admit(_ admission: Admission, _ completion: @escaping (Result<Admission.Reply, StateFailure>) -> Void)
  func settle(_ settling: Settling, _ completion: @escaping (Result<Settling.Reply, StateFailure>) -> Void)
  /// True where it was charged now, false where the same id had been charged before.
  func charge(_ admission: Admission, _ completion: @escaping (Result<Bool, StateFailure>) -> Void)
  func renew(
    _ ids: [String], of key: String, _ rule: Slots.Rule,
    _ completion: @escaping (Result<Void, StateFailure>) -> Void)
  /// Sets what a worker has charged ahead of its exchanges.
  func lease(_ call: LeaseCall, _ completion: @escaping (Result<LeaseCall.Reply, StateFailure>) -> Void)
  /// Ten times a second on each worker: looks after what has to happen from time to time.
  func beat()
  /// Sends what was asked for since the last flush.
  func flush()
  /// The same for what can wait: with the next flush, or a millisecond later.
  func flushSoon()
  /// Ends the way to it, behind a last flush.
  func close()
}
