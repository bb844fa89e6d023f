import Foundation
import Policy
import Testing

@testable import Coordination

/// Ten times as long where somebody asks for more than CI does.
private let minutes = ProcessInfo.processInfo.environment["CACHE_SEQUENCES"] == nil ? 30 : 300

/// Random operations on a real Redis and on the twin: equal replies, and equal state after each.
///
/// `CACHE_SEQUENCES` says how many sequences; a failing one is named by its seed, and `CACHE_SEED` runs it alone.
@Suite(.needsRedis, .timeLimit(.minutes(minutes)))
struct CacheTwinTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test func cacheScriptsAndTwinAgree() throws {
    let redis = try RedisUnderTest()
    let sources = CacheDuel.Sources()
    if let seed = Self.environment["CACHE_SEED"].flatMap(UInt64.init) {
      return try CacheDuel(redis, seed: seed, sources).run()
    }
    let sequences = Self.environment["CACHE_SEQUENCES"].flatMap(Int.init) ?? 3_000
    let first = UInt64.random(in: 0..<1 << 40)
    for seed in first..<first + UInt64(sequences) {
      do { try CacheDuel(redis, seed: seed, sources).run() } catch {
        Issue.record("CACHE_SEED=\(seed): \(error)")
        return
      }
    }
  }

  /// A twin that differs must be noticed: each of these lines matters.
  @Test(arguments: [
    ("(call('MGET', KEYS[1])[1]) ~= owner then", "(call('MGET', KEYS[1])[1]) == nil then"),
    ("if (created_at(call('MGET', KEYS[2])[1]) or 0) ~= ARGV[3] + 0 then return { 2 } end", ""),
    ("and created + 0 <= now + 5000", ""),
    ("or left > lifetime + 5000", ""),
    ("math.min(left, lifetime + 0)", "left"),
    ("call('PUBLISH', ARGV[3], 'filled')", ""),
    ("100000 * ARGV[2]", "200000 * ARGV[2]"),
    ("then return 2 end", "then return 0 end"),
    (
      "if not current then write_lock(KEYS[1], ARGV[1], ARGV[2]) end\nreturn { now, '', 0, 1 }",
      "return { now, '', 0, 1 }"
    ),
    ("(current and current ~= ARGV[1])", "current"),
    ("if not current then write_lock", "if true then write_lock"),
  ])
  func aPlantedDifferenceInTheCacheIsFound(_ line: String, _ planted: String) throws {
    let redis = try RedisUnderTest()
    let sources = CacheDuel.Sources { $0.replacing(line, with: planted) }
    #expect(throws: CacheDuel.Difference.self) {
      for seed in 0..<1_000 as Range<UInt64> { try CacheDuel(redis, seed: seed, sources).run() }
    }
  }
}
