import Policy

@testable import Coordination

/// One random sequence of operations, on Redis and on the twin.
struct LimitDuel {
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  private let redis: RedisUnderTest
  private let admit: String
  private let settle: String
  private let charge: String
  private let renew: String
  private let lease: String
  private var random: Chance
  private var twin = LimitStore()
  /// Redis' clock, as far as the scripts know.
  private var now: Int64
  private var admitted: [Admission] = []
  private var journal: [String] = []

  /// `plant` changes the scripts: what a test does to see a difference found.
  init(_ redis: RedisUnderTest, seed: UInt64, plant: @escaping (String) -> String = { $0 }) {
    self.redis = redis
    let scripts = LimitScripts(clock: .argument)
    let stretched = { (script: Script) in plant(Self.stretched(script.source)) }
    (admit, settle) = (stretched(scripts.admit), stretched(scripts.settle))
    (charge, renew) = (stretched(scripts.charge), stretched(scripts.renew))
    lease = stretched(scripts.lease)
    random = Chance(seed: seed)
    now = 1_790_000_000_000 + Int64(random.below(1_000_000))
  }

  /// Redis' own clock runs while the duel's stands still: lifetimes are stretched, so that nothing expires by it, and their lengths
  /// can be compared to the millisecond.
  private static let stretch: Int64 = 100_000

  private static func stretched(_ source: String) -> String {
    source.replacing(#/('PSETEX'|'PEXPIRE'), ([^,]+), (format\('%d', \w+\)|[^,]+)/#) {
      "\($0.1), \($0.2), format('%d', \(stretch) * \($0.3))"
    }
  }

  func run() throws {
    var duel = self
    _ = try redis.send("FLUSHALL")
    for _ in 0..<(4 + duel.random.below(24)) { try duel.step() }
  }

  private mutating func step() throws {
    let before = twin.entries
    switch random.below(12) {
    case 0..<4: try admitSomething()
    case 4..<7: try settleSomething()
    case 7: try chargeSomething()
    case 8: try renewSomething()
    case 9..<11: try leaseSomething()
    default: try moveTime()
    }
    try compareState(since: before)
  }

  // MARK: Operations

  private mutating func admitSomething() throws {
    let admission =
      random.below(8) == 0 ? admitted.randomElement(using: &random) ?? someAdmission() : someAdmission()
    journal.append("\(now) admit \(admission)")
    let reply = twin.admit(admission, now: now)
    try compare(reply, Admission.Reply(try numbers(admit, ScriptCall(admission))))
    if case .admitted = reply { admitted.append(admission) }
  }

  /// Several by one call, the same one twice among them.
  private mutating func settleSomething() throws {
    guard !admitted.isEmpty else { return }
    let settlings = (0..<(1 + random.below(4))).map { _ in someSettling() }
    journal.append("\(now) settle \(settlings)")
    let reply: [Int64] = settlings.map { twin.settle($0, now: now) == .settled ? 1 : 0 }
    try compare(reply, try numbers(settle, ScriptCall(settlings)))
  }

  private mutating func someSettling() -> Settling {
    let admission = admitted[random.below(admitted.count)]
    let charges = admission.charges.map { charge in
      if case .slots = charge.rule { return charge }
      return Charge(key: charge.key, rule: charge.rule, cost: someCost())
    }
    return Settling(id: admission.id, reservation: admission.reservation, charges: charges)
  }

  private mutating func chargeSomething() throws {
    let admission = someAdmission()
    journal.append("\(now) charge \(admission)")
    let reply: [Int64] = twin.charge(admission, now: now) ? [1] : [0]
    try compare(reply, try numbers(charge, ScriptCall(admission)))
  }

  private mutating func renewSomething() throws {
    let ids = (0..<(1 + random.below(3))).map { _ in "x\(random.below(6))" }
    let rule = Slots.Rule(count: 1 + random.below(3), lifetime: 30_000)
    let key = "sy:{t:a}:sem:\(random.below(2))"
    journal.append("\(now) renew \(ids) \(key)")
    twin.renew(ids, of: key, rule, now: now)
    _ = try call(renew, ScriptCall(renewing: ids, of: key, rule))
  }

  private mutating func leaseSomething() throws {
    var parts: [LeaseCall.Part] = []
    for number in 0..<2 where random.below(4) > 0 {
      let charge = someCharge(number)
      guard case .bucket(let rule) = charge.rule else { continue }
      let used = charge.cost
      let wanted = random.below(4) == 0 ? used : used + Int64(random.below(500))
      parts.append(.init(key: charge.key, rule: rule, before: someCost(), used: used, wanted: wanted))
    }
    guard !parts.isEmpty else { return }
    let call = LeaseCall(
      record: "sy:{t:a}:lease:\(random.below(2))", owner: "r1", sequence: Int64(random.below(9)),
      lifetime: [50, 30_000, 150_000][random.below(3)], parts: parts)
    journal.append("\(now) lease \(call)")
    let reply = twin.lease(call, now: now)
    try compare(reply, LeaseCall.Reply(try numbers(lease, ScriptCall(call))))
  }

