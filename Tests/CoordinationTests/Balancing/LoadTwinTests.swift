import Policy
import Testing

@testable import Coordination

/// See `TwinSequences`.
@Suite(.needsRedis, .timeLimit(.minutes(TwinSequences.minutes)))
struct LoadTwinTests {
  @Test(arguments: TwinSequences.Topology.allCases)
  func loadScriptAndTwinAgree(_ topology: TwinSequences.Topology) throws {
    try TwinSequences.run(on: topology, usually: 1_500) { try LoadDuel($0, seed: $1).run() }
  }

  /// A twin that differs must be noticed: each of these lines matters.
  @Test(arguments: [
    ("sequence + 0 < ARGV[2] + 0", "sequence + 0 <= ARGV[2] + 0"),
    ("sequence + 0 < ARGV[2] + 0", "true"),
    ("now - at >= 10000", "now - at > 10000"),
    ("or at - now > 5000", ""),
    ("not at or", "at and"),
    ("redis.call('PEXPIRE', key, 60000)", ""),
    ("if ARGV[4] == 'all' then", "if true then"),
    ("string.format('%d ', now)", "'1 '"),
  ])
  func aPlantedDifferenceInTheLoadsIsFound(_ line: String, _ planted: String) throws {
    let redis = try RedisUnderTest()
    #expect(throws: (any Error).self) {
      for seed in 0..<1_000 as Range<UInt64> {
        try LoadDuel(redis, seed: seed, plant: { $0.replacing(line, with: planted) }).run()
      }
    }
  }
}
