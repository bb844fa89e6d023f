import Foundation
import Policy
import TestSupport
import Testing

@testable import Coordination

/// Ten times as long where somebody asks for more than CI does.
private let minutes = ProcessInfo.processInfo.environment["TWIN_SEQUENCES"] == nil ? 30 : 300

/// Random operations on a real Redis and on the twin: equal replies, and equal state after each.
///
/// `TWIN_SEQUENCES` says how many sequences; a failing one is named by its seed, and `TWIN_SEED` runs it alone.
@Suite(.needsRedis, .timeLimit(.minutes(minutes)))
struct BreakerTwinTests {
  private static let environment = ProcessInfo.processInfo.environment

  /// The second as the one node of a cluster: a script that touches two slots is refused there.
  @Test(arguments: [false, true]) func breakerScriptsAndTwinAgree(isCluster: Bool) async throws {
    let redis = try isCluster ? await Self.cluster() : RedisUnderTest()
    let sources = BreakerDuel.Sources()
    if let seed = Self.environment["TWIN_SEED"].flatMap(UInt64.init) {
      return try BreakerDuel(redis, seed: seed, sources).run()
    }
    let sequences = Self.environment["TWIN_SEQUENCES"].flatMap(Int.init) ?? (isCluster ? 500 : 2_500)
    let first = UInt64.random(in: 0..<1 << 40)
    for seed in first..<first + UInt64(sequences) {
      do { try BreakerDuel(redis, seed: seed, sources).run() } catch {
        Issue.record("TWIN_SEED=\(seed): \(error)")
        return
      }
    }
  }

  static func cluster() async throws -> RedisUnderTest {
    let (redis, _) = try RedisUnderTest.onPort(["--cluster-enabled", "yes"])
    _ = try redis.send("CLUSTER", "ADDSLOTSRANGE", "0", "16383")
    try #require(try await until { try redis.cluster["cluster_state"] == "ok" })
    return redis
  }

  /// A twin that differs must be noticed. Each is a mistake that one could make.
  @Test(arguments: [
    ("max(state.gen + 1, now)", "max(state.gen, now)"),
    ("max(state.gen + 1, now)", "state.gen + 1"),
    ("if left > span + TOLERANCE then return nil end", ""),
    ("return min(left, span)", "return left"),
    ("call('DEL', WINDOW, PROBES)", "call('DEL', WINDOW)"),
    ("call('DEL', WINDOW, PROBES)", "call('DEL', PROBES)"),
    ("time <= cool_left()", "time <= 0"),
    ("state['until'] = max(state['until'], state.cool + ARGV[11])", ""),
    ("if is_told then", "if is_written then"),
    ("local KEPT = 3600000", "local KEPT = 3600001"),
    ("if sequence and sequence + 0 >=", "if sequence and sequence + 0 >"),
    ("if generation > state.gen then", "if false then"),
    ("state.gen, state.opens, window = generation, 0, {}", "state.gen, state.opens = generation, 0"),
    ("generation ~= state.gen or state.state ~= 'closed'", "state.state ~= 'closed'"),
    ("generation ~= state.gen or state.state ~= 'closed'", "generation ~= state.gen"),
    ("if unhappy ~= 1 then", "if true then"),
    ("elseif not others_do_well then", "else"),
    ("cut + min(wrong, most)", "cut + wrong"),
    ("calls >= least and", ""),
    ("bad * 100 >= calls * rate", "bad * 100 > calls * rate"),
    ("current - 9 * width", "current - 10 * width"),
    ("or at + 0 > last", ""),
    ("(ARGV[4] + -ARGV[4] % 10) / 10", "(ARGV[4] - ARGV[4] % 10) / 10"),
    ("keep(STATE, lifetime())\n  return sum", "return sum"),
    ("if left() > 0 or cool_left() > 0 then return 0 end", "if left() > 0 then return 0 end"),
    ("open('probe-lost', 0)", "open('probe-lost', state.opens)"),
    ("if probes[id] then return 1 end", ""),
    ("if ended(probes[id]) then return 0 end", ""),
    ("if not ended(at) then", "if true then"),
    ("if not ended(probes[id]) then cool_for(ARGV[15] + 0) end", "cool_for(ARGV[15] + 0)"),
    ("or ended(probes[id]) then return { 0", "then return { 0"),
    ("if #gone > 0 then call('HDEL', PROBES, unpack(gone)) end", ""),
    ("if not age or age >= ARGV[11] + 0 then", "if true then"),
    ("if not age or age >= ARGV[11] + 0 then", "if not age then"),
    ("state.span = ARGV[11] - age", "state.span = ARGV[11] + 0"),
    ("if count < state.issued - state.succeeded then return nil end", ""),
    ("state.issued >= ARGV[10] + 0", "state.issued > ARGV[10] + 0"),
    ("or state.gen ~= ARGV[13] + 0", ""),
    ("or not probes[id] or ended", "or ended"),
    ("call('HSET', PROBES, id, '-' .. digits(now))", "call('HDEL', PROBES, id)"),
    ("state.issued = state.issued - 1", ""),
    ("state.succeeded >= ARGV[10] + 0", "state.succeeded > ARGV[10] + 0"),
    ("go('closed', 'recovered', 0)\n    state.opens = 0", "go('closed', 'recovered', 0)"),
    ("span - span % 1000", "span"),
    ("if #gone > 0 then call('HDEL', WINDOW, unpack(gone)) end", ""),
    ("call('DEL', key)\n    return fields", "return fields"),
  ])
  func aPlantedDifferenceInABreakerIsFound(_ line: String, _ planted: String) throws {
    let redis = try RedisUnderTest()
    var places = 0
    let sources = BreakerDuel.Sources { source in
      if source.contains(line) { places += 1 }
      return source.replacing(line, with: planted)
    }
    #expect(places > 0, "there is such a line")
    #expect(throws: BreakerDuel.Difference.self) {
      for seed in 0..<1_500 as Range<UInt64> { try BreakerDuel(redis, seed: seed, sources).run() }
    }
  }
}
