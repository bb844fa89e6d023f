import NIOCore
import TestSupport
import Testing

@testable import Coordination

/// Three primaries, each with a replica.
private final class ClusterUnderTest {
  let nodes: [(redis: RedisUnderTest, port: Int)]
  let ids: [String]

  init() async throws {
    nodes = try (0..<6).map { _ in
      try RedisUnderTest.onPort([
        "--cluster-enabled", "yes", "--cluster-node-timeout", "1000", "--cluster-replica-validity-factor",
        "0",
        "--repl-diskless-sync-delay", "0",
      ])
    }
    ids = try nodes.map { try $0.redis.send("CLUSTER", "MYID").string }
    for (index, node) in nodes.enumerated() {
      _ = try node.redis.send("CLUSTER", "SET-CONFIG-EPOCH", "\(index + 1)")
      _ = try node.redis.send("CLUSTER", "MEET", "127.0.0.1", "\(nodes[0].port)")
    }
    for (index, range) in [(0, 5_460), (5_461, 10_922), (10_923, 16_383)].enumerated() {
      _ = try nodes[index].redis.send("CLUSTER", "ADDSLOTSRANGE", "\(range.0)", "\(range.1)")
    }
    let all = nodes
    try #require(
      try await until { try all.allSatisfy { try $0.redis.cluster["cluster_known_nodes"] == "6" } })
    for index in 3..<6 {
      _ = try await until { try all[index].redis.send("CLUSTER", "REPLICATE", ids[index - 3]) == .text("OK") }
    }
    try #require(
      try await until {
        try all.allSatisfy { try $0.redis.cluster["cluster_state"] == "ok" }
          && all[3...].allSatisfy { try $0.redis.info("replication")["master_link_status"] == "up" }
      })
  }

  var url: String { "redis-cluster://127.0.0.1:\(nodes[1].port),127.0.0.1:\(nodes[4].port)" }

  /// The primary of a key, as the nodes began.
  func owner(of key: String) -> Int { min(2, HashSlot.of(key) / 5_461) }
}

@Suite(.needsRedis, .serialized, .timeLimit(.minutes(2)))
struct ClusterTests {
  @Test func aClusterIsFollowedWhereverItsSlotsGo() async throws {
    let cluster = try await ClusterUnderTest()
    let client = try await ClientUnderTest.start(cluster.url)
    #expect(try await eventually { client.told.last == .up })
    try await everyKeyReachesItsNode(client, cluster)
    try await aSlotMovesUnderCalls(client, cluster)
    try await aKilledPrimaryIsFollowedByItsReplica(client, cluster)
    try await client.close()
  }

  private func everyKeyReachesItsNode(_ client: ClientUnderTest, _ cluster: ClusterUnderTest) async throws {
    let listener = try await ListenerUnderTest.start(cluster.url, channels: ["sy:news"])
    for number in 0..<60 {
      #expect(try await client.call("SET", "sy:{\(number)}:a", "\(number)") == .text("OK"))
      let two = try await client.call("MGET", "sy:{\(number)}:a", "sy:{\(number)}:b")
      #expect(two == .success(.list([.bytes(Array("\(number)".utf8)), .none])))
    }
    for node in cluster.nodes[..<3] {
      #expect(try node.redis.send("INFO", "errorstats").string.contains("MOVED") == false)
    }
    #expect(try await eventually { listener.subscriptions == 1 })
    _ = try await client.call("PUBLISH", "sy:news", "1")
    #expect(try await eventually { listener.heard == ["sy:news 1"] })
    try await listener.close()
  }

