import Policy
import Testing

/// How soon harm is seen (algorithms §5.2). How to see the table: `RolloutRuns`.
@Suite(.timeLimit(.minutes(30)))
struct RolloutDetectionTests {
  private static let runs = max(10, RolloutRuns.hours * 3 / 10)
  private static let patience = 600

  private static let harms: [(name: String, baseline: Double, canary: Double)] = [
    ("1→5 %", 0.01, 0.05), ("1→10 %", 0.01, 0.1), ("1→50 %", 0.01, 0.5), ("5→25 %", 0.05, 0.25),
    ("5→10 %", 0.05, 0.1),
  ]

  struct Found {
    /// From the first second of harm; nil: not within `patience`.
    var seconds: [Int?] = []
    /// Of requests that the canary failed until the last second but one.
    var served: [Int?] = []

    var text: String {
      let times = [0.5, 0.99].map { RolloutRuns.quantile($0, of: seconds).map { "\($0)" } ?? "–" }
      let failures = RolloutRuns.quantile(0.5, of: served).map { " (\($0))" } ?? ""
      return times.joined(separator: "/") + failures
    }
  }

  /// Harm that begins after `healthy` seconds.
  private static func detect(
    _ requests: Int64, _ weight: Double, baseline: Double, canary: Double, healthy: Int = 0, runs: Int,
    stream: Int
  ) -> Found {
    var found = Found()
    var traffic = RolloutTraffic(chance: RolloutRuns.chance(stream), requests: requests, weight: weight)
    for _ in 0..<runs {
      var test = SequentialTest(RateHypothesis(.harmless, 1.2))
      for _ in 0..<healthy { test.fold(traffic.second(canary: baseline, baseline: baseline)) }
      var (detected, served) = (Int?.none, 0)
      for second in 1...patience {
        let counts = traffic.second(canary: canary, baseline: baseline)
        test.fold(counts)
        if test.hasRefuted(at: 1e-3) {
          detected = second
          break
        }
        served += Int(counts.canary.events)
      }
      found.seconds.append(detected)
      found.served.append(detected == nil ? nil : served)
    }
    return found
  }

  @Test func harmIsSeenSoon() throws {
    var rows = [["rps", "weight"] + Self.harms.map(\.name)]
    var stream = 1_000
    for (requests, weight) in [
      (20, 0.01), (20, 0.05), (100, 0.01), (100, 0.05), (100, 0.25), (500, 0.01), (500, 0.05),
    ] as [(Int64, Double)] {
      var row = ["\(requests)", "\(Int(weight * 100)) %"]
      for harm in Self.harms {
        stream += 1
        let found = Self.detect(
          requests, weight, baseline: harm.baseline, canary: harm.canary, runs: Self.runs, stream: stream)
        row.append(found.text)
        guard requests == 100, weight == 0.05, harm.name == "1→10 %" else { continue }
        let median = try #require(RolloutRuns.quantile(0.5, of: found.seconds))
        let late = try #require(RolloutRuns.quantile(0.99, of: found.seconds))
        // A11; of few runs the longest may be.
        #expect(median <= (Self.runs >= 300 ? 20 : 30) && late <= (Self.runs >= 300 ? 57 : 120))
      }
      rows.append(row)
    }
    RolloutRuns.table(
      "Harm from the start of a stage: seconds until seen, median/p99 (failures served), of \(Self.runs) runs",
      rows)
  }

  @Test func harmAfterALongGoodTimeIsSeenToo() throws {
    var rows = [["100 rps, 5 %, without harm for"] + Self.harms.dropLast().map(\.name)]
    let runs = max(5, RolloutRuns.hours / 10)
    for healthy in [0, 60, 600, 3_600, 14_400] where healthy <= 600 || RolloutRuns.hours >= 100 {
      var row = ["\(healthy) s"]
      for (index, harm) in Self.harms.dropLast().enumerated() {
        let found = Self.detect(
          100, 0.05, baseline: harm.baseline, canary: harm.canary, healthy: healthy, runs: runs,
          stream: 2_000 + 10 * healthy + index)
        row.append(found.text)
        guard harm.name == "1→10 %" else { continue }
        let late = try #require(RolloutRuns.quantile(0.99, of: found.seconds))
        #expect(late <= 120)
      }
      rows.append(row)
    }
    RolloutRuns.table("Harm in the middle of a stage: seconds until seen, of \(runs) runs", rows)
  }
}
