import NIOCore
import NIOPosix

/// One host and port, and the idle connections to it. All pools of a loop that go there share it.
///
/// Connections are made by libcurl and spoken on by us. The one used last is used first, so that what a burst has left over grows old.
final class HTTP1Origin {
  /// What makes connections exchangeable.
  struct Key: Hashable {
    var host: String
    var port: String
    var address: String?
    var connectTimeout: Duration
    var isAside = false
  }

  /// How long an idle connection is kept; libcurl's own limit.
  static let idleLimit = TimeAmount.seconds(118)

  let key: Key
  private let loop: any EventLoop
  private let driver: CurlDriver
  private let target: TransferTarget
  private let url: CurlURL
  private var idle: [HTTP1Connection] = []
  /// Open connections, idle or not.
  private(set) var connectionCount = 0
  /// Pools that use this origin; without any, idle connections are not kept.
  var users = 0 {
    didSet { if users == 0 { closeIdle() } }
  }

  init(_ key: Key, loop: any EventLoop, driver: CurlDriver, target: TransferTarget, url: CurlURL) {
    self.key = key
    self.loop = loop
    self.driver = driver
    self.target = target
    self.url = url
  }

  // MARK: Connections

  /// A connection that is being made; `onEnd` has it, or why there is none.
  func connect(
    onEnd: @escaping (Result<HTTP1Connection, TransferFailure>) -> Void
  ) throws(UpstreamError) -> CurlConnect {
    let connect = CurlConnect(to: target, url: url, driver: driver) { [self] result in
      switch result {
      case .success(let descriptor): adopt(descriptor, onEnd)
      case .failure(let failure): onEnd(.failure(failure))
      }
    }
    guard let connect else { throw UpstreamError("curl_easy_init failed: out of memory") }
    return connect
  }

  /// Makes a connected descriptor a channel of this loop.
  private func adopt(
    _ descriptor: CInt, _ onEnd: @escaping (Result<HTTP1Connection, TransferFailure>) -> Void
  ) {
    let connection = NIOLoopBound(HTTP1Connection(origin: self), eventLoop: loop)
    ClientBootstrap(group: loop)
      .channelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          try channel.pipeline.syncOperations.addHandler(connection.value)
        }
      }
      .withConnectedSocket(descriptor)
      .assumeIsolated()
      .whenComplete { result in
        switch result {
        case .success: onEnd(.success(connection.value))
        case .failure(let error):
          onEnd(.failure(TransferFailure(kind: .reset, detail: "the connection was lost at once: \(error)")))
        }
      }
  }

  func take() -> HTTP1Connection? { idle.popLast() }

  func keep(_ connection: HTTP1Connection) {
    guard users > 0 else { return connection.close() }
    connection.position = idle.count
    connection.idleSince = .now()
    idle.append(connection)
  }

  func opened() { connectionCount += 1 }

  func closed(_ connection: HTTP1Connection) {
    connectionCount -= 1
    let position = connection.position
    guard position < idle.count, idle[position] === connection else { return }
    idle.remove(at: position)
    number(from: position)
  }

  /// Closes what has been idle for too long. The oldest come first.
  func closeOld(now: NIODeadline) {
    let old = Array(idle.prefix { now - $0.idleSince > Self.idleLimit })
    guard !old.isEmpty else { return }
    idle.removeFirst(old.count)
    number(from: 0)
    for connection in old { connection.close() }
  }

  private func number(from start: Int) {
    for position in start..<idle.count { idle[position].position = position }
  }

  private func closeIdle() {
    for connection in idle.reversed() { connection.close() }
  }
}
