import Foundation
import Testing

/// Invariant I5; a fifth of `SIMULATION_SEEDS` of each kind, and `SIMULATION_SEED` runs one alone.
@Suite(.timeLimit(.minutes(30)))
struct LoadSimulationTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test(arguments: [
    Faults.none, Faults(losesCalls: true), Faults(replicasCrash: true),
    Faults(losesCalls: true, replicasCrash: true),
  ])
  func whatReplicasKnowOfEachOtherIsTrue(faults: Faults) {
    let count = max(10, (Self.environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 150) / 5)
    let first = UInt64.random(in: 0..<1 << 40)
    let seeds =
      Self.environment["SIMULATION_SEED"].flatMap(UInt64.init).map { $0...$0 } ?? first...first + count - 1
    var (reads, busy) = (0, 0)
    for seed in seeds {
      let simulation = LoadSimulation(seed: seed, replicas: 2 + Int(seed % 7), faults: faults)
      do { try simulation.run() } catch {
        Issue.record("SIMULATION_SEED=\(seed), \(faults): \(error)")
        return
      }
      reads += simulation.reads
      busy += simulation.busyReads
    }
    #expect(reads > 100 && busy > reads / 2, "\(reads) reads, \(busy) of them of something")
  }
}
