import Policy
import TestSupport
import Testing

@testable import Coordination

/// See `TwinSequences`.
@Suite(.needsRedis, .timeLimit(.minutes(TwinSequences.minutes)))
struct FeedbackTwinTests {
  @Test(arguments: TwinSequences.Topology.allCases)
  func scriptAndTwinAgree(_ topology: TwinSequences.Topology) throws {
    try TwinSequences.run(on: topology, usually: 400) { try FeedbackDuel($0, seed: $1).run() }
  }

  /// A twin that differs must be noticed. Each is a mistake that one could make.
  @Test(arguments: [
    ("if call == ARGV[1] then return reply + 0 end", ""), ("if call == ARGV[1] then", "if true then"),
    ("'NX', 'PX', TICK", "'PX', TICK"), ("then reply = 1 end", "then reply = 2 end"),
    ("return 0\nend", "end"), ("KEYS[2], ARGV[1], 'NX'", "KEYS[2], '1', 'NX'"),
    ("if ARGV[2] == '1' then", "if ARGV[2] then"), ("redis.call('DEL', KEYS[3])", ""),
  ])
  func aPlantedDifferenceIsFound(_ text: String, _ mistake: String) throws {
    let redis = try RedisUnderTest()
    #expect(FeedbackScripts().mark.source.contains(text))
    #expect(throws: FeedbackDuel.Difference.self) {
      for seed in 0..<300 as Range<UInt64> {
        try FeedbackDuel(redis, seed: seed) { $0.replacing(text, with: mistake) }.run()
      }
    }
  }

  @Test func marksAndSessionsAreKeptAsLongAsTheTwinSays() throws {
    let (redis, names) = (try RedisUnderTest(), FeedbackNames(prefix: "sy"))
    let mark = FeedbackMark(FeedbackTicket(at: 0, id: 7, session: 3), call: "r-1", .down)
    let (script, call) = (FeedbackScripts().mark, ScriptCall(mark, names))
    let reply = try redis.send(["EVAL", script.source, "3"] + call.keys + call.arguments.map(\.text))
    #expect(reply == .number(1))
    for (key, lifetime) in [
      (names.mark(mark), FeedbackMark.lifetime), (names.session(mark), FeedbackMark.tick),
      (names.rejection(3), FeedbackMark.rejection),
    ] {
      guard case .number(let left) = try redis.send("PTTL", key) else {
        Issue.record("no TTL of \(key)")
        continue
      }
      #expect((lifetime - 900...lifetime).contains(left))
    }
  }

  @Test func whatSomebodyElseWroteIsLeftAlone() throws {
    let (redis, names) = (try RedisUnderTest(), FeedbackNames(prefix: "sy"))
    let mark = FeedbackMark(FeedbackTicket(at: 0, id: 7), call: "r-1")
    let (script, call) = (FeedbackScripts().mark, ScriptCall(mark, names))
    _ = try redis.send("SET", names.mark(mark), "x")
    let reply = try redis.send(["EVAL", script.source, "2"] + call.keys + call.arguments.map(\.text))
    guard case .error(let error) = Reply(told: reply) else {
      Issue.record("\(reply)")
      return
    }
    #expect(error.isOfTheKey)
    #expect(try redis.send("GET", names.mark(mark)) == .text("x"))
  }
}
