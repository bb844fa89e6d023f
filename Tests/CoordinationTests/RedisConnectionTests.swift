import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Coordination

/// Calls over a connection to a real Redis.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct RedisConnectionTests {
  /// One connection, called from outside of its loop.
  private struct Client: Sendable {
    let channel: any Channel
    let connection: NIOLoopBound<RedisConnection>
    let ended: NIOLockedValueBox<Int>

    /// Sends commands in one flush; their replies in order.
    func call(_ commands: [[String]], within time: TimeAmount = .seconds(5)) async throws -> [Result<
      Reply, RedisConnection.Failure
    >] {
      try await channel.eventLoop.flatSubmit {
        let promises = commands.map { _ in
          channel.eventLoop.makePromise(of: Result<Reply, RedisConnection.Failure>.self)
        }
        for (command, promise) in zip(commands, promises) {
          var bytes = ByteBuffer()
          bytes.writeCommand(command)
          connection.value.send(bytes, by: .now() + time) { promise.succeed($0) }
        }
        connection.value.flush()
        return EventLoopFuture.whenAllSucceed(promises.map(\.futureResult), on: channel.eventLoop)
      }.get()
    }
  }

  private func withClient(_ body: (Client, RedisUnderTest) async throws -> Void) async throws {
    let redis = try RedisUnderTest(["--enable-debug-command", "yes"])
    let ended = NIOLockedValueBox(0)
    let loop = MultiThreadedEventLoopGroup.singleton.next()
    let client = try await ClientBootstrap(group: loop)
      .connect(unixDomainSocketPath: redis.socket)
      .flatMapThrowing { channel in
        let connection = RedisConnection(onEnd: { ended.withLockedValue { $0 += 1 } })
        try channel.pipeline.syncOperations.addHandler(connection)
        return Client(channel: channel, connection: NIOLoopBound(connection, eventLoop: loop), ended: ended)
      }.get()
    try await body(client, redis)
    try? await client.channel.close().get()
  }

  @Test func manyCallsInOneFlushAreAnsweredInOrder() async throws {
    try await withClient { client, _ in
      let replies = try await client.call((0..<1_000).map { _ in ["INCR", "n"] })
      #expect(replies == (1...1_000).map { .success(.number($0)) })
    }
  }

  @Test func errorsAreReplies() async throws {
    try await withClient { client, _ in
      let replies = try await client.call([["EVALSHA", String(repeating: "0", count: 40), "0"], ["PING"]])
      #expect(replies == [.success(.error(.noScript)), .success(.bytes(Array("PONG".utf8)))])
    }
  }

  /// What comes late is thrown away, and does not answer another call.
  @Test func aCallPastItsDeadlineKeepsTheOrder() async throws {
    try await withClient { client, _ in
      let late = try await client.call(
        [["DEBUG", "SLEEP", "2"], ["INCR", "n"]], within: .milliseconds(20))
      #expect(late == [.failure(.timeout), .failure(.timeout)])
      #expect(try await client.call([["INCR", "n"]]) == [.success(.number(2))])
    }
  }

  /// Whose reply comes last, and who may wait for it longest.
  @Test func aCallWithLittleTimeDoesNotWaitForOneWithMuch() async throws {
    try await withClient { client, _ in
      let order = NIOLockedValueBox<[String]>([])
      try await client.channel.eventLoop.flatSubmit {
        let slow = client.channel.eventLoop.makePromise(of: Void.self)
        for (words, time) in [
          (["DEBUG", "SLEEP", "2"], TimeAmount.seconds(20)), (["PING"], .milliseconds(20)),
        ] {
          var bytes = ByteBuffer()
          bytes.writeCommand(words)
          client.connection.value.send(bytes, by: .now() + time) { result in
            order.withLockedValue { $0.append("\(words[0]) \(result == .failure(.timeout))") }
            if words[0] == "DEBUG" { slow.succeed() }
          }
        }
        client.connection.value.flush()
        return slow.futureResult
      }.get()
      #expect(order.withLockedValue { $0 } == ["PING true", "DEBUG false"])
    }
  }

  @Test func theEndOfTheConnectionIsToldToAll() async throws {
    try await withClient { client, _ in
      let replies = try await client.call([["DEBUG", "SLEEP", "0.1"], ["SHUTDOWN", "NOSAVE"], ["PING"]])
      #expect(replies.suffix(2) == [.failure(.disconnected), .failure(.disconnected)])
      #expect(try await eventually { client.ended.withLockedValue { $0 } == 1 })
      #expect(try await client.call([["PING"]]) == [.failure(.unsent)])
    }
  }
}
