import NIOCore

/// Asks a server something, over a connection of its own: for what is known only by servers that no link leads to yet.
enum RedisProbe {
  /// What went wrong, for a log line.
  struct Failure: Error, Equatable { let reason: String }

  /// Authenticates, sends commands and hands over their replies, once, within twice the dialer's timeout. A server that knows no
  /// password is asked without one: whether it answers tells.
  static func ask(
    _ server: RedisServer, _ commands: [[String]], over dialer: RedisDialer,
    _ completion: @escaping (Result<[Reply], Failure>) -> Void
  ) {
    let connection = RedisConnection(onEnd: {})
    let bound = NIOLoopBound(
      (dialer: dialer, connection: connection, completion: completion), eventLoop: dialer.loop)
    dialer.dial(server.address, connection).whenComplete { result in
      let (dialer, connection, completion) = bound.value
      switch result {
      case .success: send(server.authentication, commands, over: connection, dialer, completion)
      case .failure(let error):
        dialer.forgetAuthorities()
        completion(.failure(Failure(reason: RedisDialer.words(for: error))))
      }
    }
  }

  private static func send(
    _ authentication: [[String]], _ commands: [[String]], over connection: RedisConnection,
    _ dialer: RedisDialer, _ completion: @escaping (Result<[Reply], Failure>) -> Void
  ) {
    var replies: [Reply] = []
    var failure: Failure?
    var left = commands.count
    for words in authentication { send(words, over: connection, dialer) { _ in } }
    for words in commands {
      send(words, over: connection, dialer) { result in
        switch result {
        case .success(let reply): replies.append(reply)
        case .failure(let reason): failure = Failure(reason: connection.words(for: reason))
        }
        left -= 1
        guard left == 0 else { return }
        completion(failure.map(Result.failure) ?? .success(replies))
        connection.close()
      }
    }
    connection.flush()
  }

  private static func send(
    _ words: [String], over connection: RedisConnection, _ dialer: RedisDialer,
    _ completion: @escaping RedisConnection.Completion
  ) {
    var bytes = ByteBuffer()
    bytes.writeCommand(words)
    connection.send(bytes, by: .now() + dialer.timeout, completion)
  }
}
