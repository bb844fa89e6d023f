import NIOCore

/// One node of a cluster: a link to it, and the few calls that wait for its first connection.
///
/// Only a node that was just learnt of is waited for, within each call's deadline: one that is away fails its calls at once.
final class ClusterNode {
  /// Calls that wait for a first connection.
  static let maximumWaiting = 256

  let address: RedisServer.Address
  /// Whether the last map names it as a primary.
  var isListed = false
  /// Whether it was called since the owner last set this to false.
  var isUsed = false
  /// Whether it was reached, or found to be away.
  private(set) var isKnown = false
  private let dialer: RedisDialer
  private let server: RedisServer
  private let tell: (RedisLink.News) -> Void
  private var waiting: [WaitingCall] = []
  private(set) lazy var link = RedisLink(
    over: dialer, greeting: .plain, locate: { [server] found in found(.success(server)) },
    tell: { [weak self] in self?.heard($0) })

  init(_ server: RedisServer, over dialer: RedisDialer, tell: @escaping (RedisLink.News) -> Void) {
    self.server = server
    self.dialer = dialer
    self.tell = tell
    address = server.address
  }

  var isReady: Bool { link.isReady }

  func start() { link.start() }
  func flush() { link.flush() }

  /// Calls that wait are told that there is no connection.
  func close() {
    link.close()
    release()
  }

  /// `asking`: the node takes the slot over, and is to answer all the same.
  func send(
    _ command: ByteBuffer, asking: Bool, by deadline: NIODeadline,
    _ completion: @escaping RedisConnection.Completion
  ) {
    isUsed = true
    guard isKnown || waiting.count >= Self.maximumWaiting else {
      return waiting.append(
        WaitingCall(command, asking: asking, by: deadline, on: dialer.loop, completion))
    }
    sendNow(command, asking: asking, by: deadline, completion)
  }

  private func sendNow(
    _ command: ByteBuffer, asking: Bool, by deadline: NIODeadline,
    _ completion: @escaping RedisConnection.Completion
  ) {
    if asking {
      var bytes = ByteBuffer()
      bytes.writeCommand(["ASKING"])
      link.send(bytes, by: deadline) { _ in }
    }
    link.send(command, by: deadline, completion)
  }

  private func release() {
    isKnown = true
    let calls = waiting
    waiting = []
    for call in calls {
      guard let completion = call.take() else { continue }
      sendNow(call.command, asking: call.isAsking, by: call.deadline, completion)
    }
    flush()
  }

  private func heard(_ news: RedisLink.News) {
    if !isKnown { release() }
    tell(news)
  }
}

/// A call that wasn't sent yet; it is told so at its deadline.
private final class WaitingCall {
  let command: ByteBuffer
  let isAsking: Bool
  let deadline: NIODeadline
  private var completion: RedisConnection.Completion?
  private var timer: Scheduled<Void>?

  init(
    _ command: ByteBuffer, asking: Bool, by deadline: NIODeadline, on loop: any EventLoop,
    _ completion: @escaping RedisConnection.Completion
  ) {
    self.command = command
    isAsking = asking
    self.deadline = deadline
    self.completion = completion
    let bound = NIOLoopBound(self, eventLoop: loop)
    timer = loop.scheduleTask(deadline: deadline) { bound.value.take()?(.failure(.timeout)) }
  }

  /// Whom to tell; nil where that was done.
  func take() -> RedisConnection.Completion? {
    timer?.cancel()
    defer { completion = nil }
    return completion
  }
}
