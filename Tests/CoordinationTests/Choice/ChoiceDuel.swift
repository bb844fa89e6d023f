import Policy

@testable import Coordination

/// One random sequence of what replicas tell of learned choices, on Redis and on the twin.
struct ChoiceDuel {
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  /// Redis' own clock runs while the duel's stands still: lifetimes are stretched, so that nothing expires by it.
  private static let stretch = 1_000

  private let redis: RedisUnderTest
  private let source: String
  private let names = ChoiceNames(prefix: "sy")
  private let models: [ControlModel]
  private var random: Chance
  private var twin: ChoiceStore
  private var now: Int64
  private var sequence: Int64 = 0
  private var notes: [ChoiceNote] = []
  private var journal: [String] = []

  /// `plant` changes the script: what a test does to see a difference found.
  init(_ redis: RedisUnderTest, seed: UInt64, plant: (String) -> String = { $0 }) {
    self.redis = redis
    source = plant(ChoiceScripts(clock: .argument).tell.source)
      .replacing("LIFETIME = 2592000000", with: "LIFETIME = 2592000000 * \(Self.stretch)")
    models = ["chat", "a/b c"].compactMap { ControlModel($0) }
    random = Chance(seed: seed)
    twin = ChoiceStore(names)
    now = 1_790_000_000_000 + Int64(random.below(1_000_000_000))
  }

  func run() throws {
    var duel = self
    _ = try redis.send("FLUSHALL")
    for _ in 0..<(6 + duel.random.below(40)) { try duel.step() }
  }

  private mutating func step() throws {
    switch random.below(16) {
    case 0: try moveTime()
    case 1: try lose()
    default: try tell()
    }
    try compareState()
  }

  private mutating func tell() throws {
    var note = someNote()
    if random.below(6) == 0, let former = notes.randomElement(using: &random) { note = former }
    journal.append("\(now) \(note)")
    notes.append(note)
    let call = ScriptCall(note, names)
    let reply = try redis.send(
      ["EVAL", source, String(call.keys.count)] + call.keys + call.arguments.map(\.text) + [String(now)])
    let (expected, found) = (twin.tell(note, now: now), ChoiceReplies.note(Reply(told: reply)))
    if expected != found { throw difference("twin: \(expected), Redis: \(reply)") }
  }

  private mutating func someNote() -> ChoiceNote {
    sequence += Int64(random.below(2))
    let replicas = ["r1", "r2", "r3"]
    let model = models[random.below(models.count)]
    var adoption: ChoiceNote.Adoption?
    if random.below(2) == 0 {
      let whose = replicas[random.below(3)]
      let there = twin.fields(of: model, now: now)[whose].flatMap(ChoiceEntry.init)?.sequence ?? 0
      adoption = .init(replica: whose, sequence: max(0, there + Int64(random.below(5)) / 4))
    }
    return ChoiceNote(
      replica: replicas[random.below(3)], sequence: sequence, model, edition: ["e", "f"][random.below(2)],
      numbers: ["1 2 3", "0"][random.below(2)], adoption: adoption, isAnew: random.below(3) == 0)
  }

  /// What has expired by the twin's clock is taken from Redis, whose own stands still.
  private mutating func moveTime() throws {
    now += [1, 60_001, 86_400_001, 2_592_000_001][random.below(4)] as Int64
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
