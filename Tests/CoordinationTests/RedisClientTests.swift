import NIOCore
import TestSupport
import Testing

@testable import Coordination

/// A client of one Redis.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct RedisClientTests {
  @Test func aSocketsURLLeadsToIt() async throws {
    let redis = try RedisUnderTest(["--requirepass", "p/1"])
    let socket = redis.socket
    let client = try await ClientUnderTest.start("redis+unix://:p%2F1@\(socket)?db=2")
    #expect(try await eventually { client.told == [.primary(socket), .up] })
    #expect(try await client.call("SET", "a", "1") == .text("OK"))
    #expect(try await client.call("GET", "a") == .text("1"))
    try await client.close()
    #expect(try await client.call("GET", "a") == .failure(.unsent))
  }

  @Test func anOutageIsToldOnce() async throws {
    let redis = try RedisUnderTest()
    let client = try await ClientUnderTest.start("unix://\(redis.socket)")
    #expect(try await eventually { client.told.last == .up })
    redis.crash()
    #expect(try await eventually { !client.reasons.isEmpty })
    try redis.restart()
    #expect(try await eventually { client.told.last == .up })
    #expect(
      client.told.filter { if case .failed = $0 { false } else { true } }
        == [.primary(redis.socket), .up, .down, .up])
    #expect(client.reasons.count <= ReasonJournal.maximumReasons)
    try await client.close()
  }

  /// Its name may lead to another server by then.
  @Test func aRedisThatBecameAReplicaIsLeft() async throws {
    let redis = try RedisUnderTest()
    let client = try await ClientUnderTest.start("unix://\(redis.socket)")
    #expect(try await eventually { client.told.last == .up })
    _ = try redis.send("REPLICAOF", "127.0.0.1", "1")
    #expect(try await client.call("SET", "a", "1") == .success(.error(.readOnly)))
    #expect(try await eventually { client.reasons == ["it is a replica, not the primary"] })
    #expect(client.told.filter { $0 == .down }.count == 1)
    _ = try redis.send("REPLICAOF", "NO", "ONE")
    #expect(try await eventually { client.told.last == .up })
    #expect(try await client.call("SET", "a", "1") == .text("OK"))
    try await client.close()
  }

  @Test func anAddressWithoutAServerIsToldInWords() async throws {
    let client = try await ClientUnderTest.start("redis://127.0.0.1:1")
    #expect(try await eventually { !client.reasons.isEmpty })
    #expect(client.reasons[0].contains("refused"))
    try await client.close()
  }

  /// A server that was stopped says nothing, and neither does the network: what was sent is never answered.
  @Test func aConnectionWithoutAnyReplyIsLeft() async throws {
    let redis = try RedisUnderTest()
    let client = try await ClientUnderTest.start("unix://\(redis.socket)")
    #expect(try await eventually { client.told.last == .up })
    redis.hang()
    let wasLeft = try await eventually {
      _ = try await client.call("GET", "a", within: .milliseconds(20))
      return client.told.contains(.down)
    }
    #expect(wasLeft)
    redis.goOn()
    #expect(try await eventually { client.told.last == .up })
    try await client.close()
  }
}
