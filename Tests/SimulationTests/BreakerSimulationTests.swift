import Foundation
import Testing

/// Breakers, retries and budgets under every kind of trouble: a quarter of `SIMULATION_SEEDS` of each; a failing seed is named, and
/// `SIMULATION_SEED` runs it alone.
@Suite(.timeLimit(.minutes(30)))
struct BreakerSimulationTests {
  private static let environment = ProcessInfo.processInfo.environment

  @Test(arguments: Faults.breakerKinds.indices)
  func replicasAgreeOnBreakersAndNoneStaysOpen(kind: Int) throws {
    let count = max(10, (Self.environment["SIMULATION_SEEDS"].flatMap(UInt64.init) ?? 120) / 4)
    let first = UInt64.random(in: 0..<1 << 40)
    let seeds =
      Self.environment["SIMULATION_SEED"].flatMap(UInt64.init).map { $0...$0 } ?? first...first + count - 1
    var sum = BreakerSimulation.Figures()
    for seed in seeds {
      let simulation = try BreakerSimulation(seed: seed, faults: Faults.breakerKinds[kind].faults)
      do { try simulation.run() } catch {
        Issue.record("SIMULATION_SEED=\(seed), \(Faults.breakerKinds[kind].name): \(error)")
        return
      }
      sum += simulation.figures
    }
    guard seeds.count > 1 else { return }
    #expect(sum.served > sum.requests / 3 && sum.attempts > sum.served, "\(sum)")
    #expect(sum.tally.opened > 0 && sum.tally.halves > 0 && sum.tally.recovered > 0, "\(sum)")
    #expect(sum.tally.cooldowns > 0 && sum.tally.late > 0 && sum.panics > 0, "\(sum)")
    // One run in twenty, where things go wrong otherwise too.
    if count >= 200 { #expect(sum.tally.outliers > 0, "outliers were found: \(sum)") }
    let faults = Faults.breakerKinds[kind].faults
    if faults.redisFails { #expect(sum.ownProbes > 0, "replicas probed alone: \(sum)") }
    // One run in ten.
    if faults.replicasCrash, count >= 100 { #expect(sum.tally.lost > 0, "probes were lost: \(sum)") }
    if faults.redisForgets { #expect(sum.tally.restored > 0, "replicas knew more than Redis: \(sum)") }
  }

  /// That no other endpoint is taken for one is checked where nothing else goes wrong.
  @Test(arguments: 1...3 as ClosedRange<UInt64>) func anOutlierIsFound(seed: UInt64) throws {
    let simulation = try BreakerSimulation(seed: seed, faults: .none, hasOutlier: true)
    try simulation.run()
    #expect(simulation.figures.tally.outliers > 0, "\(simulation.figures)")
  }

  /// What a seed comes to, of each kind: the same in every process, and however it is built. Who changes what breakers do, or what is left
  /// to chance here, writes down what comes now. If it is another one each time, something goes by a clock or by the order of a dictionary.
  private static let traces: [UInt64] = [
    0x25ee_f2b5_6e60_b4ed, 0xf4af_4af0_8f73_2a9b, 0x0397_44d7_2678_04ee,
    0x62e6_7989_01b0_5a13, 0x9401_1a6d_3ac6_213c, 0xc273_f330_851d_018b,
    0x1e1b_d749_df4e_cb30, 0x97e6_4c48_0d25_f2d8, 0x60fe_d586_c48c_9ca2,
  ]

  @Test(arguments: zip(Faults.breakerKinds.indices, traces)) func aSeedGivesTheSameRun(
    kind: Int, trace: UInt64
  ) throws {
    let simulation = try BreakerSimulation(seed: 1, faults: Faults.breakerKinds[kind].faults)
    try simulation.run()
    #expect(
      simulation.trace == trace, "\(Faults.breakerKinds[kind].name): \(String(simulation.trace, radix: 16))")
  }

  @Test func everyKindHasATrace() { #expect(Self.traces.count == Faults.breakerKinds.count) }
}
