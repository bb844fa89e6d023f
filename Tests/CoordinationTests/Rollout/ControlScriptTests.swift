import NIOCore
import Policy
import TestSupport
import Testing

@testable import Coordination

/// What the twin has no picture of: Redis' own clock, values that nobody of ours wrote, memory that is full, and messages.
@Suite(.needsRedis, .timeLimit(.minutes(2)))
struct ControlScriptTests {
  private let redis: RedisUnderTest

  init() throws { redis = try RedisUnderTest() }

  /// By place in `ControlExample.calls`.
  private static let names = [
    "take", "put", "stamp", "sync", "veto", "answer", "judge", "bundle", "evaluate", "ask", "count", "counts",
    "spend", "release",
  ]

  @Test func everyCallDoesSomething() throws {
    let example = try ControlExample(redis)
    let calls = try example.calls
    #expect(calls.map(\.name) == Self.names)
    for (name, script, call) in calls {
      let before = try redis.contents
      let reply = try example.run(script, call)
      if case .error(let error) = reply { Issue.record("\(name): \(error)") }
      if name != "counts" { #expect(try redis.contents != before, "\(name)") }
    }
  }

  @Test func redisTellsTheTime() throws {
    let example = try ControlExample(redis)
    #expect(example.leader.epoch > 1_600_000_000_000)
    #expect(try redis.send("HGET", "sy:{ro}:lease", "id") == .text("r1"))
    #expect(try redis.send("HGET", "sy:{ro}:cfg", "m:chat") == .text(ControlExample.line))
  }

  /// In the place of each key of each call: a list, and a hash or text with nonsense.
  @Test(arguments: names) func whatSomebodyElseWroteIsLeftAlone(_ name: String) throws {
    let example = try ControlExample(redis)
    let count = try #require(try example.calls.first { $0.name == name }).call.keys.count
    var refused = 0
    for place in 0..<count {
      for nonsense in [
        ["LPUSH", "", "x"], ["HSET", "", "epoch", "x", "mark", "x", "@r1", "x"], ["SET", "", "x"],
      ] {
        let example = try ControlExample(redis)
        let (_, script, call) = try #require(try example.calls.first { $0.name == name })
        let key = call.keys[place]
        _ = try redis.send("DEL", key)
        _ = try redis.send([nonsense[0], key] + nonsense.dropFirst(2))
        let before = try redis.contents
        let reply = try example.run(script, call)
        let after = try redis.contents
        if case .error(let error) = reply {
          refused += 1
          #expect(error.isOfTheKey, "\(error)")
          #expect(after == before, "\(name) wrote something before it noticed \(nonsense) at \(key)")
        } else if !key.contains(":answer:"), nonsense[0] != "HSET" {
          #expect(after[key] == before[key], "\(name) wrote over \(nonsense) at \(key)")
        }
      }
    }
    #expect(refused > 0)
  }

  @Test(arguments: [
    ["lease", "epoch", "-1"], ["lease", "until", "9999999999999999"], ["lease", "span", ""],
    ["cfg", "ver", "1.5"], ["cfg", "at", "now"],
  ])
  func aNumberThatIsNoneEndsAllWriting(_ field: [String]) throws {
    let example = try ControlExample(redis)
    let calls = try example.calls
    _ = try redis.send("HSET", "sy:{ro}:\(field[0])", field[1], field[2])
    let before = try redis.contents
    for (name, script, call) in calls where ["take", "put", "sync"].contains(name) {
      guard case .error(let error) = try example.run(script, call) else {
        Issue.record("\(name) went on")
        continue
      }
      #expect(error.isOfTheKey)
    }
    #expect(try redis.contents == before)
  }

  @Test(arguments: names.filter { !["counts", "release"].contains($0) })
  func fullMemoryRefusesACallWhole(_ name: String) throws {
    let example = try ControlExample(redis)
    let (_, script, call) = try #require(try example.calls.first { $0.name == name })
    _ = try redis.send("CONFIG", "SET", "maxmemory", "1")
    let before = try redis.contents
    let reply = try example.run(script, call)
    let after = try redis.contents
    _ = try redis.send("CONFIG", "SET", "maxmemory", "0")
    // A script that deletes first may go on.
    if case .error = reply { #expect(after == before) } else { #expect(name == "judge" && after != before) }
  }

  @Test func whatIsKeptForEverIsFew() throws {
    let example = try ControlExample(redis)
    for (_, script, call) in try example.calls { _ = try example.run(script, call) }
    var kept: Set<String> = []
    for key in try redis.contents.keys where try redis.send("PTTL", key) == .number(-1) { kept.insert(key) }
    #expect(
      kept == [
        "sy:{ro}:lease", "sy:{ro}:cfg", "sy:{ro}:veto", "sy:{ro}:bundles:chat", "sy:{ro}:eval:chat",
        "sy:{ro}:audit",
      ])
    #expect(try redis.contents.count == 14)
  }

  @Test func changesArePublished() async throws {
    let names = ControlNames(prefix: "sy")
    let listener = try await ListenerUnderTest.start("unix://\(redis.socket)", channels: [names.channel])
    #expect(try await eventually { listener.subscriptions == 1 })
    let example = try ControlExample(redis)
    let before = 5  // of the example: a configuration, a vote, a bundle and two asks
    #expect(try await eventually { listener.heard.count == before })
    for (_, script, call) in try example.calls { _ = try example.run(script, call) }
    let expected = [
      "cfg \(example.leader.epoch) 2", "veto chat 9", "veto chat 9", "bundle chat 12", "ask",
    ]
    #expect(try await eventually { listener.heard.count == before + expected.count })
    #expect(listener.heard.dropFirst(before) == expected.map { "sy:ev:ro \($0)" }[...])
    #expect(expected.allSatisfy { ControlNews($0)?.text == $0 })
    try await listener.close()
  }

  /// A Redis Cluster refuses calls of two slots; keys of one tag share theirs.
  @Test func everyCallIsOfOneTagAndNamesItsKeys() throws {
    for (name, script, call) in try ControlExample(redis).calls {
      let tags = Set(call.keys.map { key in key.prefix { $0 != "}" } })
      #expect(tags == [name.hasPrefix("count") ? "sy:{ro:chat" : "sy:{ro"])
      let code = script.source.split(separator: "\n").filter { !$0.hasPrefix("--") }.joined(separator: "\n")
      #expect(!code.contains("sy:") && !code.contains("{ro"))
    }
  }

  @Test func namesThatWouldBreakAKeyAreEscapedOrRefused() throws {
    let names = ControlNames(prefix: "sy")
    let hostile = try #require(ControlModel("a} b{\n*@%\u{0}é"))
    #expect(names.counts(hostile, second: 7) == "sy:{ro:a%7D%20b%7B%0A%2A%40%25%00%C3%A9}:n:7")
    #expect(ControlModel(escaped: hostile.escaped) == hostile)
    #expect(ControlModel(String(repeating: "x", count: 10_000)) == nil && ControlModel("") == nil)
    let example = try ControlExample(redis)
    let put = try #require(
      ControlPut(example.leader, from: [:], at: 1, to: [hostile: "active=1"], version: 2))
    let scripts = ControlScripts()
    #expect(ControlReplies.put(try example.run(scripts.put, ScriptCall(put, names))) == .stored(version: 2))
    let config = ControlConfig(fields: try redis.send("HGETALL", names.config).fields)
    #expect(
      config?.lines[hostile] == "active=1" && config?.isWhole == false, "another model's line is there too")
    #expect(ControlPut(example.leader, from: [:], at: 0, to: [hostile: "a\nb"], version: 1) == nil)
  }

  /// As many lines, tests and counts as there may be in one call.
  @Test func theLargestCallsRun() throws {
    let example = try ControlExample(redis)
    let (scripts, names) = (ControlScripts(), ControlNames(prefix: "sy"))
    var lines: [ControlModel: String] = [:]
    for number in 0..<ControlPut.mostChanges { lines[try #require(ControlModel("m\(number)"))] = "active=1" }
    let put = try #require(ControlPut(example.leader, from: [:], at: 1, to: lines, version: 2))
    #expect(ControlReplies.put(try example.run(scripts.put, ScriptCall(put, names))) == .stored(version: 2))
    let gone = try #require(ControlPut(example.leader, from: lines, at: 2, to: [:], version: 3))
    #expect(ControlReplies.put(try example.run(scripts.put, ScriptCall(gone, names))) == .stored(version: 3))
    lines[try ControlExample.model] = "active=1"
    #expect(ControlPut(example.leader, from: [:], at: 3, to: lines, version: 4) == nil)
    let tests = Dictionary(uniqueKeysWithValues: (0..<ControlJudgePut.mostTests).map { ("t\($0)", "x") })
    let judge = try #require(
      ControlJudgePut(example.leader, try ControlExample.model, version: 1, after: 0, second: 1, tests: tests)
    )
    #expect(
      ControlReplies.judge(try example.run(scripts.judge, ScriptCall(judge, names))) == .stored(second: 1))
    let second = try redis.seconds
    let counts = Dictionary(uniqueKeysWithValues: (0..<ControlCount.mostCounts).map { ("c\($0)", Int64(1)) })
    let count = try #require(
      ControlCount(replica: "r1", sequence: 1, try ControlExample.model, second: second, counts))
    let reply = ControlReplies.count(try example.run(scripts.count, ScriptCall(count, names)))
    guard case .counted = reply else { Issue.record("\(String(describing: reply))"); return }
  }
}
