import Foundation
import Testing

/// Many runs from many seeds. `SIMULATION_SEEDS` says how many of each kind; a failing seed is named, and `SIMULATION_SEED` runs it
/// alone.
@Suite(.timeLimit(.minutes(30)))
struct LimitSimulationTests {
  private static let environment = ProcessInfo.processInfo.environment
  @Test(arguments: Faults.kinds.indices)
  func limitsHold(kind: Int) {
    let count = Self.environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 150
    let first = UInt64.random(in: 0..<1 << 40)
    let seeds =
      Self.environment["SIMULATION_SEED"].flatMap(UInt64.init).map { $0...$0 } ?? first...first + count - 1
    var (admitted, refused, alone) = (0, 0, 0)
    for seed in seeds {
      let simulation = LimitSimulation(seed: seed, faults: Faults.kinds[kind].faults)
      do { try simulation.run() } catch {
        Issue.record("SIMULATION_SEED=\(seed), \(Faults.kinds[kind].name): \(error)")
        return
      }
      admitted += simulation.admitted
      refused += simulation.refused
      alone += simulation.alone
    }
    #expect(admitted > 0 && refused > 0, "the runs had something to decide")
    if Faults.kinds[kind].faults.redisFails { #expect(alone > 0, "replicas decided alone") }
  }

  @Test func aSeedGivesTheSameRun() throws {
    let runs = try (0..<2).map { _ in
      let simulation = LimitSimulation(seed: 42, faults: .all)
      try simulation.run()
      return [simulation.admitted, simulation.refused, simulation.alone]
    }
    #expect(runs[0] == runs[1])
  }
}
