import Policy
import TestSupport
import Testing

@testable import Coordination

/// See `TwinSequences`.
@Suite(.timeLimit(.minutes(TwinSequences.minutes)))
struct KeyTwinTests {
  @Test(arguments: TwinSequences.Topology.allCases)
  func scriptsAndTwinAgree(_ topology: TwinSequences.Topology) throws {
    try TwinSequences.run(on: topology, usually: 1_500) { try KeyDuel($0, seed: $1).run() }
  }

  /// As the acceptance says: a twin that differs must be noticed. Each is a mistake that one could make.
  @Test(arguments: [
    ("if version ~= expected", "if version < expected"), ("created or today", "today"),
    ("if revoked then return { 3, 0 } end", ""), ("last < floor", "last < floor - 1"),
    ("excess - 1, excess - 1", "excess, excess"), ("'(' .. digits(last)", "digits(last)"),
    ("if earlier then", "if false then"), ("30 * 86400000", "30 * 86400001"), ("'NX'", "'XX'"),
    ("math.max(former + 1, now)", "math.max(former, now)"), ("first = '('", "first = '['"),
    ("era * 400 + (month <= 2", "era * 400 + (month <= 1"),
  ])
  func aPlantedDifferenceIsFound(_ text: String, _ mistake: String) throws {
    let redis = try RedisUnderTest()
    #expect(throws: KeyDuel.Difference.self) {
      for seed in 0..<600 as Range<UInt64> {
        try KeyDuel(redis, seed: seed) { $0.replacing(text, with: mistake) }.run()
      }
    }
  }
}
