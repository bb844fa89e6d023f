import NIOConcurrencyHelpers
import NIOCore
import NIOPosix

@testable import Coordination

/// A client on a loop, entered from tests, and what it has told.
struct ClientUnderTest: Sendable {
  typealias Answer = Result<Reply, RedisConnection.Failure>

  let client: NIOLoopBound<RedisClient>
  let loop: any EventLoop
  private let news: NIOLockedValueBox<[RedisClient.News]>

  static func start(_ address: RedisAddress) async throws -> ClientUnderTest {
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let news = NIOLockedValueBox<[RedisClient.News]>([])
    return try await loop.submit {
      let client = RedisClient(address, on: loop) { piece in news.withLockedValue { $0.append(piece) } }
      client.start()
      return ClientUnderTest(client: NIOLoopBound(client, eventLoop: loop), loop: loop, news: news)
    }.get()
  }

  static func start(_ url: String) async throws -> ClientUnderTest { try await start(RedisAddress(url)) }

  var told: [RedisClient.News] { news.withLockedValue { $0 } }
  var reasons: [String] { told.compactMap { if case .failed(let reason) = $0 { reason } else { nil } } }

  /// One command; its second word is its key.
  func call(_ words: String..., within time: TimeAmount = .seconds(5)) async throws -> Answer {
    try await call(words, key: words.count > 1 ? words[1] : "", within: time)
  }

  func call(_ words: [String], key: String, within time: TimeAmount = .seconds(5)) async throws -> Answer {
    try await loop.flatSubmit {
      let promise = loop.makePromise(of: Answer.self)
      var bytes = ByteBuffer()
      bytes.writeCommand(words)
      client.value.send(bytes, key: key, by: .now() + time) { promise.succeed($0) }
      client.value.flush()
      return promise.futureResult
    }.get()
  }

  func check(_ check: RedisSettingsCheck) async throws -> [CheckedRedis] {
    try await loop.flatSubmit {
      let promise = loop.makePromise(of: [CheckedRedis].self)
      client.value.check(check, by: .now() + .seconds(5)) { promise.succeed($0) }
      return promise.futureResult
    }.get()
  }

  func close() async throws { try await loop.submit { client.value.close() }.get() }
}

extension ClientUnderTest.Answer {
  static func text(_ text: String) -> Self { .success(.bytes(Array(text.utf8))) }
}