  /// Mostly forward, seldom back, a little or an hour. What has expired by the twin's clock is taken from Redis, whose own stands still.
  private mutating func moveTime() throws {
    let steps: [Int64] = [1, 7, 900, 5_000, 40_000, 61_000, 3_700_000, -3_000, -5_001, -3_600_000]
    now += steps[random.below(steps.count)]
    journal.append("\(now) is now")
    for (key, entry) in twin.entries where entry.expires <= now { _ = try redis.send("DEL", key) }
    twin.sweep(now: now)
  }

  // MARK: Choices

  private mutating func someAdmission() -> Admission {
    let id = "x\(random.below(6))"
    var charges: [Charge] = []
    for number in 0..<4 where random.below(2) == 0 { charges.append(someCharge(number)) }
    return Admission(
      id: id, reservation: "sy:{t:a}:res:\(id)", owner: "r1",
      lifetime: [50, 30_000, 150_000][random.below(3)],
      charges: charges)
  }

  private mutating func someCharge(_ number: Int) -> Charge {
    switch number {
    case 0, 1:
      let windows: [Int64] = [1_000, 60_000, 3_600_000]
      let tokens: [Int64] = [1, 7, 600, 1_250_999]
      let rule = Bucket.Rule(tokens: tokens[random.below(4)], window: windows[random.below(3)])
      return Charge(key: "sy:{t:a}:rl:\(number)", rule: .bucket(rule), cost: someCost())
    case 2:
      let day: Int64 = 86_400_000
      let start = random.below(20) == 0 ? now - day - 1 : now - now % day
      let budget = Budget(capacity: [5, 5_000_000][random.below(2)], starts: start, ends: start + day)
      return Charge(key: "sy:{t:a}:budget:\(start)", rule: .budget(budget), cost: someCost())
    default:
      let rule = Slots.Rule(count: 1 + random.below(3), lifetime: 30_000)
      return Charge(key: "sy:{t:a}:sem:\(random.below(2))", rule: .slots(rule), cost: 1)
    }
  }

  private mutating func someCost() -> Int64 {
    [0, 1, 2, 6, 8, 599, 601, 1_250_999, 5_000_000, (1 << 52) / 3_600_000][random.below(10)]
  }

  // MARK: Redis

  private func call(_ source: String, _ call: ScriptCall) throws -> RedisUnderTest.Reply {
    let reply = try redis.send(
      ["EVAL", source, String(call.keys.count)] + call.keys + call.arguments.map(\.text) + [String(now)])
    if case .error(let text) = reply { throw difference("an error: \(text)") }
    return reply
  }

  private func numbers(_ source: String, _ call: ScriptCall) throws -> [Int64] {
    guard let numbers = try self.call(source, call).numbers else { throw difference("no list") }
    return numbers
  }

  // MARK: Comparing

  private func compare<Value: Equatable>(_ twin: Value, _ redis: Value?) throws {
    if redis != twin { throw difference("twin: \(twin), Redis: \(String(describing: redis))") }
  }

  private func compareState(since before: [String: LimitStore.Entry]) throws {
    guard case .list(let keys) = try redis.send("KEYS", "*") else { throw difference("no keys") }
    let names = keys.compactMap { if case .text(let name) = $0 { name } else { nil } }
    try compare(twin.entries.keys.sorted(), names.sorted())
    for (key, entry) in twin.entries {
      try compare(entry.value.text, try text(key, entry.value))
      guard entry.expires != before[key]?.expires, case .number(let left) = try redis.send("PTTL", key) else {
        continue
      }
      try compare(entry.expires - now, (left + Self.stretch - 1) / Self.stretch)
    }
  }

  private func text(_ key: String, _ value: StoredValue) throws -> String? {
    guard case .slots = value else {
      guard case .text(let text) = try redis.send("GET", key) else { return nil }
      return text
    }
    guard case .list(let members) = try redis.send("ZRANGE", key, "0", "-1", "WITHSCORES") else { return nil }
    let words = members.compactMap { if case .text(let word) = $0 { word } else { nil } }
    return stride(from: 0, to: words.count, by: 2).map { "\(words[$0]) \(words[$0 + 1])" }.sorted().joined(
      separator: " ")
  }

  private func difference(_ text: String) -> Difference {
    Difference(description: ([text] + journal).joined(separator: "\n"))
  }
}
