import CHiredis
import Foundation
import Policy
import TestSupport
import Testing

@testable import Coordination

/// What the twin has no word for: Redis' own clock, values of another kind, and what is published.
@Suite(.timeLimit(.minutes(1)))
struct KeyScriptTests {
  private static let names = KeyNames(prefix: "sy")

  private static func terms(_ expires: KeyInstant? = nil) throws -> KeyTerms {
    let digest = try #require(KeyDigest(Array(repeating: 7, count: 32)))
    return try KeyTerms(
      digest: digest, tenant: "acme", team: "search", models: ["chat-*"],
      limits: [RecordedLimit(text: "50 dollars per day Europe/Berlin")], expires: expires)
  }

  private static func run(_ redis: RedisUnderTest, _ script: Script, _ call: ScriptCall) throws -> Reply {
    Reply(
      told: try redis.send(
        ["EVAL", script.source, String(call.keys.count)] + call.keys + call.arguments.map(\.text)))
  }

  @Test func aRecordIsDatedByRedis() throws {
    let redis = try RedisUnderTest()
    let scripts = KeyScripts()
    let put = KeyPut("k1", try Self.terms(), replacing: 0, request: "r1", in: Self.names)
    let before = KeyInstant(seconds: Int64(Date().timeIntervalSince1970) - 1)
    #expect(KeyReplies.put(try Self.run(redis, scripts.put, ScriptCall(put))) == .stored(version: 1))
    let read = try KeyReplies.get(try Self.run(redis, scripts.get, ScriptCall(recordOf: "k1", Self.names)))
    guard case .record(let record) = read?.entry else { Issue.record("\(String(describing: read))"); return }
    #expect(record.terms == put.terms)
    #expect(record.created >= before && record.created.seconds <= before.seconds + 60)
    #expect(record.changed == record.created)
  }

  @Test func peopleCanReadARecord() throws {
    let redis = try RedisUnderTest()
    let expires = try #require(KeyInstant("2091-02-28T23:59:59Z"))
    let put = KeyPut("k1", try Self.terms(expires), replacing: 0, request: "r1", in: Self.names)
    _ = try Self.run(redis, KeyScripts().put, ScriptCall(put))
    let text = { (field: String) in try redis.send("HGET", "sy:{k:k1}:key", field) }
    #expect(try text("tenant") == .text("acme"))
    #expect(try text("limits") == .text("50 dollars per day Europe/Berlin"))
    #expect(try text("expires") == .text("2091-02-28T23:59:59Z"))
    #expect(try text("version") == .text("1"))
  }

  @Test func whatSomebodyElseWroteIsNeverOverwritten() throws {
    let redis = try RedisUnderTest()
    let scripts = KeyScripts()
    _ = try redis.send("HSET", "sy:{k:a}:key", "name", "x")
    _ = try redis.send("SET", "sy:{k:b}:key", "x")
    _ = try redis.send("SET", "sy:{keys}:epoch", "x")
    for id in ["a", "b"] {
      let put = KeyPut(id, try Self.terms(), replacing: 0, request: "r", in: Self.names)
      for (script, call) in [
        (scripts.put, ScriptCall(put)), (scripts.revoke, ScriptCall(recordOf: id, Self.names)),
      ] {
        guard case .error = try Self.run(redis, script, call) else {
          Issue.record("\(id) was overwritten")
          continue
        }
      }
    }
    let note = ScriptCall(noting: "a", isListed: true, Self.names)
    guard case .error = try Self.run(redis, scripts.note, note) else { Issue.record("noted"); return }
    #expect(try redis.send("HGETALL", "sy:{k:a}:key") == .list([.text("name"), .text("x")]))
    #expect(try redis.send("GET", "sy:{k:b}:key") == .text("x"))
    #expect(try redis.send("EXISTS", "sy:{keys}:changes") == .number(0))
    let read = try Self.run(redis, scripts.get, ScriptCall(recordOf: "a", Self.names))
    #expect(throws: KeyRecordError.self) { _ = try KeyReplies.get(read) }
  }

  @Test func aChangeIsPublished() throws {
    let redis = try RedisUnderTest()
    let listener = try #require(redisConnectUnix(redis.socket))
    defer { redisFree(listener) }
    redisSetTimeout(listener, timeval(tv_sec: 20, tv_usec: 0))
    func next() throws -> [String] {
      var pointer: UnsafeMutableRawPointer?
      try #require(redisGetReply(listener, &pointer) == REDIS_OK)
      let reply = try #require(pointer)
      defer { freeReplyObject(reply) }
      let list = reply.assumingMemoryBound(to: redisReply.self).pointee
      return (0..<Int(list.elements)).map { list.element[$0]?.pointee.str.map { String(cString: $0) } ?? "" }
    }
    let command = ["SUBSCRIBE", Self.names.channel]
    var words = command.map { UnsafePointer(strdup($0)) }
    defer { for word in words { free(UnsafeMutableRawPointer(mutating: word)) } }
    var lengths = command.map(\.utf8.count)
    try #require(redisAppendCommandArgv(listener, 2, &words, &lengths) == REDIS_OK)
    #expect(try next().prefix(2) == ["subscribe", "sy:ev:keys"])
    let call = ScriptCall(noting: "k1", isListed: true, Self.names)
    _ = try Self.run(redis, KeyScripts().note, call)
    #expect(try next() == ["message", "sy:ev:keys", "k1"])
  }

  @Test func atMostAThousandChangesAreToldAtATime() throws {
    let redis = try RedisUnderTest()
    let scripts = KeyScripts()
    for number in 0..<1_001 {
      _ = try Self.run(redis, scripts.note, ScriptCall(noting: "k\(number)", isListed: true, Self.names))
    }
    let first = KeyReplies.changes(
      try Self.run(redis, scripts.changes, ScriptCall(changesSince: 1, Self.names)))
    guard case .unknown = first else { Issue.record("\(String(describing: first))"); return }
    guard case .list(let epochs) = try redis.send("ZRANGE", "sy:{keys}:changes", "0", "0", "WITHSCORES"),
      case .text(let text) = epochs[1], let epoch = Int64(text)
    else { Issue.record("no changes"); return }
    let call = ScriptCall(changesSince: epoch - 1, Self.names)
    guard
      case .changed(let ids, let reached, true) = KeyReplies.changes(
        try Self.run(redis, scripts.changes, call))
    else { Issue.record("nothing more"); return }
    #expect(ids.count == 1_000 && ids.first == "k0")
    let rest = try Self.run(redis, scripts.changes, ScriptCall(changesSince: reached, Self.names))
    guard case .changed(["k1000"], _, false) = KeyReplies.changes(rest) else {
      Issue.record("\(rest)"); return
    }
  }
}
