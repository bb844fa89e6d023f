package import NIOCore
package import Policy

/// Hears every change of the breakers that replicas share, and of rollouts where somebody asks for them: over one connection. One for a
/// replica; confined to its loop.
package final class StateFeed {
  private let subscriber: RedisSubscriber
  private let prefix: String
  private let subscriptions = Subscriptions()

  /// Whom to tell, by channel.
  private final class Subscriptions {
    var handlers: [String: () -> Void] = [:]
  }

  /// `heard` is called with `BreakerKeys.name` and what has become of it, `subscribed` whenever changes may have been missed before.
  package init(
    _ address: RedisAddress, on loop: any EventLoop, prefix: String,
    subscribed: @escaping () -> Void, heard: @escaping (_ name: String, _ status: BreakerStatus) -> Void
  ) {
    self.prefix = prefix
    let channel = BreakerKeys.channel(prefix: prefix)
    subscriptions.handlers[channel] = subscribed
    subscriber = RedisSubscriber(address, on: loop) { [subscriptions] news in
      if case .subscribed(let channel) = news { subscriptions.handlers[channel]?() }
    }
    subscriber.subscribe(channel) { message in
      guard let news = BreakerNews(String(decoding: message, as: UTF8.self)) else { return }
      heard(news.name, news.status)
    }
  }

  /// Hears of the registry and of rollouts too. `subscribed` is called whenever messages may have been missed before.
  package func hearControl(subscribed: @escaping () -> Void, heard: @escaping (ControlNews) -> Void) {
    let channel = ControlNames(prefix: prefix).channel
    subscriptions.handlers[channel] = subscribed
    subscriber.subscribe(channel) { message in
      guard let news = ControlNews(String(decoding: message, as: UTF8.self)) else { return }
      heard(news)
    }
  }

  package func start() { subscriber.start() }
  package func close() { subscriber.close() }
}
