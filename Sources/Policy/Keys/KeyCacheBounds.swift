/// What a key cache may keep, and for how long. Times are milliseconds.
package struct KeyCacheBounds: Sendable {
  /// Age up to which data answers without a look at the shared state: what a revocation may take while that is there.
  package var fresh: Int64 = 1_000
  /// Age of a record from which on it is read again in passing: for a change that nobody noted.
  package var recheck: Int64 = 60_000
  /// Age up to which data answers while the shared state is away: `auth.stale_max`.
  package var staleMax: Int64 = 600_000
  /// For how long an id that is nobody's is remembered, and a wrong secret isn't looked up again.
  package var negative: Int64 = 5_000
  /// Look-ups of ids that aren't known, each second and client address, which may be a load balancer's. Forged ids need none.
  package var lookupsPerAddress = 1_000
  /// Addresses that are counted each for itself.
  package var addresses = 4_096
  /// Look-ups of ids that aren't known at a time.
  package var asks = 256
  /// Who may wait for one look-up.
  package var waiters = 256
  package var known = 100_000
  package var absent = 10_000

  package init() {}

  /// Milliseconds between two polls for changes: one may be lost within what counts as fresh.
  package static let pollPeriod: Int64 = 400
}
