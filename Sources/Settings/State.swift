extension Settings {
  /// What replicas share, and where.
  package struct State: Sendable, Equatable {
    /// Nil: each replica is alone.
    package var redis: RedisURL?
    /// From `password_file`; never beside a password in the URL.
    package var password: Secret?
    /// Authorities that Redis' certificate must be from, PEM; nil: the system's.
    package var caFile: String?
    /// What all keys begin with: up to 16 of a–z, 0–9, `_` and `-`.
    package var keyPrefix = "sy"
    /// For one call.
    package var timeout: Duration = .milliseconds(25)
    /// Least replicas that a limit's share is computed for.
    package var minReplicas = 1
    /// All limits in one script; of a standalone Redis only.
    package var atomic = false
    /// Folder for what must survive a restart.
    package var dir: String?
  }
}
