import NIOCore
import NIOPosix
import Policy
import TestSupport
import Testing

@testable import Coordination

/// Asking a real Redis whether a session has rejected its last answer.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct RejectionReadingTests {
  /// Requests wait for it: of a Redis that hangs it is asked a few times, and then no more.
  @Test func aRedisThatHangsIsLeftAlone() async throws {
    let redis = try RedisUnderTest()
    let (loop, url) = (MultiThreadedEventLoopGroup.singleton.next(), "unix://\(redis.socket)")
    let way = try await loop.submit {
      let replica = ReplicaState(name: "r1", leastReplicas: nil)
      let state = RedisState(
        try RedisAddress(url), on: loop, replica, prefix: "sy", timeout: .milliseconds(100), tell: { _ in })
      state.start()
      return NIOLoopBound(state, eventLoop: loop)
    }.get()
    #expect(try await eventually { try await loop.submit { way.value.isAvailable }.get() })
    #expect(try await Self.reading(way).map { !$0 } == true)
    redis.hang()
    var asked = 0
    while asked < 20, try await loop.submit({ way.value.isAvailable }).get() {
      #expect(try await Self.reading(way) == nil)
      asked += 1
    }
    #expect(asked < 10, "as often as limits ask it")
    redis.goOn()
    try await loop.submit { way.value.close() }.get()
  }

  /// Nil where nobody answered in time.
  private static func reading(_ way: NIOLoopBound<RedisState>) async throws -> Bool? {
    try await way.eventLoop.flatSubmit {
      let promise = way.eventLoop.makePromise(of: Bool?.self)
      way.value.hasRejected(7) { promise.succeed(try? $0.get()) }
      way.value.flush()
      return promise.futureResult
    }.get()
  }
}
