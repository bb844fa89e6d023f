import Policy
import TestSupport
import Testing

@testable import Coordination

/// What the keys' scripts need of a Redis user, and of a cluster.
@Suite(.timeLimit(.minutes(1)))
struct KeyRightsTests {
  private static let names = KeyNames(prefix: "sy")
  /// Beside those that run scripts: `EVALSHA`, `EVAL`, and `SUBSCRIBE` for the channel.
  private static let commands = [
    "time", "get", "set", "del", "exists", "hmget", "hgetall", "hset", "pexpire", "zadd", "zcard", "zrange",
    "zrangebylex", "zrangebyscore", "zrem", "zremrangebyrank", "publish",
  ]

  private static func calls() throws -> [(Script, ScriptCall)] {
    let scripts = KeyScripts()
    let digest = try #require(KeyDigest(Array(repeating: 7, count: 32)))
    let terms = try KeyTerms(digest: digest, tenant: "acme", expires: KeyInstant(seconds: 9_999_999_999))
    let secret = try #require(KeySecret(Array(repeating: 1, count: 32)))
    return [
      (scripts.changes, ScriptCall(changesSince: 0, names)),
      (scripts.put, ScriptCall(KeyPut("k1", terms, replacing: 0, request: "r1", in: names))),
      (scripts.get, ScriptCall(recordOf: "k1", names)), (scripts.revoke, ScriptCall(recordOf: "k1", names)),
      (scripts.note, ScriptCall(noting: "k1", isListed: true, names, mostChanges: 1)),
      (scripts.note, ScriptCall(noting: "k2", isListed: false, names, mostChanges: 1)),
      (scripts.list, ScriptCall(listAfter: "", count: 10, names)),
      (scripts.secret, ScriptCall(proposing: secret, names)),
    ]
  }

  /// Whether every script runs as a user who may do no more than that.
  private static func isEnough(_ rights: [String], on redis: RedisUnderTest) throws -> Bool {
    _ = try redis.send("AUTH", "default", "")
    _ = try redis.send("FLUSHALL")
    _ = try redis.send(["ACL", "SETUSER", "sy", "reset", "on", ">p"] + rights)
    _ = try redis.send("AUTH", "sy", "p")
    return try calls().allSatisfy { script, call in
      let reply = try redis.send(
        ["EVAL", script.source, String(call.keys.count)] + call.keys + call.arguments.map(\.text))
      if case .error = reply { return false }
      return true
    }
  }

  @Test func theLeastRightsSufficeAndEachIsNeeded() throws {
    let redis = try RedisUnderTest()
    let rights = ["~sy:*", "&sy:ev:*", "+eval"] + Self.commands.map { "+\($0)" }
    #expect(try Self.isEnough(rights, on: redis))
    for index in rights.indices {
      var less = rights
      less.remove(at: index)
      #expect(try !Self.isEnough(less, on: redis), "without \(rights[index])")
    }
  }

  /// A Redis Cluster refuses calls of two slots; keys of one tag share theirs.
  @Test func everyCallIsOfOneTag() throws {
    for (_, call) in try Self.calls() {
      let tags = Set(call.keys.map { key in key.prefix { $0 != "}" } })
      #expect(tags.count == 1 && tags.allSatisfy { $0.hasPrefix("sy:{k") })
    }
  }

  /// Keys that a script was not told of could be of any slot.
  @Test func noScriptNamesAKeyOfItsOwn() throws {
    for (script, _) in try Self.calls() {
      let code = script.source.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
      #expect(!code.contains("sy:") && !code.contains("{k"))
    }
  }
}
