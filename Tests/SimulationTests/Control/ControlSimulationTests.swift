import Foundation
import Policy
import Testing

/// Rollouts under every kind of trouble: a twelfth of `SIMULATION_SEEDS` of each; a failing seed is named, and `SIMULATION_SEED` runs it
/// alone.
@Suite(.timeLimit(.minutes(30)))
struct ControlSimulationTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test(arguments: Faults.breakerKinds.indices)
  func onlyWhatIsDecidedIsExposedAndAllAgree(kind: Int) throws {
    let count = max(5, (Self.environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 120) / 12)
    let first = UInt64.random(in: 0..<1 << 40)
    let seeds =
      Self.environment["SIMULATION_SEED"].flatMap(UInt64.init).map { $0...$0 } ?? first...first + count - 1
    var sum = ControlSimulation.Figures()
    for seed in seeds {
      let simulation = try ControlSimulation(seed: seed, faults: Faults.breakerKinds[kind].faults)
      do { try simulation.run() } catch {
        Issue.record("SIMULATION_SEED=\(seed), \(Faults.breakerKinds[kind].name): \(error)")
        return
      }
      sum += simulation.figures
    }
    guard seeds.count > 1 else { return }
    check(sum, Int(count), Faults.breakerKinds[kind].faults)
  }

  /// That there was something to hold.
  private func check(_ sum: ControlSimulation.Figures, _ count: Int, _ faults: Faults) {
    let tally = sum.tally
    #expect(sum.canaries > count * 10 && sum.requests > sum.canaries, "\(sum)")
    #expect(tally.leaderships >= count && tally.writes >= count * 3 && tally.started >= count, "\(sum)")
    // The last version of each run at least.
    #expect(tally.rolledBack >= count, "\(sum)")
    // At most one rollout of a thousand for each of five metrics; and none for an outage that both arms have.
    #expect(tally.falseAlarms <= 2 + count / 50, "\(sum)")
    if count >= 50 { #expect(tally.served > 0 && tally.vetoes > 0, "\(sum)") }
    if faults.replicasPause, count >= 50 { #expect(tally.fenced > 0, "\(sum)") }
    for (weight, counts) in sum.shares where counts.canary + counts.baseline > 1_000 {
      let shares = [weight.fraction, 1 - weight.fraction]
      // Seeds are others each time, and nobody wants to hear of chance once a month.
      #expect(
        ChiSquare.probability([counts.canary, counts.baseline], shares: shares) > 1e-6,
        "at \(weight) %: \(counts)")
    }
  }

  @Test func aSeedGivesTheSameRun() throws {
    let traces = try (0..<2).map { _ in
      let simulation = try ControlSimulation(seed: 42, faults: .all)
      try simulation.run()
      return simulation.trace
    }
    #expect(traces[0] == traces[1] && traces[0] != 0)
  }
}
