import Foundation
import Policy
import Testing

/// Costs without harm and with it, over and over. How to see the table: `RolloutRuns`.
@Suite(.timeLimit(.minutes(30)))
struct CostGuardSimulationTests {
  /// A lognormal cost, σ = 1, clipped where the baseline's p99 is.
  private static func cost(_ chance: inout Chance, _ factor: Double) -> Double {
    min(factor * Foundation.exp(chance.normal()), 10.24)
  }

  /// Looks, each after 50 requests of the canary and 200 of the baseline, until harm is seen (or passing).
  private static func looks(_ factor: Double, _ chance: inout Chance, most: Int) -> (harm: Int?, pass: Int?) {
    let rule = CostGuard()
    var (canary, baseline) = (Moments(), Moments())
    var (harm, pass) = (Int?.none, Int?.none)
    for look in 1...most {
      for _ in 0..<50 { canary.add(cost(&chance, factor)) }
      for _ in 0..<200 { baseline.add(cost(&chance, 1)) }
      if harm == nil, rule.isHarmful(canary, baseline, alpha: 1e-3) { harm = look }
      if pass == nil, rule.passes(canary, baseline, alpha: 0.05) { pass = look }
    }
    return (harm, pass)
  }

  @Test func meansAreJudgedAsTheyShould() {
    let runs = max(10, RolloutRuns.hours / 2)
    var rows = [["100 looks at 50 more requests", "harm", "passed"]]
    var chance = RolloutRuns.chance(7_000)
    for (factor, name) in [(1.0, "as dear"), (1.2, "1.2 ×"), (1.28, "1.28 ×"), (1.5, "1.5 ×")] {
      let results = (0..<runs).map { _ in Self.looks(factor, &chance, most: 100) }
      let (harm, pass) = (results.count { $0.harm != nil }, results.count { $0.pass != nil })
      // Clipping makes 1.2 × a little less, and 1.28 × about 1.25 ×.
      if factor <= 1.2 { #expect(harm <= max(1, runs / 1_000), "\(name)") }
      if factor == 1.28 { #expect(Double(pass) <= 0.05 * Double(runs) + 3, "\(name)") }
      if factor == 1 { #expect(pass * 10 >= runs * 9, "\(name)") }
      if factor == 1.5 { #expect(harm * 10 >= runs * 9, "\(name)") }
      rows.append([name, "\(harm) of \(runs)", "\(pass) of \(runs)"])
    }
    RolloutRuns.table("Mean costs (lognormal, clipped at the baseline's p99)", rows)
  }
}
