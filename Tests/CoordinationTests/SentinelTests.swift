import NIOCore
import TestSupport
import Testing

@testable import Coordination

/// A primary with two replicas, and three sentinels that know it as `sy`.
private final class SentinelsUnderTest {
  let servers: [(redis: RedisUnderTest, port: Int)]
  let sentinels: [(redis: RedisUnderTest, port: Int)]

  init() async throws {
    let primary = try RedisUnderTest.onPort()
    let replicas = try (0..<2).map { _ in
      try RedisUnderTest.onPort([
        "--replicaof", "127.0.0.1 \(primary.port)", "--repl-diskless-sync-delay", "0",
      ])
    }
    servers = [primary] + replicas
    let isReady = try await until {
      try replicas.allSatisfy { try $0.redis.info("replication")["master_link_status"] == "up" }
    }
    try #require(isReady)
    sentinels = try (0..<3).map { _ in
      try RedisUnderTest.onPort(sentinel: [
        "sentinel monitor sy 127.0.0.1 \(primary.port) 2", "sentinel down-after-milliseconds sy 1000",
        "sentinel failover-timeout sy 6000",
      ])
    }
    #expect(try await until { try sentinels.allSatisfy { try isComplete($0.redis) } })
  }

  private func isComplete(_ sentinel: RedisUnderTest) throws -> Bool {
    let fields = try sentinel.send("SENTINEL", "MASTER", "sy").fields
    return fields["num-slaves"] == "2" && fields["num-other-sentinels"] == "2"
  }

  var hosts: String { sentinels.map { "127.0.0.1:\($0.port)" }.joined(separator: ",") }
  var url: String { "redis-sentinel://\(hosts)/sy" }
}

@Suite(.needsRedis, .serialized, .timeLimit(.minutes(2)))
struct SentinelTests {
  /// Then the old primary comes back and takes itself for one still: nobody asks it.
  @Test func aKilledPrimaryIsFollowedByAnother() async throws {
    let fleet = try await SentinelsUnderTest()
    let client = try await ClientUnderTest.start(fleet.url)
    let listener = try await ListenerUnderTest.start(fleet.url, channels: ["sy:a"])
    let first = "127.0.0.1:\(fleet.servers[0].port)"
    #expect(try await eventually { client.told == [.primary(first), .up] && listener.subscriptions == 1 })
    #expect(try await client.call("SET", "sy:a", "1") == .text("OK"))

    fleet.servers[0].redis.crash()
    #expect(try await eventually { client.told.last == .up && client.told.contains(.down) })
    let primaries = client.told.compactMap { if case .primary(let address) = $0 { address } else { nil } }
    #expect(primaries.count == 2 && primaries.last != first)
    #expect(try await client.call("SET", "sy:a", "2") == .text("OK"))

    #expect(try await eventually { listener.subscriptions == 2 })
    _ = try await client.call("PUBLISH", "sy:a", "again")
    #expect(try await eventually { listener.heard == ["sy:a again"] })

    try fleet.servers[0].redis.restart()
    let other = try await ClientUnderTest.start(fleet.url)
    #expect(try await eventually { other.told.last == .up })
    #expect(other.told.first == .primary(primaries.last ?? ""))
    for end in [client, other] { try await end.close() }
    try await listener.close()
  }

  /// By hand, with the old primary alive: `+switch-master` says so.
  @Test func anAnnouncedSwitchIsFollowed() async throws {
    let fleet = try await SentinelsUnderTest()
    let client = try await ClientUnderTest.start(fleet.url)
    #expect(try await eventually { client.told.last == .up })
    #expect(try fleet.sentinels[0].redis.send("SENTINEL", "FAILOVER", "sy") == .text("OK"))
    let first = "127.0.0.1:\(fleet.servers[0].port)"
    let hasMoved = try await eventually {
      guard client.told.last == .up, client.told.contains(.down) else { return false }
      return try await client.call("SET", "sy:a", "1") == .text("OK")
    }
    #expect(hasMoved)
    #expect(client.told.last { if case .primary = $0 { true } else { false } } != .primary(first))
    try await client.close()
  }

  /// It refuses writes, and is the primary all the same: whoever left it would only come back.
  @Test func aPrimaryWithoutReplicasIsNotLeft() async throws {
    let primary = try RedisUnderTest.onPort(["--min-replicas-to-write", "1"])
    let (sentinel, port) = try RedisUnderTest.onPort(sentinel: [
      "sentinel monitor sy 127.0.0.1 \(primary.port) 1"
    ])
    let client = try await ClientUnderTest.start("redis-sentinel://127.0.0.1:\(port)/sy")
    let host = "127.0.0.1:\(primary.port)"
    #expect(try await eventually { client.told == [.primary(host), .up] })
    let before = Int(try sentinel.info("stats")["total_connections_received"] ?? "") ?? 0
    let isAskedAgain = try await until {
      #expect(try await client.call("SET", "a", "1") == .success(.error(.noReplicas)))
      let now = Int(try sentinel.info("stats")["total_connections_received"] ?? "") ?? 0
      return now > before + 1
    }
    #expect(isAskedAgain)
    #expect(client.told == [.primary(host), .up])
    try await client.close()
  }

  @Test func aNameThatSentinelDoesNotKnowIsTold() async throws {
    let (sentinel, port) = try RedisUnderTest.onPort(sentinel: ["sentinel monitor sy 127.0.0.1 1 1"])
    let client = try await ClientUnderTest.start("redis-sentinel://127.0.0.1:\(port)/other")
    #expect(try await eventually { client.reasons.contains { $0.contains("no primary named other") } })
    try await client.close()
    sentinel.crash()
  }
}
