import Foundation
import Testing

/// Random operations on a real Redis and on a twin: equal replies, and equal state after each.
///
/// `TWIN_SEQUENCES` says how many sequences; a failing one is named by its seed, and `TWIN_SEED` runs it alone.
enum TwinSequences {
  /// What the scripts run on. In a Cluster all keys that a call names must be of one slot; one node sees to that as many do.
  enum Topology: CaseIterable { case standalone, cluster }

  private static let environment = ProcessInfo.processInfo.environment
  /// Ten times as long where somebody asks for more than CI does.
  static let minutes = environment["TWIN_SEQUENCES"] == nil ? 30 : 300

  /// `usually` is how many there are unless somebody asks for more.
  static func run(
    on topology: Topology, usually: Int, _ duel: (RedisUnderTest, _ seed: UInt64) throws -> Void
  ) throws {
    let redis =
      switch topology {
      case .standalone: try RedisUnderTest()
      case .cluster: try RedisUnderTest.clusterOfOne()
      }
    if let seed = environment["TWIN_SEED"].flatMap(UInt64.init) { return try duel(redis, seed) }
    let sequences = environment["TWIN_SEQUENCES"].flatMap(Int.init) ?? usually
    let first = UInt64.random(in: 0..<1 << 40)
    for seed in first..<first + UInt64(sequences) {
      do { try duel(redis, seed) } catch {
        Issue.record("TWIN_SEED=\(seed), \(topology): \(error)")
        return
      }
    }
  }
}
