import Policy
import TestSupport
import Testing

@testable import Coordination

/// See `TwinSequences`.
@Suite(.needsRedis, .timeLimit(.minutes(TwinSequences.minutes)))
struct ExperimentTwinTests {
  @Test(arguments: TwinSequences.Topology.allCases)
  func scriptAndTwinAgree(_ topology: TwinSequences.Topology) throws {
    try TwinSequences.run(on: topology, usually: 400) { try ExperimentDuel($0, seed: $1).run() }
  }

  /// A twin that differs must be noticed. Each is a mistake that one could make.
  @Test(arguments: [
    ("if last + 0 >= sequence + 0 then return 2 end", ""), ("last + 0 >= sequence", "last + 0 > sequence"),
    ("return sum > 0 and 1 or 0", "return sum"), ("sum / count + 0.5", "sum / count"),
    ("return min(sum, MOST)", "return sum"), ("(sums.sessions or 0) < most", "(sums.sessions or 0) <= most"),
    ("is_new, counts = next(found) == nil, found.arm == arm", "is_new, counts = next(found) == nil, true"),
    ("put('sessions', (sums.sessions or 0) + 1)", ""), ("(old and 0 or 1)", "1"),
    ("+ new - (old or 0)))", "+ new))"), ("- (old or 0) * (old or 0)", ""),
    ("put(names.s, max(0,", "put(names.s, max(-9e15,"), ("carry * BASE", "carry"),
    ("if new then replace", "if new and had == 0 then replace"), ("high < 0 and 0 or", ""),
    ("min(had + count, LARGEST)", "count"),
  ])
  func aPlantedDifferenceIsFound(_ text: String, _ mistake: String) throws {
    let redis = try RedisUnderTest()
    #expect(ExperimentScripts().note.source.contains(text))
    #expect(throws: ExperimentDuel.Difference.self) {
      for seed in 0..<600 as Range<UInt64> {
        try ExperimentDuel(redis, seed: seed) { $0.replacing(text, with: mistake) }.run()
      }
    }
  }

  private let names = ExperimentNames(prefix: "sy")

  private var note: ExperimentNote {
    var tally = SessionTally(arm: 0)
    tally.add(5, of: .cost)
    return ExperimentNote(
      replica: "r1", sequence: 1, ExperimentSubject(name: "x", edition: "e"), [.init(unit: 1, tally: tally)])
  }

  private func run(_ redis: RedisUnderTest) throws -> RedisUnderTest.Reply {
    let (script, call) = (ExperimentScripts().note, ScriptCall(note, names))
    return try redis.send(
      ["EVAL", script.source, String(call.keys.count)] + call.keys + call.arguments.map(\.text))
  }

  @Test func keysAreKeptAsLongAsTheTwinSays() throws {
    let redis = try RedisUnderTest()
    #expect(try run(redis) == .number(1))
    let subject = note.subject
    for (key, lifetime) in [
      (names.session(1, of: subject), ExperimentNote.sessionLifetime),
      (names.sums(subject), ExperimentNote.sumsLifetime), (names.told(subject), ExperimentNote.toldLifetime),
    ] {
      guard case .number(let left) = try redis.send("PTTL", key) else {
        Issue.record("no TTL of \(key)")
        continue
      }
      #expect((lifetime - 5_000...lifetime).contains(left))
    }
  }

  /// In the place of each key: nonsense, which stays as it is, and nothing else is written.
  @Test func whatSomebodyElseWroteIsLeftAlone() throws {
    let subject = note.subject
    for key in [names.told(subject), names.sums(subject), names.session(1, of: subject)] {
      for field in ["r1", "0.n", "arm", "cost"] {
        let redis = try RedisUnderTest()
        _ = try redis.send("HSET", key, field, "x")
        let reply = try run(redis)
        let isRead =
          switch field {
          case "r1": key == names.told(subject) || key == names.sums(subject)
          default: key != names.told(subject)
          }
        guard isRead else { continue }
        guard case .error(let error) = Reply(told: reply) else {
          // A session of no arm is one of ours only where it has an arm.
          Issue.record("\(key) \(field): \(reply)")
          continue
        }
        #expect(error.isOfTheKey)
        #expect(try redis.send("KEYS", "*") == .list([.text(key)]))
      }
    }
  }
}
