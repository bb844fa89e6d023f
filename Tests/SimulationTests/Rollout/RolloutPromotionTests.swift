import Policy
import Testing

/// How soon a good canary is known to be good, and how seldom one that is not is taken for it. How to see the tables: `RolloutRuns`.
@Suite(.timeLimit(.minutes(30)))
struct RolloutPromotionTests {
  private static let patience = 7_200

  /// What is asked of a metric: `PromotionRule.Metric`'s terms.
  private typealias Terms = (ratio: Double, negligible: Double?)

  /// Seconds until a canary is passed; nil: not within `patience`.
  private static func pass(
    _ terms: Terms, _ traffic: inout RolloutTraffic, baseline: Double, canary: Double, patience: Int
  ) -> Int? {
    var test = PassTest(ratio: terms.ratio, negligible: terms.negligible)
    for second in 1...patience {
      test.fold(traffic.second(canary: canary, baseline: baseline))
      if test.passes(at: 0.05) { return second }
    }
    return nil
  }

  @Test func goodCanariesPass() {
    let runs = max(3, RolloutRuns.hours / 20)
    var rows = [["rps", "weight", "errors 1 %", "errors 0.1 %", "with `negligible` 0.5 %", "slow95 (5 %)"]]
    let cases: [(Double, Terms)] = [
      (0.01, (1.5, nil)), (0.001, (1.5, nil)),
      (0.001, (1.5, 0.005)), (0.05, (1.25, nil)),
    ]
    var stream = 3_000
    for requests in [20, 100, 500] as [Int64] {
      for weight in [0.01, 0.05, 0.25] where RolloutRuns.hours >= 100 || (requests, weight) == (500, 0.25) {
        var row = ["\(requests)", "\(Int(weight * 100)) %"]
        for (rate, terms) in cases {
          stream += 1
          var traffic = RolloutTraffic(
            chance: RolloutRuns.chance(stream), requests: requests, weight: weight)
          let times = (0..<runs).map { _ in
            Self.pass(terms, &traffic, baseline: rate, canary: rate, patience: Self.patience)
          }
          let quantiles = [0.5, 0.9].map { RolloutRuns.quantile($0, of: times).map { "\($0)" } ?? "–" }
          row.append(quantiles.joined(separator: "/"))
          if (requests, weight) == (500, 0.25) { #expect(quantiles[0] != "–", "\(rate)") }
        }
        rows.append(row)
      }
    }
    RolloutRuns.table("Seconds until a good canary is known to be good, median/p90 (–: not in 2 h)", rows)
  }

  @Test func badCanariesDoNot() {
    var rows = [["100 rps, 25 %, 1 h, at the margin", "passed of \(RolloutRuns.hours)"]]
    let cases: [(String, Double, Double, Terms)] = [
      ("err 1 % / 1.5 %", 0.01, 0.015, (1.5, nil)),
      ("slow95 5 % / 6.25 %", 0.05, 0.0625, (1.25, nil)),
      ("cost90 10 % / 12.5 %", 0.1, 0.125, (1.25, nil)),
      ("err 0.33 % / 0.5 %, negligible 0.5 %", 0.005 / 1.5, 0.005, (1.5, 0.005)),
    ]
    for (index, item) in cases.enumerated() {
      var traffic = RolloutTraffic(chance: RolloutRuns.chance(4_000 + index), requests: 100, weight: 0.25)
      let passed = (0..<RolloutRuns.hours).count { _ in
        Self.pass(item.3, &traffic, baseline: item.1, canary: item.2, patience: 3_600) != nil
      }
      // α = 0.05, and three standard deviations.
      let hours = Double(RolloutRuns.hours)
      #expect(Double(passed) <= 0.05 * hours + 3 * (0.05 * 0.95 * hours).squareRoot(), "\(item.0)")
      rows.append([item.0, "\(passed)"])
    }
    RolloutRuns.table("Canaries that are just too bad, and passed at any second of an hour (5 % may)", rows)
  }
}
