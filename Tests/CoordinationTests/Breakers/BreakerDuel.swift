import Policy

@testable import Coordination

/// One random sequence of operations on a breaker or two, on Redis and on the twin.
struct BreakerDuel {
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  /// Each script's source; a test changes them to see a difference found.
  struct Sources {
    var report: String
    var permit: String
    var probe: String
    var read: String

    init(
      _ scripts: BreakerScripts = BreakerScripts(clock: .argument),
      plant: @escaping (String) -> String = { $0 }
    ) {
      let changed = { (script: Script) in plant(BreakerDuel.stretched(script.source)) }
      (report, permit) = (changed(scripts.report), changed(scripts.permit))
      (probe, read) = (changed(scripts.probe), changed(scripts.read))
    }
  }

  private let redis: RedisUnderTest
  private let sources: Sources
  private var random: Chance
  private var twin = BreakerStore()
  /// Redis' clock, as far as the scripts know.
  private var now: Int64
  private let places = [
    BreakerKeys(endpoint: "east", deployment: "small"),
    BreakerKeys(endpoint: "west:1/v1", deployment: "small"),
  ]
  private var settings: BreakerSettings
  /// Few call, and most of what happens is probes, and time that passes between them.
  private let isQuiet: Bool
  private var sequences: [String: Int64] = [:]
  private var generations: [Int64] = [0, 7]
  private var heard: [String] = []
  private var journal: [String] = []

  init(_ redis: RedisUnderTest, seed: UInt64, _ sources: Sources = Sources()) {
    self.redis = redis
    self.sources = sources
    random = Chance(seed: seed)
    now = 1_790_000_000_000 + Int64(random.below(1_000_000))
    isQuiet = random.below(4) == 0
    settings = BreakerSettings(
      window: [10_000, 995, 60_000][random.below(3)], minRequests: [20, 4, 1][random.below(3)],
      failureRate: [50, 100][random.below(2)], slowRate: [80, 30][random.below(2)],
      base: [1_000, 777][random.below(2)],
      max: [1_000, 3_500, 60_000][random.below(3)], probes: Int64(1 + random.below(3)),
      probeTime: [10_000, 1_500][random.below(2)])
  }

  /// Redis' own clock runs while the duel's stands still: lifetimes are stretched, so that nothing expires by it, and their lengths
  /// can be compared to the millisecond.
  private static let stretch: Int64 = 100_000

  private static func stretched(_ source: String) -> String {
    source.replacing("call('PEXPIRE', key, digits(", with: "call('PEXPIRE', key, digits(\(stretch) * ")
  }

  func run() throws {
    var duel = self
    _ = try redis.send("FLUSHALL")
    _ = try redis.send("CONFIG", "RESETSTAT")
    var published = 0
    for _ in 0..<(10 + duel.random.below(50)) { published += try duel.step() }
    try duel.comparePublished(published)
  }

  /// How often something was published.
  private mutating func step() throws -> Int {
    let keys = places[random.below(4) == 0 ? 1 : 0]
    let before = twin.entries
    switch isQuiet ? [0, 7, 7, 11, 11, 19, 19][random.below(7)] : random.below(20) {
    case 0..<7: try report(keys)
    case 7..<11: try permit(keys)
    case 11..<15: try probe(keys)
    case 15: try read(keys)
    case 16: try spoil(keys)
    default: try moveTime()
    }
    for keys in places { try compareEntry(keys, before[keys]) }
    return twin.takeNews().count
  }

  // MARK: Operations

  private mutating func report(_ keys: BreakerKeys) throws {
    let report = someReport(keys)
    let jitter = someJitter()
    journal.append("\(now) report \(keys.name) \(report.line) \(jitter)")
    let expected = twin.report(keys, report, settings, jitter: jitter, now: now)
    let reply = try call(sources.report, ScriptCall(report, keys, settings, jitter: jitter))
    try compare(expected, BreakerReport.Reply(reply))
    generations.append(expected.status.generation)
  }

  private mutating func permit(_ keys: BreakerKeys) throws {
    let (id, jitter) = (someID(), someJitter())
    journal.append("\(now) permit \(keys.name) \(id) \(jitter)")
    let expected = twin.permit(keys, id, settings, jitter: jitter, now: now)
    let reply = try call(sources.permit, ScriptCall(permit: id, keys, settings, jitter: jitter))
    try compare(expected, BreakerPermit(reply))
    generations.append(expected.status.generation)
  }

