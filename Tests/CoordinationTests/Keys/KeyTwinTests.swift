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
@Suite(.timeLimit(.minutes(minutes)))
struct KeyTwinTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test func scriptsAndTwinAgree() throws {
    let redis = try RedisUnderTest()
    let sequences = Self.environment["TWIN_SEQUENCES"].flatMap(Int.init) ?? 3_000
    if let seed = Self.environment["TWIN_SEED"].flatMap(UInt64.init) {
      return try KeyDuel(redis, seed: seed).run()
    }
    let first = UInt64.random(in: 0..<1 << 40)
    for seed in first..<first + UInt64(sequences) {
      do { try KeyDuel(redis, seed: seed).run() } catch {
        Issue.record("TWIN_SEED=\(seed): \(error)")
        return
      }
    }
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
