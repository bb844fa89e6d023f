import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

@testable import Coordination

/// A subscriber on a loop, what it has told, and what it has heard.
struct ListenerUnderTest: Sendable {
  private struct State {
    var news: [RedisSubscriber.News] = []
    var heard: [String] = []
  }

  let subscriber: NIOLoopBound<RedisSubscriber>
  private let loop: any EventLoop
  private let state: NIOLockedValueBox<State>

  static func start(_ url: String, channels: [String]) async throws -> ListenerUnderTest {
    try await start(RedisAddress(url), channels: channels)
  }

  static func start(_ address: RedisAddress, channels: [String]) async throws -> ListenerUnderTest {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let state = NIOLockedValueBox(State())
    let listener = try await loop.submit {
      let subscriber = RedisSubscriber(address, on: loop) { news in
        state.withLockedValue { $0.news.append(news) }
      }
      return ListenerUnderTest(
        subscriber: NIOLoopBound(subscriber, eventLoop: loop), loop: loop, state: state)
    }.get()
    for channel in channels { try await listener.subscribe(channel) }
    try await loop.submit { listener.subscriber.value.start() }.get()
    return listener
  }

  func subscribe(_ channel: String) async throws {
    try await loop.submit {
      subscriber.value.subscribe(channel) { message in
        state.withLockedValue { $0.heard.append("\(channel) \(String(decoding: message, as: UTF8.self))") }
      }
    }.get()
  }

  var told: [RedisSubscriber.News] { state.withLockedValue { $0.news } }
  /// Channel and message.
  var heard: [String] { state.withLockedValue { $0.heard } }
  var subscriptions: Int { told.count { if case .subscribed = $0 { true } else { false } } }

  func close() async throws { try await loop.submit { subscriber.value.close() }.get() }
}
