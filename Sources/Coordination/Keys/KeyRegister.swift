package import Policy

/// The records of virtual keys as one event loop reaches them.
///
/// Confined to its loop; completions are called there, once each, before the call returns or later. Everything but `note` may be
/// repeated and comes to the same; `note` repeated does no harm.
package protocol KeyRegister: AnyObject {
  /// Whether it makes sense to ask.
  var isAvailable: Bool { get }
  /// The shared state's clock, in milliseconds since 1970, as far as it is known here.
  var now: Int64 { get }
  /// Whether keys outlive this process.
  var isShared: Bool { get }
  var keyNames: KeyNames { get }

  /// Reads the record of a virtual key, or of a key of the configuration.
  func readKey(_ id: String, _ completion: @escaping (Result<KeyReading, StateFailure>) -> Void)
  func keyChanges(since epoch: Int64, _ completion: @escaping (Result<KeyChanges, StateFailure>) -> Void)
  /// The secret in force, which is the proposed one where there was none.
  func keySecret(proposing: KeySecret, _ completion: @escaping (Result<KeySecret, StateFailure>) -> Void)
  func put(_ put: KeyPut, _ completion: @escaping (Result<KeyPut.Reply, StateFailure>) -> Void)
  func revokeKey(_ id: String, _ completion: @escaping (Result<KeyRevocation, StateFailure>) -> Void)
  /// Tells all replicas that a key has changed; until then they may take up to a minute to notice.
  func noteKey(_ id: String, isListed: Bool, _ completion: @escaping (Result<Int64, StateFailure>) -> Void)
  /// A page of ids behind `last` (empty: from the first), in the order of their bytes.
  func listKeys(
    after last: String, count: Int, _ completion: @escaping (Result<[String], StateFailure>) -> Void)
  /// Sends what was asked for since the last flush.
  func flush()
}

/// What was read where a key's record stands.
package enum KeyReading: Sendable {
  /// At this millisecond of the shared state's clock.
  case entry(KeyEntry, now: Int64)
  /// Something else stands there.
  case unreadable(KeyRecordError)
}
