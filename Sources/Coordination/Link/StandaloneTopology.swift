import NIOCore

/// One Redis: one link. It must be a primary; one that became a replica is left, since its name may lead elsewhere by now.
final class StandaloneTopology: RedisTopology {
  private let link: RedisLink

  init(_ server: RedisServer, over dialer: RedisDialer, tell: @escaping (RedisClient.News) -> Void) {
    link = RedisLink(
      over: dialer, greeting: .primary, locate: { found in found(.success(server)) },
      tell: { news in
        switch news {
        case .up:
          tell(.primary(server.description))
          tell(.up)
        case .down: tell(.down)
        case .failed(let reason): tell(.failed(reason))
        }
      })
  }

  var isReady: Bool { link.isReady }
  var primaries: [RedisLink] { isReady ? [link] : [] }

  func start() { link.start() }
  func close() { link.close() }
  func flush() { link.flush() }

  func send(
    _ command: ByteBuffer, key: String, by deadline: NIODeadline,
    _ completion: @escaping RedisConnection.Completion
  ) {
    link.send(command, by: deadline) { [weak link] result in
      switch result {
      case .success(.error(.readOnly)), .success(.error(.masterDown)): link?.drop()
      default: break
      }
      completion(result)
    }
  }
}
