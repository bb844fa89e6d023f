import NIOCore
import Policy

/// The way from one event loop to one Redis: connects, says who it is, and connects again when it is lost.
///
/// Confined to its loop, and made there. A call without a connection fails at once: nothing is queued for a Redis that is away.
final class RedisLink {
  /// What the link tells its owner, in this order for ever: up, down, up, …; `failed` any number of times while it is down.
  enum News: Equatable, Sendable {
    case up
    case down
    /// An attempt failed: what was wrong.
    case failed(String)
  }

  /// How a new connection begins.
  enum Greeting {
    /// With the server's greeting.
    case plain
    /// With that, and the proof that it may be written to. (It isn't the only one: a primary that was cut off says so too.)
    case primary
    /// As Sentinel wants it: it may know no password, or only it.
    case sentinel
  }

  /// Why a server can't be found, for a log line.
  struct Unknown: Error, Equatable { let reason: String }
  /// Says, once and on the loop, which server is the next to be tried.
  typealias Locate = (_ found: @escaping (Result<RedisServer, Unknown>) -> Void) -> Void

  /// The server that was tried last.
  private(set) var server: RedisServer?
  private let dialer: RedisDialer
  private let greeting: Greeting
  private let locate: Locate
  private let listener: RedisConnection.Listener?
  private let tell: (News) -> Void
  private var machine = LinkMachine()
  private var random = Chance(seed: .random(in: 0...UInt64.max))
  private var connection: RedisConnection?
  private var pause: Scheduled<Void>?

  /// `locate` is asked before every attempt. With a `listener`, the connection can subscribe to channels.
  init(
    over dialer: RedisDialer, greeting: Greeting, listener: RedisConnection.Listener? = nil,
    locate: @escaping Locate, tell: @escaping (News) -> Void
  ) {
    self.dialer = dialer
    self.greeting = greeting
    self.listener = listener
    self.locate = locate
    self.tell = tell
  }

  convenience init(to server: RedisServer, on loop: any EventLoop, tell: @escaping (News) -> Void) {
    self.init(
      over: RedisDialer(on: loop), greeting: .plain, locate: { found in found(.success(server)) },
      tell: tell)
  }

  var isReady: Bool { machine.state == .ready }

  func start() { if machine.start() == .connect { connect() } }

  /// Ends it for good. Calls that wait are told so.
  func close() {
    pause?.cancel()
    if machine.close() { connection?.close() }
  }

  /// Ends the connection and looks for another: this server isn't the right one any more.
  func drop() {
    guard case .discard(let wasReady) = machine.drop() else { return }
    connection?.close()
    if wasReady { tell(.down) }
  }

  /// Tries at once what would be tried after a pause: there is reason to hope.
  func hasten() {
    guard machine.state == .waiting else { return }
    pause?.cancel()
    resume()
  }

  /// See `RedisConnection.send`.
  func send(
    _ command: ByteBuffer, by deadline: NIODeadline, _ completion: @escaping RedisConnection.Completion
  ) {
    guard isReady, let connection else { return completion(.failure(.unsent)) }
    connection.send(command, by: deadline, completion)
  }

  func flush() { connection?.flush() }

  // MARK: Connecting

  private func connect() {
    locate { [weak self] result in
      guard let self, machine.state == .connecting else { return }
      switch result {
      case .success(let server): dial(server)
      case .failure(let unknown): failed(unknown.reason)
      }
    }
  }

  private func dial(_ server: RedisServer) {
    self.server = server
    let connection = RedisConnection(listener: listener, onEnd: { [weak self] in self?.ended() })
    let bound = NIOLoopBound((link: self, connection: connection), eventLoop: dialer.loop)
    dialer.dial(server.address, connection).whenComplete { result in
      switch result {
      case .success: bound.value.link.connected(bound.value.connection, server)
      case .failure(let error): bound.value.link.failed(RedisDialer.words(for: error))
      }
    }
  }

  private func connected(_ connection: RedisConnection, _ server: RedisServer) {
    guard machine.connected() == .greet else { return connection.close() }
    self.connection = connection
    let commands = words(for: server)
    for (index, command) in commands.enumerated() {
      var bytes = ByteBuffer()
      bytes.writeCommand(command)
      connection.send(bytes, by: .now() + dialer.timeout) { [weak self] result in
        self?.greeted(command, result, isLast: index == commands.count - 1)
      }
    }
    connection.flush()
  }

  private func words(for server: RedisServer) -> [[String]] {
    switch greeting {
    case .plain: server.greeting
    case .primary: server.greeting + [["ROLE"]]
    case .sentinel: server.authentication + [["PING"]]
    }
  }

  private func greeted(
    _ command: [String], _ result: Result<Reply, RedisConnection.Failure>, isLast: Bool
  ) {
    let isAccepted = isAccepted(command, result)
    guard isLast || !isAccepted else { return }
    switch machine.greeted(accepted: isAccepted) {
    case .announce: tell(.up)
    case .discard:
      dialer.forgetAuthorities()
      tell(.failed(reason(command, result)))
      connection?.close()
    case .none: break
    }
  }

  private func isAccepted(_ command: [String], _ result: Result<Reply, RedisConnection.Failure>) -> Bool {
    guard case .success(let reply) = result else { return false }
    switch (command[0], reply) {
    case ("ROLE", .list(let parts)): return parts.first == .bytes(Array("master".utf8))
    case ("PING", _): return reply == .bytes(Array("PONG".utf8))
    case ("AUTH", .error) where greeting == .sentinel: return true
    default: return reply == .bytes(Array("OK".utf8))
    }
  }

  private func reason(_ command: [String], _ result: Result<Reply, RedisConnection.Failure>) -> String {
    switch result {
    case .success(.error(.denied(let text))), .success(.error(.other(let text))): text
    case .success(.error(let error)): "\(error)"
    case .success(.list) where command == ["ROLE"]: "it is a replica, not the primary"
    case .success(let reply): "unexpected reply \(reply)"
    case .failure(let failure): connection?.words(for: failure) ?? "the connection was closed"
    }
  }

  private func failed(_ reason: String) {
    dialer.forgetAuthorities()
    tell(.failed(reason))
    ended()
  }

  private func ended() {
    connection = nil
    guard case .wait(let nanoseconds, let wasReady) = machine.ended(random: &random) else { return }
    if wasReady { tell(.down) }
    let bound = NIOLoopBound(self, eventLoop: dialer.loop)
    pause = dialer.loop.scheduleTask(in: .nanoseconds(nanoseconds)) { bound.value.resume() }
  }

  private func resume() { if machine.waited() == .connect { connect() } }
}
