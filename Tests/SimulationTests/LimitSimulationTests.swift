import Foundation
import Testing

/// Many runs from many seeds. `SIMULATION_SEEDS` says how many of each kind; a failing seed is named, and `SIMULATION_SEED` runs it
/// alone.
@Suite(.timeLimit(.minutes(30)))
struct LimitSimulationTests {
  private static let environment = ProcessInfo.processInfo.environment
  private static let kinds: [(name: String, faults: LimitSimulation.Faults)] = [
    ("nothing goes wrong", .none), ("calls are lost", .init(losesCalls: true)),
    ("Redis fails", .init(redisFails: true)), ("replicas crash", .init(replicasCrash: true)),
    ("clocks jump", .init(clockJumps: true)), ("Redis forgets", .init(redisForgets: true)),
    ("everything goes wrong", .all),
  ]

  @Test(arguments: kinds.indices)
  func limitsHold(kind: Int) {
    let count = Self.environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 150
    let first = UInt64.random(in: 0..<1 << 40)
    let seeds =
      Self.environment["SIMULATION_SEED"].flatMap(UInt64.init).map { $0...$0 } ?? first...first + count - 1
    var (admitted, refused, alone, leased) = (0, 0, 0, 0)
    for seed in seeds {
      let simulation = LimitSimulation(seed: seed, faults: Self.kinds[kind].faults)
      do { try simulation.run() } catch {
        Issue.record("SIMULATION_SEED=\(seed), \(Self.kinds[kind].name): \(error)")
        return
      }
      admitted += simulation.admitted
      refused += simulation.refused
      alone += simulation.alone
      leased += simulation.leased
    }
    #expect(admitted > 0 && refused > 0 && leased > 0, "the runs had something to decide")
    if Self.kinds[kind].faults.redisFails { #expect(alone > 0, "replicas decided alone") }
  }

  @Test func aSeedGivesTheSameRun() throws {
    let runs = try (0..<2).map { _ in
      let simulation = LimitSimulation(seed: 42, faults: .all)
      try simulation.run()
      return [simulation.admitted, simulation.refused, simulation.alone, simulation.leased]
    }
    #expect(runs[0] == runs[1])
  }
}
