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
struct LimitTwinTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test func scriptsAndTwinAgree() throws {
    let redis = try RedisUnderTest()
    let sequences = Self.environment["TWIN_SEQUENCES"].flatMap(Int.init) ?? 5_000
    if let seed = Self.environment["TWIN_SEED"].flatMap(UInt64.init) {
      return try LimitDuel(redis, seed: seed).run()
    }
    let first = UInt64.random(in: 0..<1 << 40)
    for seed in first..<first + UInt64(sequences) {
      do { try LimitDuel(redis, seed: seed).run() } catch {
        Issue.record("TWIN_SEED=\(seed): \(error)")
        return
      }
    }
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
