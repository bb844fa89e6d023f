import Policy
import Testing

@testable import Coordination

/// A call of every script, over a state in which each has something to do.
struct ControlExample {
  let names = ControlNames(prefix: "sy")
  let redis: RedisUnderTest
  private(set) var leader = ControlLeader(id: "r1", epoch: 0)

  static let line = "active=11 candidate=12 state=CANARY weight=5"

  /// What stands in Redis before a call.
  init(_ redis: RedisUnderTest) throws {
    self.redis = redis
    _ = try redis.send("FLUSHALL")
    let scripts = ControlScripts()
    guard
      case .held(let epoch, _)? = ControlReplies.take(
        try run(scripts.take, ScriptCall(taking: "r1", for: 60_000, names)))
    else { throw RedisUnderTest.Failed(description: "no lease") }
    leader = ControlLeader(id: "r1", epoch: epoch)
    let model = try Self.model
    let put = try #require(ControlPut(leader, from: [:], at: 0, to: [model: Self.line], version: 1))
    _ = try run(scripts.put, ScriptCall(put, names))
    _ = try run(scripts.stamp, ScriptCall(stamping: leader, names))
    for replica in ["r1", "r2"] {
      let sync = ControlSync(replica: replica, applied: .none, hash: "", vetoMark: 0)
      _ = try run(scripts.sync, ScriptCall(sync, names))
    }
    _ = try run(scripts.veto, ScriptCall(Self.veto("r1", version: 9), names))
    let former = try #require(
      ControlBundle(model, version: 11, text: "{}", audit: ControlAudit(["what": "register"])))
    _ = try run(scripts.bundle, ScriptCall(former, names))
    for ask in ["a1", "a2"] {
      _ = try run(scripts.ask, ScriptCall(#require(ControlAsk(id: ask, text: "promote")), names))
    }
  }

  static var model: ControlModel { get throws { try #require(ControlModel("chat")) } }

  static func veto(_ replica: String, version: Int64) throws -> ControlVeto {
    ControlVeto(replica: replica, model: try model, version: version, metric: "err", isForAll: false)
  }

  /// By name; the same each time for a state that was made anew.
  var calls: [(name: String, script: Script, call: ScriptCall)] {
    get throws {
      let (scripts, model) = (ControlScripts(), try Self.model)
      let other = try #require(ControlModel("other"))
      let audit = ControlAudit(["who": "ops", "what": "step"])
      let put = try #require(
        ControlPut(
          leader, from: [model: Self.line, other: "active=1"], at: 1, to: [model: Self.line + "0"],
          version: 2,
          audits: [audit], answers: [ControlAnswerText(ask: "a1", "done")]))
      let second = try redis.seconds
      let judge = try #require(
        ControlJudgePut(leader, model, version: 12, after: 0, second: second - 5, tests: ["err": "1 2"]))
      let answer = ControlAnswer(
        leader, ControlAnswerText(ask: "a2", "gone"), unveto: .init(model, 9), audit: audit)
      let bundle = try #require(ControlBundle(model, version: 12, text: "{}", audit: audit))
      let evaluation = try #require(ControlEvaluation(model, version: 11, text: "{}", audit: audit))
      let ask = try #require(ControlAsk(id: "a3", text: "abort"))
      let count = try #require(
        ControlCount(replica: "r1", sequence: 1, model, second: second, ["c.n": 5, "c.err": 1]))
      let sync = ControlSync(replica: "r1", applied: .none, hash: "", vetoMark: 0)
      return [
        ("take", scripts.take, ScriptCall(taking: "r1", for: 60_000, names)),
        ("put", scripts.put, ScriptCall(put, names)),
        ("stamp", scripts.stamp, ScriptCall(stamping: leader, names)),
        ("sync", scripts.sync, ScriptCall(sync, names)),
        ("veto", scripts.veto, ScriptCall(try Self.veto("r2", version: 9), names)),
        ("answer", scripts.answer, ScriptCall(answer, names)),
        ("judge", scripts.judge, ScriptCall(judge, names)),
        ("bundle", scripts.bundle, ScriptCall(bundle, names)),
        ("evaluate", scripts.evaluate, ScriptCall(evaluation, names)),
        ("ask", scripts.ask, ScriptCall(ask, names)), ("count", scripts.count, ScriptCall(count, names)),
        ("counts", scripts.counts, ScriptCall(counts: model, seconds: [second, second - 1], names)),
        (
          "spend", scripts.spend,
          ScriptCall(ControlSpend(replica: "r1", sequence: 1, model, amount: 5), names)
        ),
        ("release", scripts.release, ScriptCall(releasing: leader, names)),
      ]
    }
  }

  func run(_ script: Script, _ call: ScriptCall) throws -> Reply {
    let words = call.keys + call.arguments.map(\.text)
    return Reply(told: try redis.send(["EVAL", script.source, String(call.keys.count)] + words))
  }
}

extension RedisUnderTest {
  /// Its clock.
  var seconds: Int64 {
    get throws {
      guard case .list(let parts) = try send("TIME"), let seconds = parts.first.flatMap({ Int64($0.string) })
      else { throw Failed(description: "no time") }
      return seconds
    }
  }

  /// Everything that it has, as it would be moved elsewhere.
  var contents: [String: String] {
    get throws {
      guard case .list(let keys) = try send("KEYS", "*") else { throw Failed(description: "no keys") }
      var contents: [String: String] = [:]
      for key in keys.map(\.string) { contents[key] = try send("DUMP", key).string }
      return contents
    }
  }
}
