import Foundation
import Testing

/// As `LimitSimulationTests`, of the cache.
@Suite(.timeLimit(.minutes(30)))
struct CacheSimulationTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test(arguments: Faults.kinds.indices)
  func answersAreSharedAndNeverMixed(kind: Int) {
    let count = Self.environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 60
    let first = UInt64.random(in: 0..<1 << 40)
    let seeds =
      Self.environment["SIMULATION_SEED"].flatMap(UInt64.init).map { $0...$0 } ?? first...first + count - 1
    var (made, served, shared) = (0, 0, 0)
    for seed in seeds {
      let simulation = CacheSimulation(seed: seed, faults: Faults.kinds[kind].faults)
      do { try simulation.run() } catch {
        Issue.record("SIMULATION_SEED=\(seed), \(Faults.kinds[kind].name): \(error)")
        return
      }
      made += simulation.made
      served += simulation.served
      shared += simulation.shared
    }
    #expect(made > 0 && shared > served / 2, "\(made) calls, \(served) served, \(shared) without a call")
  }

  @Test func aSeedGivesTheSameRun() throws {
    let runs = try (0..<2).map { _ in
      let simulation = CacheSimulation(seed: 42, faults: .all)
      try simulation.run()
      return [simulation.made, simulation.served, simulation.shared]
    }
    #expect(runs[0] == runs[1])
  }
}
