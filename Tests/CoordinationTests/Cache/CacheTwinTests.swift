import Foundation
import Policy
import Testing

@testable import Coordination

/// Random operations on a real Redis and on the twin: equal replies, and equal state after each.
///
/// `CACHE_SEQUENCES` says how many sequences; a failing one is named by its seed, and `CACHE_SEED` runs it alone.
@Suite(.needsRedis, .timeLimit(.minutes(30)))
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
    ("if current ~= owner then", "if current and current ~= owner then"),
    ("if (created_at(meta, body) or 0) ~= seen then return { 2 } end", ""),
    ("if created > now + TOLERANCE then return nil end", ""),
    ("or left > tonumber(lifetime) + TOLERANCE", ""),
    ("math.min(left, tonumber(lifetime))", "left"),
    ("redis.call('DEL', lock)\nredis.call('PUBLISH', channel, 'filled')", "redis.call('DEL', lock)"),
    ("redis.call('PEXPIRE', meta, digits(", "redis.call('PEXPIRE', meta, digits(2 * "),
    ("then return 2 end", "then return 0 end"),
  ])
  func aPlantedDifferenceInTheCacheIsFound(_ line: String, _ planted: String) throws {
    let redis = try RedisUnderTest()
    let sources = CacheDuel.Sources { $0.replacing(line, with: planted) }
    #expect(throws: CacheDuel.Difference.self) {
      for seed in 0..<1_000 as Range<UInt64> { try CacheDuel(redis, seed: seed, sources).run() }
    }
  }
}
