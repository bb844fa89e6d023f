import TestSupport
import Testing

@testable import Coordination

@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct RedisSubscriberTests {
  @Test func whatIsPublishedIsHeardOnItsChannel() async throws {
    let redis = try RedisUnderTest()
    let listener = try await ListenerUnderTest.start("unix://\(redis.socket)", channels: ["a"])
    #expect(try await eventually { listener.told == [.subscribed("a")] })
    try await listener.subscribe("b")
    #expect(try await eventually { listener.told == [.subscribed("a"), .subscribed("b")] })
    for (channel, message) in [("a", "1"), ("c", "2"), ("b", "3"), ("a", "message")] {
      _ = try redis.send("PUBLISH", channel, message)
    }
    #expect(try await eventually { listener.heard == ["a 1", "b 3", "a message"] })
    try await listener.close()
  }

  @Test func afterALossEachChannelIsSubscribedAgain() async throws {
    let redis = try RedisUnderTest()
    let listener = try await ListenerUnderTest.start("unix://\(redis.socket)", channels: ["a", "b"])
    #expect(try await eventually { listener.subscriptions == 2 })
    redis.crash()
    #expect(try await eventually { listener.told.contains(.lost) })
    try redis.restart()
    #expect(try await eventually { listener.subscriptions == 4 })
    let news = listener.told.filter { if case .failed = $0 { false } else { true } }
    #expect(news == [.subscribed("a"), .subscribed("b"), .lost, .subscribed("a"), .subscribed("b")])
    _ = try redis.send("PUBLISH", "a", "again")
    #expect(try await eventually { listener.heard == ["a again"] })
    try await listener.close()
  }

  /// A server that was stopped closes no connection.
  @Test func silenceIsALoss() async throws {
    let redis = try RedisUnderTest()
    let listener = try await ListenerUnderTest.start("unix://\(redis.socket)", channels: ["a"])
    #expect(try await eventually { listener.subscriptions == 1 })
    redis.hang()
    #expect(try await eventually { listener.told.contains(.lost) })
    redis.goOn()
    #expect(try await eventually { listener.subscriptions == 2 })
    try await listener.close()
  }

  @Test func aChannelThatIsForbiddenIsTold() async throws {
    let redis = try RedisUnderTest()
    _ = try redis.send("ACL", "SETUSER", "router", "on", ">secret", "+@all", "&sy:*")
    let listener = try await ListenerUnderTest.start(
      "unix://router:secret@\(redis.socket)", channels: ["other"])
    let isTold = try await eventually {
      listener.told.contains { if case .failed(let reason) = $0 { reason.contains("NOPERM") } else { false } }
    }
    #expect(isTold)
    try await listener.close()
  }
}
