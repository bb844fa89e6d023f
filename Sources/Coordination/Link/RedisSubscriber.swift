import NIOCore

/// Hears what is published, over a connection of its own, which is made again when it is lost. Confined to its loop.
///
/// Redis keeps no message for who is away: at each `subscribed`, the owner reads again what it may have missed.
final class RedisSubscriber {
  enum News: Equatable, Sendable {
    /// From now on, messages of this channel are heard: for the first time or again.
    case subscribed(String)
    /// Nothing is heard until each channel's next `subscribed`.
    case lost
    /// An attempt failed: what was wrong. The same is told once until the next `subscribed`.
    case failed(String)
  }

  /// How often the connection is asked for a sign of life, and how long it has for that.
  static let heartbeat = TimeAmount.seconds(1)
  static let patience = TimeAmount.seconds(1)

  private let dialer: RedisDialer
  private let greeting: RedisLink.Greeting
  private let locate: RedisLink.Locate
  private let tell: (News) -> Void
  private lazy var link = RedisLink(
    over: dialer, greeting: greeting, listener: { [weak self] in self?.received($0, $1) }, locate: locate,
    tell: { [weak self] in self?.heard($0) })
  private var handlers: [String: ([UInt8]) -> Void] = [:]
  private var reasons = ReasonJournal()
  private var beat: RepeatedTask?

  /// `tell` is called on the loop.
  convenience init(_ address: RedisAddress, on loop: any EventLoop, tell: @escaping (News) -> Void) {
    let dialer = RedisDialer(on: loop, tls: address.tls)
    switch address.topology {
    case .standalone(let server):
      self.init(
        over: dialer, greeting: .primary, locate: RedisLink.inTurn([address.server(at: server)]), tell: tell)
    case .sentinel(let sentinels, let name):
      let locator = SentinelLocator(address, sentinels, name: name, over: dialer)
      self.init(over: dialer, greeting: .primary, locate: { locator.locate($0) }, tell: tell)
    case .cluster(let seeds):
      // Every node hears what is published at any.
      self.init(
        over: dialer, greeting: .plain, locate: RedisLink.inTurn(seeds.map(address.server)), tell: tell)
    }
  }

  init(
    over dialer: RedisDialer, greeting: RedisLink.Greeting, locate: @escaping RedisLink.Locate,
    tell: @escaping (News) -> Void
  ) {
    self.dialer = dialer
    self.greeting = greeting
    self.locate = locate
    self.tell = tell
  }

  func start() { link.start() }

  func close() {
    beat?.cancel()
    handlers = [:]
    link.close()
  }

  /// Hears a channel from now on, through every loss; a second handler takes the place of the first.
  func subscribe(_ channel: String, _ handler: @escaping (_ message: [UInt8]) -> Void) {
    let isKnown = handlers.updateValue(handler, forKey: channel) != nil
    if !isKnown, link.isReady { ask(for: channel) }
  }

  /// Hears a channel no longer.
  func unsubscribe(_ channel: String) {
    guard handlers.removeValue(forKey: channel) != nil, link.isReady else { return }
    send(["UNSUBSCRIBE", channel]) { _, _ in }
  }

  private func ask(for channel: String) {
    send(["SUBSCRIBE", channel]) { subscriber, reply in
      switch reply {
      case .list:
        subscriber.reasons.clear()
        subscriber.tell(.subscribed(channel))
      case .error(.denied(let text)), .error(.other(let text)): subscriber.failed(text)
      default: subscriber.failed("unexpected reply \(reply)")
      }
    }
  }

  /// A server without a reply is left.
  private func send(_ words: [String], _ done: @escaping (RedisSubscriber, Reply) -> Void) {
    var bytes = ByteBuffer()
    bytes.writeCommand(words)
    link.send(bytes, by: .now() + Self.patience) { [weak self] result in
      guard let self else { return }
      switch result {
      case .success(let reply): done(self, reply)
      case .failure(.timeout): link.drop()
      case .failure(.disconnected), .failure(.unsent): break
      }
    }
    link.flush()
  }

  private func received(_ channel: [UInt8], _ message: [UInt8]) {
    handlers[String(decoding: channel, as: UTF8.self)]?(message)
  }

  private func heard(_ news: RedisLink.News) {
    switch news {
    case .up:
      for channel in handlers.keys.sorted() { ask(for: channel) }
      startBeat()
    case .down:
      beat?.cancel()
      tell(.lost)
    case .failed(let reason): failed(reason)
    }
  }

  private func failed(_ reason: String) { if reasons.isNew(reason) { tell(.failed(reason)) } }

  private func startBeat() {
    let bound = NIOLoopBound(self, eventLoop: dialer.loop)
    beat = dialer.loop.scheduleRepeatedTask(initialDelay: Self.heartbeat, delay: Self.heartbeat) { _ in
      bound.value.send(["PING"]) { _, _ in }
    }
  }
}