  private mutating func probe(_ keys: BreakerKeys) throws {
    let probe = BreakerProbe(id: someProbe(keys), generation: someGeneration(keys), outcome: someOutcome())
    let jitter = someJitter()
    journal.append("\(now) probe \(keys.name) \(probe) \(jitter)")
    let expected = twin.probe(keys, probe, settings, jitter: jitter, now: now)
    let reply = try call(sources.probe, ScriptCall(probe, keys, settings, jitter: jitter))
    try compare(expected, BreakerProbe.Reply(reply))
  }

  private mutating func read(_ keys: BreakerKeys) throws {
    journal.append("\(now) read \(keys.name)")
    let reply = try call(sources.read, ScriptCall(reading: keys))
    try compare(twin.read(keys, now: now), BreakerStatus(reply))
  }

  /// Keys that are lost, or hold what nobody of ours wrote.
  private mutating func spoil(_ keys: BreakerKeys) throws {
    if random.below(4) == 0 {
      journal.append("\(now) FLUSHALL")
      _ = try redis.send("FLUSHALL")
      for keys in places { for part in BreakerStore.Part.allCases { twin.forget(part, of: keys) } }
      return
    }
    let place = random.below(3)
    let (part, key) = (BreakerStore.Part.allCases[place], keys.all[place])
    let kind = random.below(3)
    journal.append("\(now) spoil \(key) \(kind)")
    _ = try redis.send("DEL", key)
    twin.forget(part, of: keys)
    if kind == 0 { _ = try redis.send("SET", key, "x") }
    if kind == 1, part == .state { _ = try redis.send("HSET", key, "state", "open", "gen", "-5") }
  }

  /// Mostly forward, seldom back, a little or an hour. What has expired by the twin's clock is taken from Redis, whose own stands still.
  private mutating func moveTime() throws {
    let steps: [Int64] = [
      1, 7, 99, 500, 900, 1_000, 2_100, 6_000, 10_000, 61_000, 4_000_000, -900, -5_001, -3_600_000,
    ]
    now += isQuiet ? settings.probeTime * [3, 6, 10][random.below(3)] / 10 : steps[random.below(steps.count)]
    journal.append("\(now) is now")
    for (keys, entry) in twin.entries {
      for (part, key) in zip(BreakerStore.Part.allCases, keys.all)
      where entry.expires[part].map({ $0 <= now }) ?? false {
        _ = try redis.send("DEL", key)
      }
    }
    twin.sweep(now: now)
  }

  // MARK: Choices

  private mutating func someID() -> String { "r1:\(random.below(8))" }

  /// Mostly one that is under way.
  private mutating func someProbe(_ keys: BreakerKeys) -> String {
    let running = twin.entries[keys]?.machine.probes.keys.sorted() ?? []
    return running.isEmpty || random.below(3) == 0 ? someID() : running[random.below(running.count)]
  }
  private mutating func someJitter() -> Int64 { [0, 0, 137, 200][random.below(4)] }
  private mutating func someTime() -> Int64 { [1, 700, 5_000, 20_000, 300_000][random.below(5)] }

  /// Mostly the breaker's own.
  private mutating func someGeneration(_ keys: BreakerKeys) -> Int64 {
    let current = twin.read(keys, now: now).generation
    switch random.below(8) {
    case 0: return generations[random.below(generations.count)]
    case 1: return random.below(3) == 0 ? current + 1 + Int64(random.below(2_000)) : max(0, current - 1)
    default: return current
    }
  }

  private mutating func someOutcome() -> BreakerProbe.Outcome {
    switch random.below(8) {
    case 0: .fail
    case 1: .ignore
    case 2: .cooldown(someTime())
    default: .ok
    }
  }

  private mutating func someReport(_ keys: BreakerKeys) -> BreakerReport {
    let reporter = "r\(random.below(3))"
    let isRepeated = random.below(8) == 0
    sequences[reporter, default: 0] += isRepeated ? 0 : 1
    return BreakerReport(
      reporter: reporter, sequence: sequences[reporter] ?? 0, generation: someGeneration(keys),
      counts: someCounts(),
      opening: random.below(isQuiet ? 3 : 30) == 0 ? [.connect, .outlier][random.below(2)] : nil,
      cooldown: random.below(8) == 0 ? someTime() : 0)
  }