  /// The steps of `redis-cli --cluster reshard`, by hand, and calls at each.
  private func aSlotMovesUnderCalls(_ client: ClientUnderTest, _ cluster: ClusterUnderTest) async throws {
    let keys = ["sy:{move}:a", "sy:{move}:b"]
    let slot = "\(HashSlot.of(keys[0]))"
    let (from, to) = (cluster.owner(of: keys[0]), (cluster.owner(of: keys[0]) + 1) % 3)
    let (source, target) = (cluster.nodes[from], cluster.nodes[to])
    for key in keys { #expect(try await client.call("SET", key, key) == .text("OK")) }
    #expect(try target.redis.send("CLUSTER", "SETSLOT", slot, "IMPORTING", cluster.ids[from]) == .text("OK"))
    #expect(try source.redis.send("CLUSTER", "SETSLOT", slot, "MIGRATING", cluster.ids[to]) == .text("OK"))
    let migrate = { (key: String) in
      try source.redis.send("MIGRATE", "127.0.0.1", "\(target.port)", key, "0", "5000")
    }
    #expect(try migrate(keys[0]) == .text("OK"))

    #expect(try await client.call("GET", keys[0]) == .text(keys[0]), "ASK is followed")
    #expect(try await client.call("GET", keys[1]) == .text(keys[1]), "what is still there is there")
    #expect(try source.redis.errors["ASK"] ?? 0 > 0)
    let torn = try await client.call(["MGET"] + keys, key: keys[0], within: .milliseconds(60))
    #expect(torn == .success(.error(.tryAgain)) || torn == .failure(.timeout))

    async let whole = client.call(["MGET"] + keys, key: keys[0])
    #expect(try await until { try source.redis.errors["TRYAGAIN"] ?? 0 > 1 })
    #expect(try migrate(keys[1]) == .text("OK"))
    #expect(
      try await whole == .success(.list(keys.map { .bytes(Array($0.utf8)) })), "TRYAGAIN is tried again")

    for node in [target, source] {
      #expect(try node.redis.send("CLUSTER", "SETSLOT", slot, "NODE", cluster.ids[to]) == .text("OK"))
    }
    #expect(try await client.call("GET", keys[0]) == .text(keys[0]))
    #expect(try source.redis.errors["MOVED"] ?? 0 > 0, "MOVED is followed")
    let moved = try source.redis.errors["MOVED"]
    for _ in 0..<20 { #expect(try await client.call("GET", keys[0]) == .text(keys[0])) }
    #expect(try source.redis.errors["MOVED"] == moved, "and learnt")
  }

  private func aKilledPrimaryIsFollowedByItsReplica(
    _ client: ClientUnderTest, _ cluster: ClusterUnderTest
  ) async throws {
    let key = "sy:{0}:a"
    let node = cluster.owner(of: key)
    cluster.nodes[node].redis.crash()
    let hasRecovered = try await eventually {
      try await client.call("SET", key, "again", within: .milliseconds(100)) == .text("OK")
    }
    #expect(hasRecovered)
    #expect(try await client.call("GET", key) == .text("again"))
    #expect(client.told.filter { $0 == .up } == [.up], "the others were there all the time")
    let replica = "127.0.0.1:\(cluster.nodes[node + 3].port)"
    #expect(
      try await eventually {
        client.told.contains { if case .primary(let text) = $0 { text.contains(replica) } else { false } }
      })
  }

  @Test func aRedisWithoutAClusterIsTold() async throws {
    let (redis, port) = try RedisUnderTest.onPort()
    let client = try await ClientUnderTest.start("redis-cluster://127.0.0.1:\(port)")
    #expect(try await eventually { client.reasons.contains { $0.contains("cluster") } })
    #expect(try await client.call("GET", "a") == .failure(.unsent))
    try await client.close()
    redis.crash()
  }

  @Test func slotsAreThoseOfTheServer() throws {
    let (redis, _) = try RedisUnderTest.onPort(["--cluster-enabled", "yes"])
    for key in ["sy:{t:acme}:r", "a{b", "a}b{", "{}", "{a}{b}", "ü{ö}", "sy:{c:t:0f}:lock"] {
      #expect(try redis.send("CLUSTER", "KEYSLOT", key) == .number(Int64(HashSlot.of(key))))
    }
  }
}
