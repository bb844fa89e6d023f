import NIOCore

/// What stands behind a `RedisClient`: one server, one with sentinels, or a cluster. Confined to its loop.
protocol RedisTopology: AnyObject {
  /// Whether a call has a chance.
  var isReady: Bool { get }
  /// Links to the primaries that can be reached.
  var primaries: [RedisLink] { get }

  func start()
  func close()
  /// See `RedisClient.send`.
  func send(
    _ command: ByteBuffer, key: String, by deadline: NIODeadline,
    _ completion: @escaping RedisConnection.Completion)
  func flush()
}

extension RedisLink {
  /// One server after the other, from one of chance on: so that not all go to the first.
  static func inTurn(_ servers: [RedisServer]) -> Locate {
    precondition(!servers.isEmpty, "no server to turn to")
    var next = Int.random(in: 0..<servers.count)
    return { found in
      defer { next = (next + 1) % servers.count }
      found(.success(servers[next]))
    }
  }
}