  private mutating func someCounts() -> BreakerCounts {
    var counts = BreakerCounts()
    if random.below(4) == 0 { counts.fail = Int64(random.below(12)) }
    if random.below(6) == 0 { counts.ok = Int64(random.below(4)) }
    for _ in 0..<random.below(4) {
      let cell = [0, 3, 15][random.below(3)]
      let ok = Int64(random.below(10))
      counts.cells[cell] = .init(
        ok: ok, fail: random.below(2) == 0 ? Int64(random.below(15)) : 0,
        slow: random.below(2) == 0 ? Int64(random.below(Int(ok) + 1)) : 0)
    }
    return counts
  }

  // MARK: Redis

  private func call(_ source: String, _ call: ScriptCall) throws -> Reply {
    let reply = try redis.send(
      ["EVAL", source, String(call.keys.count)] + call.keys + call.arguments.map(\.text) + [String(now)])
    if case .error(let text) = reply { throw difference("an error: \(text)") }
    return Reply(reply)
  }

  // MARK: Comparing

  private func compare<Value: Equatable>(_ twin: Value, _ redis: Value?) throws {
    if redis != twin { throw difference("twin: \(twin), Redis: \(String(describing: redis))") }
  }

  private func compareEntry(_ keys: BreakerKeys, _ before: BreakerStore.Entry?) throws {
    let entry = twin.entries[keys]
    let machine = entry?.machine ?? BreakerMachine()
    try compareFields(keys.state, machine.state.isKnown ? machine.state.fields : [:])
    try compareFields(keys.window, machine.window.fields)
    let ends = machine.ended.mapValues { "-\($0)" }
    try compareFields(keys.probes, machine.probes.mapValues { "\($0)" }.merging(ends) { $1 })
    for (part, key) in zip(BreakerStore.Part.allCases, keys.all) {
      guard let expires = entry?.expires[part], before?.expires[part] != expires else { continue }
      try compare(expires - now, try timeLeft(key))
    }
  }

  /// A key of another type, and a state that can't be read, count as none until a script comes by.
  private func compareFields(_ key: String, _ expected: [String: String]) throws {
    var fields = try redis.send("HGETALL", key).fields
    if fields["gen"] == "-5" { fields = [:] }
    if fields != expected { throw difference("\(key): twin: \(expected), Redis: \(fields)") }
  }

  private func comparePublished(_ count: Int) throws {
    guard case .text(let stats) = try redis.send("INFO", "commandstats") else { throw difference("no stats") }
    let calls = stats.firstMatch(of: #/cmdstat_publish:calls=(\d+)/#).flatMap { Int($0.1) }
    try compare(count, calls ?? 0)
  }

  private func timeLeft(_ key: String) throws -> Int64? {
    guard case .number(let left) = try redis.send("PTTL", key) else { return nil }
    return (left + Self.stretch - 1) / Self.stretch
  }

  private func difference(_ text: String) -> Difference {
    Difference(description: ([text] + journal).joined(separator: "\n"))
  }
}

extension BreakerState {
  /// As Redis keeps it.
  fileprivate var fields: [String: String] {
    let numbers = [
      "gen": generation, "since": since, "until": until, "span": span, "opens": opens, "issued": issued,
      "succeeded": succeeded, "cool": coolUntil, "cool_span": coolSpan,
    ]
    return numbers.mapValues { "\($0)" }.merging(["state": phase.rawValue, "why": reason.rawValue]) { $1 }
  }
}

extension BreakerWindow {
  /// As Redis keeps it.
  fileprivate var fields: [String: String] {
    var fields: [String: String] = [:]
    for (start, counts) in buckets { fields["\(start)"] = counts.text }
    for (reporter, report) in reports { fields["@\(reporter)"] = "\(report.sequence) \(report.at)" }
    return fields
  }
}

extension BreakerReport {
  fileprivate var line: String {
    "\(reporter) \(sequence) \(generation) [\(counts.text)] \(opening?.rawValue ?? "-") \(cooldown)"
  }
}
