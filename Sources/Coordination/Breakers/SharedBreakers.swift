package import Policy

/// Circuit breakers that replicas share, as one worker sees them.
///
/// Two engines: `RedisState`, and `EmbeddedState` for a replica alone. Confined to the worker's loop; completions are called there,
/// once each, before the call returns or later. `jitter` is in thousandths, what an opening may last longer.
package protocol SharedBreakers: AnyObject {
  var isAvailable: Bool { get }

  func report(
    _ report: BreakerReport, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerReport.Reply, StateFailure>) -> Void)
  func permit(
    _ id: String, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerPermit, StateFailure>) -> Void)
  func probe(
    _ probe: BreakerProbe, _ keys: BreakerKeys, _ settings: BreakerSettings, jitter: Int64,
    _ completion: @escaping (Result<BreakerProbe.Reply, StateFailure>) -> Void)
  func readBreaker(
    _ keys: BreakerKeys, _ completion: @escaping (Result<BreakerStatus, StateFailure>) -> Void)
  /// What its window holds.
  func readWindow(
    _ keys: BreakerKeys, _ settings: BreakerSettings,
    _ completion: @escaping (Result<BreakerCounts, StateFailure>) -> Void)
  /// Whether this replica, of all, is to look for outliers; none is for so many milliseconds from then on.
  func claimOutlierPass(
    prefix: String, for time: Int64, _ completion: @escaping (Result<Bool, StateFailure>) -> Void)
  func flush()
}
