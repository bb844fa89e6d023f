import Policy

@testable import Coordination

/// One random sequence of what sessions say, on Redis and on the twin.
struct ExperimentDuel {
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  /// Redis' own clock runs while the duel's stands still: lifetimes are stretched, so that nothing expires by it.
  private static let stretch = 1_000
  private static let most: Int64 = 6

  private let redis: RedisUnderTest
  private let source: String
  private let names = ExperimentNames(prefix: "sy")
  private let subjects = [
    ExperimentSubject(name: "x", edition: "e"), ExperimentSubject(name: "a/b:c+1", edition: "f"),
  ]
  private var random: Chance
  private var twin: ExperimentStore
  private var now: Int64
  private var notes: [ExperimentNote] = []
  private var journal: [String] = []

  /// `plant` changes the script: what a test does to see a difference found.
  init(_ redis: RedisUnderTest, seed: UInt64, plant: (String) -> String = { $0 }) {
    self.redis = redis
    source = plant(ExperimentScripts(clock: .argument).note.source)
      .replacing(
        "TOLD = 86400000, 7776000000, 900000",
        with:
          "TOLD = 86400000 * \(Self.stretch), 7776000000 * \(Self.stretch), 900000 * \(Self.stretch)")
    random = Chance(seed: seed)
    twin = ExperimentStore(names, most: Self.most)
    now = 1_790_000_000_000 + Int64(random.below(1_000_000_000))
  }

  func run() throws {
    var duel = self
    _ = try redis.send("FLUSHALL")
    for _ in 0..<(4 + duel.random.below(30)) { try duel.step() }
  }

  private mutating func step() throws {
    switch random.below(10) {
    case 0: try moveTime()
    case 1: try lose()
    default: try note()
    }
    try compareState()
  }

  private mutating func note() throws {
    var note = someNote()
    if random.below(6) == 0, let former = notes.randomElement(using: &random) { note = former }
    journal.append("\(now) \(note)")
    notes.append(note)
    let call = ScriptCall(note, names, most: Self.most)
    let reply = try redis.send(
      ["EVAL", source, String(call.keys.count)] + call.keys + call.arguments.map(\.text) + [String(now)])
    let (expected, found) = (twin.note(note, now: now), ExperimentReplies.note(Reply(told: reply)))
    if expected != found { throw difference("twin: \(expected), Redis: \(reply)") }
  }

  private mutating func someNote() -> ExperimentNote {
    let units = Set((0..<(1 + random.below(3))).map { _ in UInt64(random.below(5)) }).sorted()
    let sessions = units.map { unit -> ExperimentNote.Session in
      var tally = SessionTally(arm: random.below(8) == 0 ? 1 : Int(unit % 3))
      for _ in 0..<random.below(6) {
        let metrics: [ExperimentMetric] = [.error, .latency, .cost, .score, .outcome("a.b")]
        let values: [Int64] = [0, 0, 1, 2, 7, 1_000, 89_999_999, 90_000_000, 1 << 40]
        tally.add(values[random.below(values.count)], of: metrics[random.below(metrics.count)])
      }
      return .init(unit: unit, tally: tally)
    }
    return ExperimentNote(
      replica: ["r1", "r2"][random.below(2)], sequence: Int64(notes.count + random.below(3)),
      subjects[random.below(2)], sessions)
  }

  /// What has expired by the twin's clock is taken from Redis, whose own stands still.
  private mutating func moveTime() throws {
    now += [1, 60_000, 900_001, 86_400_001, 7_776_000_001][random.below(5)] as Int64
    journal.append("\(now) is now")
    for (key, entry) in twin.entries where entry.expires <= now { _ = try redis.send("DEL", key) }
    twin.sweep(now: now)
  }

  /// Redis forgets a key.
  private mutating func lose() throws {
    guard let key = twin.entries.keys.sorted().randomElement(using: &random) else { return }
    journal.append("\(now) lose \(key)")
    _ = try redis.send("DEL", key)
    twin.forget(key)
  }

  private func compareState() throws {
    guard case .list(let keys) = try redis.send("KEYS", "*") else { throw difference("no list") }
    let (ours, theirs) = (twin.entries.keys.sorted(), keys.map(\.string).sorted())
    if ours != theirs { throw difference("twin has \(ours), Redis \(theirs)") }
    for (key, entry) in twin.entries {
      let fields = try redis.send("HGETALL", key).fields
      if fields != entry.fields { throw difference("\(key): twin \(entry.fields), Redis \(fields)") }
    }
  }

  private func difference(_ text: String) -> Difference {
    Difference(description: ([text] + journal).joined(separator: "\n"))
  }
}
