package import Policy

/// Where answers are kept, as one worker sees it.
///
/// Two engines: `RedisCache`, and `EmbeddedCache` for a replica alone. Confined to the worker's loop; completions are called there, once
/// each, before the call returns or later, with nil where nobody knows: then the caller goes on as if there were no cache.
package protocol SharedCache: AnyObject {
  /// Whether it makes sense to ask.
  var isAvailable: Bool { get }
  /// Milliseconds for which a flight's lock holds unless it is prolonged: how long the death of a leader goes unnoticed.
  var lockLifetime: Int64 { get }

  /// `claiming`: begins this flight where there is neither an answer nor one who fetches it; `seen` is 0.
  func get(
    _ keys: CacheKeys, claiming claim: CacheClaim?, _ completion: @escaping (CacheLookup?) -> Void)
  func lock(_ keys: CacheKeys, _ claim: CacheClaim, _ completion: @escaping (CacheClaim.Reply?) -> Void)
  /// Prolongs a flight; what becomes of it is learnt at its end.
  func renew(_ keys: CacheKeys, owner: String, lifetime: Int64)
  func fill(_ keys: CacheKeys, _ fill: CacheFill, _ completion: @escaping (CacheFill.Reply?) -> Void)
  /// Ends a flight without an answer.
  func release(_ keys: CacheKeys, owner: String)

  /// Has `handler` called whenever a flight of these keys may have ended, and once it is heard: look then. One for each keys.
  func watch(_ keys: CacheKeys, _ handler: @escaping () -> Void)
  func unwatch(_ keys: CacheKeys)

  /// Ten times a second: looks after what has to happen from time to time.
  func beat()
  /// Sends what was asked for since the last flush.
  func flush()
  /// The same for what can wait: with the next flush, or a millisecond later.
  func flushSoon()
  func close()
}
