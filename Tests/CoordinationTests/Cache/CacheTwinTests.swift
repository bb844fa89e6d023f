import Policy
import Testing

@testable import Coordination

/// See `TwinSequences`.
@Suite(.needsRedis, .timeLimit(.minutes(TwinSequences.minutes)))
struct CacheTwinTests {
  @Test(arguments: TwinSequences.Topology.allCases)
  func cacheScriptsAndTwinAgree(_ topology: TwinSequences.Topology) throws {
    let sources = CacheDuel.Sources()
    try TwinSequences.run(on: topology, usually: 1_500) { try CacheDuel($0, seed: $1, sources).run() }
  }

  /// A twin that differs must be noticed: each of these lines matters.
  @Test(arguments: [
    ("if current ~= ARGV[1] then\n", "if current == nil then\n"),
    ("if (created or 0) ~= ARGV[3] + 0 then return { 2 } end", ""),
    ("and created + 0 <= now + 5000", ""),
    ("if left > lifetime + 5000 then return nil end", ""),
    ("math.min(left, lifetime + 0)", "left"),
    ("if current ~= ARGV[1] then return 0 end\nwrite_lock", "if not current then return 0 end\nwrite_lock"),
    ("if current ~= ARGV[1] then return 0 end\ncall('DEL'", "if not current then return 0 end\ncall('DEL'"),
    ("call('PUBLISH', ARGV[3], 'filled')", ""),
    ("100000 * ARGV[2]", "200000 * ARGV[2]"),
    ("then return 2 end", "then return 0 end"),
    ("created and KEYS[1] or KEYS[2]", "KEYS[1]"),
    ("created and KEYS[1] or KEYS[2]", "KEYS[2]"),
    ("if place == KEYS[1] then call('DEL', place) end", ""),
    ("< 100000 * lifetime then", "> 100000 * lifetime then"),
    ("local place, found = KEYS[1]", "local place, found = KEYS[2]"),
  ])
  func aPlantedDifferenceInTheCacheIsFound(_ line: String, _ planted: String) throws {
    let redis = try RedisUnderTest()
    let sources = CacheDuel.Sources { $0.replacing(line, with: planted) }
    #expect(throws: CacheDuel.Difference.self) {
      for seed in 0..<1_000 as Range<UInt64> { try CacheDuel(redis, seed: seed, sources).run() }
    }
  }
}
