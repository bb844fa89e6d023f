import Policy
import Testing

/// A12 of the acceptance figures: hours without harm, in which nothing may be rolled back. How to see the table: `RolloutRuns`.
@Suite(.timeLimit(.minutes(30)))
struct RolloutFalseAlarmTests {
  /// One metric of an hour: how often events are, and how often while both arms have an outage of 120 s.
  struct Metric {
    var metric: RolloutMetric
    var baseline: Double
    var canary: Double
    var outage: Double?
  }

  private static let kinds: [(name: String, metrics: [Metric])] = [
    ("1 % / 1 %", [Metric(metric: .err, baseline: 0.01, canary: 0.01)]),
    ("at the margin, 1 % / 1.2 %", [Metric(metric: .err, baseline: 0.01, canary: 0.012)]),
    ("at the margin, 10 % / 12 %", [Metric(metric: .cost90, baseline: 0.1, canary: 0.12)]),
    ("60 % of both for 120 s", [Metric(metric: .err, baseline: 0.01, canary: 0.01, outage: 0.6)]),
    (
      "five metrics, an outage of all",
      [
        Metric(metric: .err, baseline: 0.01, canary: 0.01, outage: 0.6),
        Metric(metric: .slow95, baseline: 0.05, canary: 0.05, outage: 0.9),
        Metric(metric: .ttft95, baseline: 0.05, canary: 0.05, outage: 0.9),
        Metric(metric: .cost90, baseline: 0.1, canary: 0.1),
        Metric(metric: .lowq, baseline: 0.1, canary: 0.1, outage: 0.3),
      ]
    ),
  ]

  @Test func hoursWithoutHarmAreNotRolledBack() {
    var rows = [
      ["100 rps, 5 %, \(RolloutRuns.hours) h", "rolled back", "rolling ratio > 1.5", "highest ln E"]
    ]
    for (index, kind) in Self.kinds.enumerated() {
      let (false_, others, peak) = Self.falseAlarms(kind.metrics, stream: index)
      // α of each metric is 1e-3; a few hours more than the mean may be chance.
      #expect(
        false_ <= max(1, RolloutRuns.hours * kind.metrics.count / 1_000),
        "\(kind.name): \(false_) of \(RolloutRuns.hours)")
      // Were it quiet too, the hours would prove nothing.
      #expect(others * 10 >= RolloutRuns.hours * 9, "\(kind.name): \(others)")
      rows.append([kind.name, "\(false_)", "\(others)", peak.formatted(1)])
    }
    RolloutRuns.table("A12: hours without harm that were rolled back", rows)
  }

  /// Hours that were rolled back, by us and by others, and the most evidence of all.
  private static func falseAlarms(_ metrics: [Metric], stream: Int) -> (Int, Int, Double) {
    var (ours, others, peak) = (0, 0, 0.0)
    var traffic = RolloutTraffic(chance: RolloutRuns.chance(stream), requests: 100, weight: 0.05)
    for _ in 0..<RolloutRuns.hours {
      let outage = traffic.chance.below(3_480)
      var tests = metrics.map { _ in SequentialTest(RateHypothesis(.harmless, 1.2)) }
      var rule = RollingRatioRule()
      for second in 0..<3_600 {
        let isOut = outage..<outage + 120 ~= second
        for (index, metric) in metrics.enumerated() {
          let rates = isOut ? metric.outage.map { ($0, $0) } : nil
          let (canary, baseline) = rates ?? (metric.canary, metric.baseline)
          let counts = traffic.second(canary: canary, baseline: baseline)
          tests[index].fold(counts)
          if index == 0 { rule.fold(counts) }
        }
      }
      ours += tests.contains { $0.hasRefuted(at: 1e-3) } ? 1 : 0
      others += rule.hasFired ? 1 : 0
      peak = max(peak, tests.map(\.peak).max() ?? 0)
    }
    return (ours, others, peak)
  }

  /// Replicas that veto by what each alone has seen.
  @Test func replicasVetoNothingWithoutHarm() {
    let level = PromotionRule.vetoLevel(replicas: 5, metrics: 1)
    var (vetoes, peak) = (0, 0.0)
    var traffic = RolloutTraffic(chance: RolloutRuns.chance(99), requests: 20, weight: 0.05)
    for _ in 0..<RolloutRuns.hours {
      let outage = traffic.chance.below(3_480)
      var tests = (0..<5).map { _ in SequentialTest(RateHypothesis(.harmless, 1.2)) }
      for second in 0..<3_600 {
        let rate = outage..<outage + 120 ~= second ? 0.6 : 0.01
        for replica in tests.indices { tests[replica].fold(traffic.second(canary: rate, baseline: rate)) }
      }
      vetoes += tests.count { $0.hasRefuted(at: level) }
      peak = max(peak, tests.map(\.peak).max() ?? 0)
    }
    #expect(vetoes == 0)
    print(
      "Vetoes of 5 replicas in \(RolloutRuns.hours) h with an outage of 60 %: \(vetoes); highest ln E \(peak.formatted(1))"
    )
  }
}
