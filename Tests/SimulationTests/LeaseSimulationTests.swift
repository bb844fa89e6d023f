import Foundation
import Testing

/// Leases under every kind of trouble: a twentieth of `SIMULATION_SEEDS` of each; a failing seed is named, and `SIMULATION_SEED` runs it
/// alone.
@Suite(.timeLimit(.minutes(30)))
struct LeaseSimulationTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test(arguments: Faults.kinds.indices)
  func leasedLimitsHold(kind: Int) {
    let count = max(1, (Self.environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 150) / 20)
    let first = UInt64.random(in: 0..<1 << 40)
    let seeds =
      Self.environment["SIMULATION_SEED"].flatMap(UInt64.init).map { $0...$0 } ?? first...first + count - 1
    var (admitted, refused, leased) = (0, 0, 0)
    for seed in seeds {
      let simulation = LeaseSimulation(seed: seed, faults: Faults.kinds[kind].faults)
      do { try simulation.run() } catch {
        Issue.record("SIMULATION_SEED=\(seed), \(Faults.kinds[kind].name): \(error)")
        return
      }
      admitted += simulation.admitted
      refused += simulation.refused
      leased += simulation.leased
    }
    #expect(
      admitted > 0 && refused > 0 && leased > admitted / 20,
      "\(admitted) admitted, \(leased) leased, \(refused) refused")
  }
}
