package import NIOCore
package import Policy

/// Hears every change of the breakers that replicas share. One for a replica; confined to its loop.
package final class BreakerFeed {
  private let subscriber: RedisSubscriber

  /// `heard` is called with `BreakerKeys.name` and what has become of it, `subscribed` whenever changes may have been missed before.
  package init(
    _ address: RedisAddress, on loop: any EventLoop, prefix: String,
    subscribed: @escaping () -> Void, heard: @escaping (_ name: String, _ status: BreakerStatus) -> Void
  ) {
    subscriber = RedisSubscriber(address, on: loop) { news in
      if case .subscribed = news { subscribed() }
    }
    subscriber.subscribe(BreakerKeys.channel(prefix: prefix)) { message in
      guard let news = BreakerNews(String(decoding: message, as: UTF8.self)) else { return }
      heard(news.name, news.status)
    }
  }

  package func start() { subscriber.start() }
  package func close() { subscriber.close() }
}
