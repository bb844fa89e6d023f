import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Coordination

/// A link to a real Redis that comes and goes.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct RedisLinkTests {
  /// A link, and what it has told.
  private struct Watched: Sendable {
    let link: NIOLoopBound<RedisLink>
    let news: NIOLockedValueBox<[RedisLink.News]>
    let loop: any EventLoop

    static func start(_ server: RedisServer) async throws -> Watched {
      let loop = MultiThreadedEventLoopGroup.singleton.next()
      let news = NIOLockedValueBox<[RedisLink.News]>([])
      return try await loop.submit {
        let link = RedisLink(
          to: server, on: loop, tell: { piece in news.withLockedValue { $0.append(piece) } })
        link.start()
        return Watched(link: NIOLoopBound(link, eventLoop: loop), news: news, loop: loop)
      }.get()
    }

    var told: [RedisLink.News] { news.withLockedValue { $0 } }

    func call(_ words: String...) async throws -> Result<Reply, RedisConnection.Failure> {
      try await loop.flatSubmit {
        let promise = loop.makePromise(of: Result<Reply, RedisConnection.Failure>.self)
        var bytes = ByteBuffer()
        bytes.writeCommand(words)
        link.value.send(bytes, by: .now() + .seconds(5)) { promise.succeed($0) }
        link.value.flush()
        return promise.futureResult
      }.get()
    }

    func close() async throws { try await loop.submit { link.value.close() }.get() }
  }

  @Test func itSaysWhoItIsAndAnswers() async throws {
    let redis = try RedisUnderTest(["--databases", "4"])
    let watched = try await Watched.start(
      RedisServer(.unix(path: redis.socket), database: 3, name: "sy-test"))
    #expect(try await eventually { watched.told == [.up] })
    #expect(try await watched.call("CLIENT", "GETNAME") == .success(.bytes(Array("sy-test".utf8))))
    _ = try await watched.call("SET", "a", "1")
    #expect(try redis.send("GET", "a") == .none, "it is in another database")
    try await watched.close()
    #expect(try await watched.call("PING") == .failure(.unsent))
  }

  @Test func itComesBackWhenRedisDoes() async throws {
    let redis = try RedisUnderTest()
    let watched = try await Watched.start(RedisServer(.unix(path: redis.socket)))
    #expect(try await eventually { watched.told == [.up] })
    redis.crash()
    #expect(try await eventually { watched.told.contains(.down) })
    #expect(try await watched.call("PING") == .failure(.unsent))
    try redis.restart()
    #expect(try await eventually { watched.told.last == .up })
    #expect(try await watched.call("PING") == .success(.bytes(Array("PONG".utf8))))
    #expect(watched.told.filter { $0 == .up || $0 == .down } == [.up, .down, .up])
    try await watched.close()
  }

  @Test(arguments: [(nil, "wrong"), ("nobody", "secret"), (nil, nil)] as [(String?, String?)])
  func aRefusedPasswordIsToldAndNeverShown(user: String?, password: String?) async throws {
    let redis = try RedisUnderTest(["--requirepass", "secret"])
    let server = RedisServer(.unix(path: redis.socket), user: user, password: password)
    let watched = try await Watched.start(server)
    #expect(try await eventually { watched.told.count >= 2 }, "and it tries again")
    for piece in watched.told {
      guard case .failed(let reason) = piece else {
        Issue.record("\(piece)")
        continue
      }
      #expect(reason.hasPrefix("WRONGPASS") || reason.hasPrefix("NOAUTH"))
      #expect(!reason.contains("wrong ") && !reason.contains("secret"))
    }
    try await watched.close()
  }

  @Test func aRightPasswordIsAccepted() async throws {
    let redis = try RedisUnderTest(["--requirepass", "secret"])
    let watched = try await Watched.start(RedisServer(.unix(path: redis.socket), password: "secret"))
    #expect(try await eventually { watched.told == [.up] })
    try await watched.close()
  }

  @Test func nobodyThereIsTriedAgain() async throws {
    let watched = try await Watched.start(RedisServer(.tcp(host: "127.0.0.1", port: 1)))
    #expect(try await eventually { watched.told.count >= 3 })
    #expect(watched.told.allSatisfy { if case .failed = $0 { true } else { false } })
    try await watched.close()
  }

  @Test func aServerIsShownWithoutItsPassword() {
    let server = RedisServer(.tcp(host: "::1", port: 6_379), user: "router", password: "secret")
    #expect("\(server)" == "[::1]:6379")
  }
}
