import Foundation
import Policy
import TestSupport
import Testing

@testable import Coordination

/// See `TwinSequences`.
@Suite(.needsRedis, .timeLimit(.minutes(TwinSequences.minutes)))
struct LimitTwinTests {
  @Test(arguments: TwinSequences.Topology.allCases)
  func scriptsAndTwinAgree(_ topology: TwinSequences.Topology) throws {
    try TwinSequences.run(on: topology, usually: 2_500) { try LimitDuel($0, seed: $1).run() }
  }

  /// As the acceptance says: a twin that differs must be noticed.
  @Test func aPlantedDifferenceIsFound() throws {
    let redis = try RedisUnderTest()
    let plant: (String) -> String = {
      $0.replacingOccurrences(
        of: "(missing + -missing % most) / most", with: "(missing - missing % most) / most")
    }
    #expect(throws: LimitDuel.Difference.self) {
      for seed in 0..<500 as Range<UInt64> { try LimitDuel(redis, seed: seed, plant: plant).run() }
    }
  }
}
