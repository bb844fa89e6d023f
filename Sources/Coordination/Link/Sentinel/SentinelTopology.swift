import NIOCore

/// A primary that sentinels watch: one link to it, and one subscription to what they say.
///
/// The sentinels are asked before every connection, since a primary that was cut off still takes itself for one; and that it takes
/// itself for one is checked too, since sentinels may be late.
final class SentinelTopology: RedisTopology {
  private let name: String
  private let tell: (RedisClient.News) -> Void
  private let dialer: RedisDialer
  private let locator: SentinelLocator
  private let address: RedisAddress
  private let sentinels: [RedisServer.Address]
  private lazy var link = RedisLink(
    over: dialer, greeting: .primary, locate: { [locator] in locator.locate($0) },
    tell: { [weak self] in self?.heard($0) })
  private lazy var events = RedisSubscriber(
    over: dialer, greeting: .sentinel,
    locate: RedisLink.inTurn(sentinels.map(address.sentinel)),
    tell: { [weak self] in self?.heard($0) })
  private var askedAt: NIODeadline?

  init(
    _ address: RedisAddress, _ sentinels: [RedisServer.Address], name: String, over dialer: RedisDialer,
    tell: @escaping (RedisClient.News) -> Void
  ) {
    self.address = address
    self.sentinels = sentinels
    self.name = name
    self.dialer = dialer
    self.tell = tell
    locator = SentinelLocator(address, sentinels, name: name, over: dialer)
  }

  var isReady: Bool { link.isReady }
  var primaries: [RedisLink] { isReady ? [link] : [] }

  func start() {
    link.start()
    events.subscribe(SwitchedPrimary.channel) { [weak self] message in
      guard let self, let switched = SwitchedPrimary(message), switched.name == name else { return }
      locator.heard(of: switched.address)
      move(to: switched.address)
    }
    events.start()
  }

  func close() {
    link.close()
    events.close()
  }

  func flush() { link.flush() }

  func send(
    _ command: ByteBuffer, key: String, by deadline: NIODeadline,
    _ completion: @escaping RedisConnection.Completion
  ) {
    link.send(command, by: deadline) { [weak self] result in
      if case .success(.error(let error)) = result { self?.refused(error) }
      completion(result)
    }
  }

  private func refused(_ error: RedisError) {
    switch error {
    case .readOnly, .masterDown: link.drop()
    case .noReplicas: askAgain()
    default: break
    }
  }

  /// Leaves a primary that isn't the sentinels' any more; at most once a second, for it may just have lost its replicas.
  private func askAgain() {
    let now = NIODeadline.now()
    if let askedAt, now - askedAt < .seconds(1) { return }
    askedAt = now
    locator.locate { [weak self] result in
      if case .success(let server) = result { self?.move(to: server.address) }
    }
  }

  private func move(to address: RedisServer.Address) {
    if link.isReady, link.server?.address == address { return }
    link.drop()
    link.hasten()
  }

  private func heard(_ news: RedisLink.News) {
    switch news {
    case .up:
      if let server = link.server { tell(.primary(server.description)) }
      tell(.up)
    case .down: tell(.down)
    case .failed(let reason): tell(.failed(reason))
    }
  }

  /// What was said while nobody listened is asked for.
  private func heard(_ news: RedisSubscriber.News) {
    switch news {
    case .subscribed: if link.isReady { askAgain() }
    case .lost: break
    case .failed(let reason): tell(.failed("sentinel: \(reason)"))
    }
  }
}
