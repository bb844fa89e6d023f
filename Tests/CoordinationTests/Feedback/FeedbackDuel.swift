import Policy

@testable import Coordination

/// One random sequence of judgements, on Redis and on the twin.
struct FeedbackDuel {
  struct Difference: Error, CustomStringConvertible {
    let description: String
  }

  /// Redis' own clock runs while the duel's stands still: lifetimes are stretched, so that nothing expires by it.
  private static let stretch: Int64 = 10_000

  private let redis: RedisUnderTest
  private let source: String
  private let names = FeedbackNames(prefix: "sy")
  private var random: Chance
  private var twin: FeedbackStore
  private var now: Int64
  private var journal: [String] = []

  /// `plant` changes the script: what a test does to see a difference found.
  init(_ redis: RedisUnderTest, seed: UInt64, plant: (String) -> String = { $0 }) {
    self.redis = redis
    source = plant(FeedbackScripts(clock: .argument).mark.source)
      .replacing(
        "LIFETIME, TICK = 90000000, 1000",
        with: "LIFETIME, TICK = 90000000 * \(Self.stretch), 1000 * \(Self.stretch)"
      )
      .replacing("REJECTION = 600000", with: "REJECTION = 600000 * \(Self.stretch)")
    random = Chance(seed: seed)
    twin = FeedbackStore(names)
    now = 1_790_000_000_000 + Int64(random.below(1_000_000_000))
  }

  func run() throws {
    var duel = self
    _ = try redis.send("FLUSHALL")
    for _ in 0..<(4 + duel.random.below(24)) { try duel.step() }
  }

  private mutating func step() throws {
    if random.below(4) == 0 { try moveTime() } else { try mark() }
    try compareState()
  }

  private mutating func mark() throws {
    let unit = UInt64(random.below(2))
    guard let model = ControlModel("chat") else { return }
    let ticket = FeedbackTicket(
      at: 0, id: UInt64(random.below(4)),
      rollout: .init(model: model, version: 1, arm: .canary, unit: unit),
      session: random.below(2) == 0 ? UInt64(random.below(2)) : nil)
    let grades: [Feedback.Grade?] = [nil, .up, .down]
    let mark = FeedbackMark(ticket, call: "r-\(random.below(3))", grades[random.below(3)])
    journal.append("\(now) \(mark)")
    let call = ScriptCall(mark, names)
    let reply = try redis.send(
      ["EVAL", source, String(call.keys.count)] + call.keys + call.arguments.map(\.text) + [String(now)])
    let (expected, found) = (twin.mark(mark, now: now), FeedbackReplies.mark(Reply(told: reply)))
    if expected != found { throw difference("twin: \(expected), Redis: \(reply)") }
  }

  /// What has expired by the twin's clock is taken from Redis, whose own stands still.
  private mutating func moveTime() throws {
    now += [1, 500, 999, 1_000, 60_000, 600_000, 86_400_001, 90_000_000][random.below(8)] as Int64
    journal.append("\(now) is now")
    for (key, entry) in twin.entries {
      if let expires = entry.expires, expires <= now { _ = try redis.send("DEL", key) }
    }
    twin.sweep(now: now)
  }

  private func compareState() throws {
    guard case .list(let keys) = try redis.send("KEYS", "*") else { throw difference("no list") }
    let (ours, theirs) = (twin.entries.keys.sorted(), keys.map(\.string).sorted())
    if ours != theirs { throw difference("twin has \(ours), Redis \(theirs)") }
    for (key, entry) in twin.entries {
      let text = try redis.send("GET", key).string
      if text != entry.text { throw difference("\(key): twin \(entry.text), Redis \(text)") }
    }
  }

  private func difference(_ text: String) -> Difference {
    Difference(description: ([text] + journal).joined(separator: "\n"))
  }
}
