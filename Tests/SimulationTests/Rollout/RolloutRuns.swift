import Foundation
import Policy

/// How much the proofs of rollouts' statistics do: `ROLLOUT_RUNS` is the number of simulated hours (20), and the other proofs go with it;
/// the acceptance figures are those of 1,000. The same runs each time, but with `SIMULATION_SEED`.
///
/// All of them, with their tables: `ROLLOUT_RUNS=1000 swift test --filter SimulationTests.Rollout`. (In an optimized build, `-c release
/// -Xswiftc -enable-testing`, in a tenth of the time.)
enum RolloutRuns {
  private static let environment = ProcessInfo.processInfo.environment

  static let hours = max(1, environment["ROLLOUT_RUNS"].flatMap(Int.init) ?? 20)

  static func chance(_ stream: Int) -> Chance {
    let seed = environment["SIMULATION_SEED"].flatMap(UInt64.init) ?? 1
    return Chance(seed: seed &* 1_000_003 &+ UInt64(stream))
  }

  /// The value that `fraction` of all are not above; nil where that one is missing.
  static func quantile(_ fraction: Double, of values: [Int?]) -> Int? {
    let sorted = values.map { $0 ?? .max }.sorted()
    let value = sorted[min(sorted.count - 1, Int(Double(sorted.count) * fraction))]
    return value == .max ? nil : value
  }

  static func table(_ title: String, _ rows: [[String]]) {
    var widths: [Int] = []
    for row in rows {
      for (column, cell) in row.enumerated() {
        if column == widths.count { widths.append(0) }
        widths[column] = max(widths[column], cell.count)
      }
    }
    let lines = rows.map { row in
      zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }.joined(separator: "  ")
    }
    print(([title] + lines.map { "  " + $0 }).joined(separator: "\n"))
  }
}

extension Double {
  /// With as many decimals.
  func formatted(_ decimals: Int) -> String { String(format: "%.\(decimals)f", self) }
}
