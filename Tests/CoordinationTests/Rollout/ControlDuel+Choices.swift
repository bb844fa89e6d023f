import Policy

@testable import Coordination

extension ControlDuel {
  mutating func someReplica() -> String { ["r1", "r2", "r-3/x"][random.below(3)] }
  mutating func someAsk() -> String { "a\(random.below(5))" }
  mutating func someModel() -> ControlModel { models[random.below(10) < 7 ? 0 : random.below(models.count)] }
  mutating func someVersion() -> Int64 { Int64(11 + random.below(3)) }

  /// Mostly who leads now.
  mutating func someLeader() -> ControlLeader? {
    if random.below(6) > 0, let lease = twin.lease(now) {
      return ControlLeader(id: lease.id, epoch: lease.epoch)
    }
    return leaders.randomElement(using: &random)
  }

  /// Nil only where something is wrong with it.
  mutating func somePut(_ leader: ControlLeader) -> ControlPut? {
    let config = twin.config(now)
    let former = config?.lines ?? [:]
    var lines = former
    for _ in 0..<random.below(3) {
      let model = someModel()
      lines[model] = random.below(5) == 0 ? nil : someLine()
    }
    let version = config?.position.version ?? 0
    let expected = random.below(8) == 0 ? Int64(random.below(3)) : version
    var audits: [ControlAudit] = []
    for _ in 0..<random.below(3) { audits.append(ControlAudit(["who": someReplica(), "what": "step é"])) }
    let answers = random.below(3) == 0 ? [ControlAnswerText(ask: someAsk(), "done")] : []
    let next = random.below(8) == 0 ? max(expected, version - 1) + 1 : expected + 1 + Int64(random.below(2))
    return ControlPut(
      leader, from: former, at: expected, to: lines, version: next, audits: audits, answers: answers)
  }

  private mutating func someLine() -> String {
    let candidate = [
      "candidate=12", "candidate=11", "candidate=011", "candidate=x", "", "candidate=13 candidate=11",
    ]
    let weight = [
      "weight=5", "weight=0.01", "weight=0", "weight=0.00", "", "weight= weight=7", "weight=0 weight=9",
      "weight=0 copies=5",
    ]
    let words = [
      "active=10", candidate[random.below(10) < 6 ? 0 : random.below(candidate.count)], "state=CANARY",
      weight[random.below(10) < 5 ? 0 : random.below(weight.count)], "step=\(random.below(4))",
    ]
    return words.filter { !$0.isEmpty }.joined(separator: " ")
  }

  // MARK: Redis

  func call(_ source: String, _ call: ScriptCall) throws -> Reply {
    let reply = try redis.send(
      ["EVAL", source, String(call.keys.count)] + call.keys + call.arguments.map(\.text) + [String(now)])
    if case .error(let text) = reply { throw difference("an error: \(text)") }
    return Reply(told: reply)
  }

  // MARK: Comparing

  func compare<Value: Equatable>(_ twin: Value, _ redis: Value?) throws {
    if redis != twin { throw difference("twin: \(twin), Redis: \(String(describing: redis))") }
  }

  mutating func compareNews() throws {
    let expected = twin.takeNews().map(\.text)
    let heard = try words(["LRANGE", ControlSources.news, "0", "-1"])
    if heard != expected { throw difference("told: twin: \(expected), Redis: \(heard)") }
    if !heard.isEmpty { _ = try redis.send("DEL", ControlSources.news) }
  }

  /// What has changed `since`, and the names of all keys; or everything.
  func compareState(since before: [String: ControlStore.Entry]?) throws {
    try compare(twin.entries.keys.sorted(), try words(["KEYS", "*"]).sorted())
    for (key, entry) in twin.entries where before?[key] != entry {
      let found = try value(key, like: entry.value)
      if found != entry.value.withoutIDs {
        throw difference("\(key): twin: \(entry.value), Redis: \(String(describing: found))")
      }
      guard let before, entry.expires != before[key]?.expires || before[key] == nil else { continue }
      guard case .number(let left) = try redis.send("PTTL", key) else { throw difference("no TTL") }
      let remaining = left < 0 ? nil : (left + ControlSources.stretch - 1) / ControlSources.stretch
      if entry.expires.map({ $0 - now }) != remaining {
        throw difference("\(key) is kept: twin: \(entry), Redis: \(String(describing: remaining))")
      }
    }
  }

  private func value(_ key: String, like twin: ControlStore.Value) throws -> ControlStore.Value? {
    switch twin {
    case .text:
      guard case .text(let text) = try redis.send("GET", key) else { return nil }
      return .text(text)
    case .hash: return .hash(try redis.send("HGETALL", key).fields)
    case .stream:
      let entries = ControlReplies.audit(Reply(told: try redis.send("XRANGE", key, "-", "+")))
      return entries.map { .stream($0).withoutIDs }
    }
  }

  private func words(_ command: [String]) throws -> [String] {
    guard case .list(let replies) = try redis.send(command) else { throw difference("no list") }
    return replies.map(\.string)
  }

  func difference(_ text: String) -> Difference {
    Difference(description: ([text] + journal).joined(separator: "\n"))
  }
}

extension ControlStore.Value {
  /// Redis' own clock makes the ids of a stream.
  fileprivate var withoutIDs: Self {
    guard case .stream(let entries) = self else { return self }
    return .stream(entries.map { ControlAudit.Entry(id: "", words: $0.words) })
  }
}

/// The scripts' texts as a duel runs them. Redis' own clock runs while the duel's stands still: lifetimes are stretched, so that
/// nothing expires by it, and their lengths can be compared to the millisecond. What is published goes to a list.
struct ControlSources {
  static let stretch: Int64 = 10_000
  /// Of the slot of all that publish.
  static let news = "{ro}sy:ev:ro"

  let take, release, put, stamp, sync, veto, answer, judge, bundle, evaluate, ask, count, counts,
    spend: String

  init(plant: @escaping (String) -> String = { $0 }) {
    let scripts = ControlScripts(clock: .argument)
    let source = { (script: Script) in
      var text = plant(script.source).replacing("call('PUBLISH', ", with: "call('RPUSH', '{ro}' .. ")
      for start in ["'PSETEX', answer, ", "'PSETEX', KEYS[2], "]
        + [1, 2, 5].map({ "'PEXPIRE', KEYS[\($0)], " })
      {
        text = text.replacing(start, with: "\(start)\(Self.stretch) * ")
      }
      return text
    }
    (take, release, put) = (source(scripts.take), source(scripts.release), source(scripts.put))
    (stamp, sync, veto) = (source(scripts.stamp), source(scripts.sync), source(scripts.veto))
    (answer, judge, bundle) = (source(scripts.answer), source(scripts.judge), source(scripts.bundle))
    evaluate = source(scripts.evaluate)
    (ask, count, counts) = (source(scripts.ask), source(scripts.count), source(scripts.counts))
    spend = source(scripts.spend)
  }
}
