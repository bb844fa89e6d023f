import Policy

@testable import Coordination

/// One random sequence of what replicas tell of their loads, on Redis and on the twin.
struct LoadDuel {
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  private static let key = "sy:{lb}:inflight"

  private let redis: RedisUnderTest
  private let source: String
  private var random: Chance
  private var twin = LoadStore()
  private var now: Int64
  /// A value stands there that nobody wrote.
  private var isSpoilt = false
  private var journal: [String] = []

  init(_ redis: RedisUnderTest, seed: UInt64, plant: (String) -> String = { $0 }) {
    self.redis = redis
    source = plant(LoadScripts(clock: .argument).tell.source)
    random = Chance(seed: seed)
    now = 1_790_000_000_000 + Int64(random.below(1_000_000))
  }

  func run() throws {
    var duel = self
    _ = try redis.send("FLUSHALL")
    for _ in 0..<(6 + duel.random.below(30)) { try duel.step() }
  }

  private mutating func step() throws {
    switch random.below(8) {
    case 0..<6: try tell()
    case 6: moveTime()
    default: try spoil()
    }
    try compareState()
  }

  private mutating func tell() throws {
    let report = LoadReport(
      replica: "r\(random.below(4))-a", sequence: Int64(random.below(12)), loads: someLoads(),
      wantsAll: random.below(2) == 0, sweeps: random.below(4) == 0)
    journal.append("\(now) \(report)")
    let call = ScriptCall(report, key: Self.key)
    let words = ["EVAL", source, "1"] + call.keys + call.arguments.map(\.text) + [String(now)]
    let reply = Reply(try redis.send(words))
    let isTaken = twin.tell(report.loads, of: report.replica, sequence: report.sequence, now: now)
    if report.sweeps {
      twin.sweep(now: now)
      isSpoilt = false
    }
    let expected = LoadReport.Reply(now: now, isTaken: isTaken, entries: report.wantsAll ? twin.entries : [:])
    guard LoadReport.Reply(reply) == expected else {
      throw difference("twin: \(expected), Redis: \(reply)")
    }
  }

  private mutating func moveTime() {
    now += [1, 900, 1_499, 1_500, 9_999, 10_000, 60_000, -3_000, -5_001, -3_600_000][random.below(10)]
    journal.append("\(now) is now")
  }

  /// What nobody wrote is passed over, and gone with the next sweep; the twin has none.
  private mutating func spoil() throws {
    _ = try redis.send("HSET", Self.key, "stranger", ["nonsense", "", "12 x a=1"][random.below(3)])
    isSpoilt = true
  }

  private mutating func someLoads() -> EndpointLoads {
    var counts: [String: Int] = [:]
    for endpoint in ["gpus/10.0.0.5:8000", "lab/[::1]:80#2", "a=b"] { counts[endpoint] = random.below(4) }
    return EndpointLoads(counts)
  }

  private func compareState() throws {
    guard case .list(let words) = try redis.send("HGETALL", Self.key) else { throw difference("no hash") }
    var found: [String: String] = [:]
    for place in stride(from: 0, to: words.count, by: 2) {
      if case .text(let name) = words[place], case .text(let value) = words[place + 1] { found[name] = value }
    }
    if (found.removeValue(forKey: "stranger") != nil) != isSpoilt { throw difference("spoilt: \(!isSpoilt)") }
    let expected = twin.entries.mapValues(\.text)
    if found != expected { throw difference("twin: \(expected), Redis: \(found)") }
    guard !expected.isEmpty else { return }
    guard case .number(let left) = try redis.send("PTTL", Self.key), (1...60_000).contains(left) else {
      throw difference("it is kept for ever")
    }
  }

  private func difference(_ text: String) -> Difference {
    Difference(description: ([text] + journal).joined(separator: "\n"))
  }
}
