import Policy
import TestSupport
import Testing

@testable import Coordination

/// See `TwinSequences`.
@Suite(.needsRedis, .timeLimit(.minutes(TwinSequences.minutes)))
struct ChoiceTwinTests {
  @Test(arguments: TwinSequences.Topology.allCases)
  func scriptAndTwinAgree(_ topology: TwinSequences.Topology) throws {
    try TwinSequences.run(on: topology, usually: 400) { try ChoiceDuel($0, seed: $1).run() }
  }

  /// A twin that differs must be noticed. Each is a mistake that one could make.
  @Test(arguments: [
    ("last + 0 >= sequence + 0", "last + 0 > sequence + 0"), (" and ARGV[4] ~= 'anew'", ""),
    ("if rest == 'adopted' and ARGV[4] ~= 'anew' then return 3 end", ""),
    ("found + 0 ~= ARGV[6] + 0", "found + 0 > ARGV[6] + 0"), ("if what == 'adopted' then", "if true then"),
    ("if what == 'adopted' then", "if false then"), ("found .. ' adopted'", "ARGV[2] .. ' adopted'"),
    ("then return 0 end", "then other = nil end"),
  ])
  func aPlantedDifferenceIsFound(_ text: String, _ mistake: String) throws {
    let redis = try RedisUnderTest()
    #expect(ChoiceScripts().tell.source.contains(text))
    #expect(throws: ChoiceDuel.Difference.self) {
      for seed in 0..<600 as Range<UInt64> {
        try ChoiceDuel(redis, seed: seed) { $0.replacing(text, with: mistake) }.run()
      }
    }
  }

  @Test func itIsKeptAsLongAsTheTwinSays() throws {
    let (redis, names) = (try RedisUnderTest(), ChoiceNames(prefix: "sy"))
    let model = try #require(ControlModel("chat"))
    let note = ChoiceNote(replica: "r1", sequence: 1, model, edition: "e", numbers: "1")
    let (script, call) = (ChoiceScripts().tell, ScriptCall(note, names))
    let reply = try redis.send(
      ["EVAL", script.source, String(call.keys.count)] + call.keys + call.arguments.map(\.text))
    #expect(reply == .number(1))
    guard case .number(let left) = try redis.send("PTTL", names.sums(model)) else {
      Issue.record("no TTL")
      return
    }
    #expect((ChoiceNote.lifetime - 5_000...ChoiceNote.lifetime).contains(left))
  }
}
