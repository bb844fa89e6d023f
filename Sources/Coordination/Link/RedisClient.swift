import NIOCore

/// The way from one event loop to the shared Redis, whatever its topology. Confined to its loop, and made there.
///
/// A call without a connection fails at once: nothing is queued for a Redis that is away.
package final class RedisClient {
  /// What the client tells its owner.
  package enum News: Equatable, Sendable {
    /// Calls reach Redis. Then `down`, then `up`, … for ever.
    case up
    /// They don't.
    case down
    /// An attempt failed, or a part of Redis is away: what was wrong. The same is told once until the next `up`.
    case failed(String)
    /// Where the primary is, or the primaries are, for logs: when it changes, and before the first `up`.
    case primary(String)
  }

  private let topology: any RedisTopology

  /// `tell` is called on the loop.
  init(_ address: RedisAddress, on loop: any EventLoop, tell: @escaping (News) -> Void) {
    let dialer = RedisDialer(on: loop, tls: address.tls)
    var journal = NewsJournal()
    let tell = { (news: News) in if journal.isNew(news) { tell(news) } }
    topology =
      switch address.topology {
      case .standalone(let server):
        StandaloneTopology(address.server(at: server), over: dialer, tell: tell)
      case .sentinel(let sentinels, let name):
        SentinelTopology(address, sentinels, name: name, over: dialer, tell: tell)
      case .cluster(let seeds): ClusterTopology(address, seeds, over: dialer, tell: tell)
      }
  }

  /// Whether a call has a chance. In a cluster, some slots may be away all the same.
  var isReady: Bool { topology.isReady }
  /// Links to the primaries that can be reached.
  var primaries: [RedisLink] { topology.primaries }

  func start() { topology.start() }

  /// Ends it for good. Calls that wait are told so.
  func close() { topology.close() }

  /// Sends a command to the node of a key. `completion` is called once, on the loop, with the reply (which may be an error), or with
  /// why there is none; then Redis may have done it all the same. In a cluster, redirections are followed within the deadline.
  func send(
    _ command: ByteBuffer, key: String, by deadline: NIODeadline,
    _ completion: @escaping (Result<Reply, RedisConnection.Failure>) -> Void
  ) {
    topology.send(command, key: key, by: deadline, completion)
  }

  /// Sends on their way what was sent so far.
  func flush() { topology.flush() }
}
