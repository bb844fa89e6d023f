import Foundation
import NIOCore
import Policy
import TestSupport
import Testing

@testable import Coordination

/// All that is done with Redis, by a user who has the documented rights and no others.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct RedisRightsTests {
  private func withUser(
    _ body: (_ redis: RedisUnderTest, _ url: String) async throws -> Void
  ) async throws {
    let redis = try RedisUnderTest()
    #expect(try redis.send(["ACL", "SETUSER", "router", "on", ">secret"] + RedisRights.rules) == .text("OK"))
    try await body(redis, "unix://router:secret@\(redis.socket)")
    #expect(try redis.send("ACL", "LOG") == .list([]), "nothing was refused")
  }

  @Test func theyAreEnoughForEveryScript() async throws {
    try await withUser { redis, url in
      let client = try await ClientUnderTest.start(url + "?db=1")
      #expect(try await eventually { client.told.last == .up })
      let scripts = LimitScripts()
      let (admission, settling) = Self.example
      let others =
        Self.breakerCalls + Self.feedbackCalls + Self.experimentCalls + Self.choiceCalls
        + (try Self.controlCalls(redis))
      let calls: [(Script, ScriptCall)] = [
        (scripts.admit, ScriptCall(admission)), (scripts.settle, ScriptCall([settling])),
        (scripts.charge, ScriptCall(admission)),
        (
          scripts.renew, ScriptCall(renewing: ["x"], of: "sy:{t:a}:s", Slots.Rule(count: 4, lifetime: 60_000))
        ),
        (scripts.lease, ScriptCall(Self.lease)),
        (LoadScripts().tell, ScriptCall(Self.loads, key: "sy:{lb}:inflight")),
      ]
      for (script, call) in calls + others {
        let arguments = ["\(call.keys.count)"] + call.keys + call.arguments.map(\.text)
        let unknown = try await client.call(["EVALSHA", script.sha] + arguments, key: call.keys[0])
        #expect(unknown == .success(.error(.noScript)))
        for start in [["EVAL", script.source], ["EVALSHA", script.sha]] {
          let reply = try await client.call(start + arguments, key: call.keys[0])
          if case .success(.error(let error)) = reply { Issue.record("\(error)") }
        }
      }
      let audit = ["XREVRANGE", "sy:{ro}:audit", "+", "-", "COUNT", "9"]
      guard case .success(.list(let lines)) = try await client.call(audit, key: audit[1]) else {
        Issue.record("no audit")
        return
      }
      #expect(lines.count == 5, "of a configuration, an answer, two bundles and an evaluation")
      try await client.close()
    }
  }

  private static let loads = LoadReport(
    replica: "r1", sequence: 1, loads: EndpointLoads(["a": 1]), wantsAll: true, sweeps: true)

  /// Over a state in which each has something to do, in the user's database.
  private static func controlCalls(_ redis: RedisUnderTest) throws -> [(Script, ScriptCall)] {
    _ = try redis.send("SELECT", "1")
    let calls = try ControlExample(redis).calls.map { ($0.script, $0.call) }
    _ = try redis.send("SCRIPT", "FLUSH")
    return calls
  }

  private static var breakerCalls: [(Script, ScriptCall)] {
    let (scripts, settings) = (BreakerScripts(), BreakerSettings(minRequests: 1))
    let keys = BreakerKeys(endpoint: "east", deployment: "small")
    let report = BreakerReport(reporter: "r1", sequence: 1, generation: 0, opening: .connect)
    let probe = BreakerProbe(id: "p1", generation: 1, outcome: .ok)
    return [
      (scripts.report, ScriptCall(report, keys, settings, jitter: 0)),
      (scripts.permit, ScriptCall(permit: "p1", keys, settings, jitter: 0)),
      (scripts.probe, ScriptCall(probe, keys, settings, jitter: 0)),
      (scripts.read, ScriptCall(reading: keys)),
    ]
  }

  private static var experimentCalls: [(Script, ScriptCall)] {
    var tally = SessionTally(arm: 0)
    tally.add(1, of: .cost)
    let note = ExperimentNote(
      replica: "r1", sequence: 1, ExperimentSubject(name: "x", edition: "e"), [.init(unit: 1, tally: tally)])
    return [(ExperimentScripts().note, ScriptCall(note, ExperimentNames(prefix: "sy")))]
  }

  private static var choiceCalls: [(Script, ScriptCall)] {
    let (script, names) = (ChoiceScripts().tell, ChoiceNames(prefix: "sy"))
    guard let model = ControlModel("chat") else { return [] }
    let note = ChoiceNote(replica: "r1", sequence: 1, model, edition: "e", numbers: "1")
    return [(script, ScriptCall(note, names))]
  }

  private static var feedbackCalls: [(Script, ScriptCall)] {
    let names = FeedbackNames(prefix: "sy")
    let mark = FeedbackMark(FeedbackTicket(at: 0, id: 1, session: 1), call: "r-1", .up)
    return [(FeedbackScripts().mark, ScriptCall(mark, names))]
  }

  private static var lease: LeaseCall {
    LeaseCall(
      record: "sy:{t:a}:lease:x", owner: "o", sequence: 1, lifetime: 60_000,
      parts: [
        .init(
          key: "sy:{t:a}:b", rule: Bucket.Rule(tokens: 10, window: 60_000), before: 0, used: 1, wanted: 2)
      ])
  }

  private static var example: (Admission, Settling) {
    let charges = [
      Charge(key: "sy:{t:a}:b", rule: .bucket(Bucket.Rule(tokens: 10, window: 60_000)), cost: 1),
      Charge(key: "sy:{t:a}:s", rule: .slots(Slots.Rule(count: 4, lifetime: 60_000)), cost: 1),
    ]
    return (
      Admission(id: "x", reservation: "sy:{t:a}:r:x", owner: "o", lifetime: 60_000, charges: charges),
      Settling(id: "x", reservation: "sy:{t:a}:r:x", charges: charges)
    )
  }

  @Test func theyAreEnoughToTellOneAnotherAndToCheck() async throws {
    try await withUser { redis, url in
      let listener = try await ListenerUnderTest.start(url, channels: ["sy:news"])
      let client = try await ClientUnderTest.start(url)
      #expect(try await eventually { client.told.last == .up && listener.subscriptions == 1 })
      _ = try await client.call("PUBLISH", "sy:news", "1")
      #expect(try await eventually { listener.heard == ["sy:news 1"] })
      let checked = try await client.check(RedisSettingsCheck(keepsRecords: false, workers: 1, replicas: 1))
      #expect(checked.flatMap(\.findings) == [])
      try await client.close()
      try await listener.close()
    }
  }

  @Test func theyAreEnoughInACluster() async throws {
    let (redis, port) = try RedisUnderTest.onPort(["--cluster-enabled", "yes"])
    _ = try redis.send("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
    _ = try redis.send(["ACL", "SETUSER", "router", "on", ">secret"] + RedisRights.rules)
    #expect(try await until { try redis.cluster["cluster_state"] == "ok" })
    let client = try await ClientUnderTest.start("redis-cluster://router:secret@127.0.0.1:\(port)")
    #expect(try await eventually { client.told.last == .up })
    #expect(try await client.call("PSETEX", "sy:{a}:b", "60000", "1") == .text("OK"))
    #expect(try await client.call("ASKING") == .text("OK"))
    #expect(try redis.send("ACL", "LOG") == .list([]))
    try await client.close()
  }

  @Test func thoseOfASentinelAreEnoughThere() async throws {
    let primary = try RedisUnderTest.onPort()
    let (sentinel, port) = try RedisUnderTest.onPort(sentinel: [
      "sentinel monitor sy 127.0.0.1 \(primary.port) 1"
    ])
    for (redis, rules) in [(primary.redis, RedisRights.rules), (sentinel, RedisRights.sentinel)] {
      #expect(try redis.send(["ACL", "SETUSER", "router", "on", ">secret"] + rules) == .text("OK"))
    }
    let url = "redis-sentinel://router:secret@127.0.0.1:\(port)/sy"
    let client = try await ClientUnderTest.start(url)
    let host = "127.0.0.1:\(primary.port)"
    #expect(try await eventually { client.told == [.primary(host), .up] })
    let isListening = try await until {
      let clients = try sentinel.send("CLIENT", "LIST").string.split(separator: "\n")
      return clients.contains { $0.contains(" user=router ") && $0.contains(" sub=1 ") }
    }
    #expect(isListening)
    #expect(try sentinel.send("ACL", "LOG") == .list([]))
    try await client.close()
  }

  @Test(arguments: [
    ["GET", "other"], ["KEYS", "*"], ["FLUSHALL"], ["CONFIG", "SET", "maxclients", "1"], ["ACL", "LIST"],
    ["PUBLISH", "other", "1"], ["SCRIPT", "FLUSH"], ["CLIENT", "LIST"],
    ["EVAL", "return redis.call('GET', 'other')", "0"],
  ])
  func theyAreEnoughForNothingElse(command: [String]) async throws {
    let redis = try RedisUnderTest()
    _ = try redis.send(["ACL", "SETUSER", "router", "on", ">secret"] + RedisRights.rules)
    let client = try await ClientUnderTest.start("unix://router:secret@\(redis.socket)")
    #expect(try await eventually { client.told.last == .up })
    let answer = try await client.call(command, key: "")
    guard case .success(.error(let error)) = answer else {
      Issue.record("\(command) was answered by \(answer)")
      return
    }
    #expect("\(error)".contains("NOPERM") || "\(error)".contains("access at least one of the keys"))
    try await client.close()
  }

  /// A new script that calls another command needs another right.
  @Test func everyCommandOfAScriptIsAmongThem() {
    let scripts = StateScripts.shared
    let limits = scripts.limits
    let (keys, cache, breakers) = (scripts.keys, CacheScripts.shared, BreakerScripts())
    let all =
      [
        limits.admit, limits.settle, limits.charge, limits.renew, limits.lease, scripts.presence, keys.put,
        keys.get,
        keys.revoke,
        keys.note, keys.changes, keys.list, keys.secret, cache.lock, cache.renew, cache.fill,
        cache.release, breakers.report, breakers.permit, breakers.probe, breakers.read, LoadScripts().tell,
      ] + scripts.control.all
    for script in all {
      let commands = script.source.matches(of: #/(?:call|ask)\('(\w+)'/#).map { $0.1.lowercased() }
      #expect(commands.count > 2)
      #expect(Set(commands).isSubset(of: Set(RedisRights.data + RedisRights.messages)))
    }
  }

  @Test func everyCommandOfALookIsAmongThem() throws {
    let look = CacheLook(keys: try #require(CacheKeys(tenant: "acme", hash: "00ff")))
    let claim = CacheClaim(owner: "r1:1", lifetime: 700, seen: 0)
    for command in [look.take(claim, now: 1), look.find, CacheLook.time] {
      #expect(RedisRights.data.contains(command[0].lowercased()))
    }
  }

  /// What people copy is what the tests run with.
  @Test func thePageHasThem() throws {
    let root = URL(filePath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
      .deletingLastPathComponent()
    let page = root.appending(path: "Sources/switchyard/Switchyard.docc/SharedState.md")
    let words = try String(contentsOf: page, encoding: .utf8).split { " \n`.".contains($0) }
    let rights = Set(words.filter { $0.hasPrefix("+") }.map(String.init))
    let wanted = RedisRights.rules + RedisRights.sentinel
    #expect(rights.subtracting(["+switch-master"]) == Set(wanted.filter { $0.hasPrefix("+") }))
  }
}
