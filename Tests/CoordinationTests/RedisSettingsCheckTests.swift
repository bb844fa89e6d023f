import NIOCore
import TestSupport
import Testing

@testable import Coordination

struct RedisSettingsCheckTests {
  private static let check = RedisSettingsCheck(keepsRecords: true, workers: 4, replicas: 5)

  /// What a good Redis says, with changes; nil leaves a name out.
  private static func settings(_ changes: [String: String?] = [:]) -> RedisSettings {
    var info: [String: String] = [
      "redis_version": "7.0.15", "connected_slaves": "2", "maxmemory_policy": "noeviction",
      "aof_enabled": "1",
    ]
    var configuration = [
      "maxmemory-policy": "noeviction", "appendonly": "yes", "min-replicas-to-write": "1",
      "min-replicas-max-lag": "2", "maxclients": "10000",
    ]
    for (name, value) in changes {
      if name.contains("_") { info[name] = value } else { configuration[name] = value }
    }
    return RedisSettings(info: info, configuration: configuration)
  }

  @Test func aRedisThatIsSetUpWellIsSilent() { #expect(Self.check.findings(Self.settings()) == []) }

  @Test(
    arguments: [
      (["redis_version": "6.0.16"], .refusal, ["6.0", "6.2 or newer"]),
      (["redis_version": "5.0.9"], .refusal, ["5.0"]),
      (["maxmemory-policy": "allkeys-lru"], .warning, ["allkeys-lru", "set maxmemory-policy noeviction"]),
      (["min-replicas-to-write": "0"], .warning, ["lost", "set min-replicas-to-write 1"]),
      (["min-replicas-max-lag": "0"], .warning, ["lost", "set min-replicas-to-write 1"]),
      (["min-replicas-max-lag": "10"], .warning, ["10 s", "set min-replicas-max-lag 2"]),
      (["connected_slaves": "1"], .warning, ["the one replica", "stops all writes", "outage policy"]),
      (["min-replicas-to-write": "2"], .warning, ["one of the 2 replicas", "add a replica"]),
      (["appendonly": "no"], .warning, ["budgets", "set appendonly yes"]),
      (["maxclients": "99"], .warning, ["99", "5 replicas of 4 workers", "100", "raise maxclients"]),
    ] as [([String: String?], RedisFinding.Weight, [String])])
  func whatIsUnsafeIsOneSentence(
    changes: [String: String?], weight: RedisFinding.Weight, words: [String]
  ) throws {
    let findings = Self.check.findings(Self.settings(changes))
    let finding = try #require(findings.first)
    #expect(findings.count == 1 && finding.weight == weight)
    for word in words { #expect(finding.text.contains(word)) }
    #expect(finding.text.hasSuffix(".") && finding.text.contains(": "))
  }

  @Test(
    arguments: [
      ["connected_slaves": "0", "min-replicas-to-write": "0"], ["redis_version": "6.2.0"],
      ["redis_version": "8.0"], ["redis_version": "10.0.1"], ["redis_version": "unknown"],
      ["maxclients": "100"], ["maxclients": nil, "appendonly": nil, "maxmemory-policy": nil],
    ] as [[String: String?]])
  func whatIsSafeOrNotSaidIsSilent(changes: [String: String?]) {
    #expect(Self.check.findings(Self.settings(changes)) == [])
  }

  @Test func withoutRecordsNoAppendOnlyFileIsNeeded() {
    var check = Self.check
    check.keepsRecords = false
    #expect(check.findings(Self.settings(["appendonly": "no"])) == [])
  }

  /// What `INFO` tells too is checked all the same.
  @Test func whatIsRefusedIsSaidToBeUnchecked() {
    var settings = Self.settings(["maxmemory_policy": "volatile-ttl", "aof_enabled": "0"])
    settings.configuration = nil
    let findings = Self.check.findings(settings)
    #expect(findings.map(\.weight) == [.warning, .warning, .unknown])
    #expect(findings.last?.text.contains("+config|get") == true)
    settings.info = nil
    #expect(Self.check.findings(settings).map(\.weight) == [.unknown, .unknown])
  }

  @Test func repliesAreRead() {
    let info = Reply.bytes(Array("# Server\r\nredis_version:7.0.15\r\n\r\nexecutable:/a:b\r\n".utf8))
    let configuration = Reply.list([.bytes(Array("maxclients".utf8)), .bytes(Array("7".utf8))])
    let settings = RedisSettings(info: [info], configuration: [configuration, .list([])])
    #expect(settings.info == ["redis_version": "7.0.15", "executable": "/a:b"])
    #expect(settings.configuration == ["maxclients": "7"])
    let refused = Reply.error(.denied("NOPERM"))
    #expect(
      RedisSettings(info: [info, refused], configuration: [refused])
        == RedisSettings(info: nil, configuration: nil))
  }
}

/// The check of real servers.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct RedisCheckTests {
  private func findings(_ redis: RedisUnderTest, user: String = "") async throws -> [RedisFinding] {
    let socket = redis.socket
    let client = try await ClientUnderTest.start("unix://\(user)\(socket)")
    #expect(try await eventually { client.told.last == .up })
    let checked = try await client.check(RedisSettingsCheck(keepsRecords: true, workers: 1, replicas: 1))
    try await client.close()
    #expect(checked.map(\.server) == [socket])
    return checked.flatMap(\.findings)
  }

  @Test func unsafeSettingsAreFound() async throws {
    let redis = try RedisUnderTest(["--maxmemory-policy", "allkeys-lru", "--maxclients", "3"])
    let texts = try await findings(redis).map(\.text)
    #expect(texts.count == 3)
    for (text, word) in zip(texts, ["noeviction", "append-only", "maxclients 3"]) {
      #expect(text.contains(word))
    }
  }

  @Test func safeSettingsAreSilent() async throws {
    let redis = try RedisUnderTest(["--appendonly", "yes"])
    #expect(try await findings(redis) == [])
  }

  @Test func aSingleReplicaIsAWarning() async throws {
    let primary = try RedisUnderTest.onPort([
      "--appendonly", "yes", "--min-replicas-to-write", "1", "--min-replicas-max-lag", "2",
      "--repl-diskless-sync-delay", "0",
    ])
    let replica = try RedisUnderTest(["--replicaof", "127.0.0.1 \(primary.port)"])
    #expect(try await until { try primary.redis.info("replication")["connected_slaves"] == "1" })
    let texts = try await findings(primary.redis).map(\.text)
    #expect(texts.count == 1 && texts[0].contains("the one replica stops all writes"))
    replica.crash()
  }

  @Test func whatTheUserMayNotAskIsUnchecked() async throws {
    let redis = try RedisUnderTest()
    _ = try redis.send("ACL", "SETUSER", "router", "on", ">secret", "+@all", "-config", "-info")
    #expect(try await findings(redis, user: "router:secret@").map(\.weight) == [.unknown, .unknown])
  }
}
