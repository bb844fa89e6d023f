import Foundation
import Policy
import Testing

/// A13 of the acceptance figures: experiments without a difference, looked at a hundred times. How to see the table: `RolloutRuns`.
@Suite(.timeLimit(.minutes(30)))
struct ExperimentSimulationTests {
  private static let experiments = 2 * RolloutRuns.hours
  private static let looks = 100
  /// Of each arm between two looks.
  private static let sessions = 1_000

  /// How many of the experiments ever said something, by kind.
  private struct Said {
    var different = 0
    var fixed = 0
    var invalid = 0
    /// The look at which the first difference was said, or nil.
    var looks: [Int?] = []
    /// Where the true difference was outside the interval at some look.
    var missed = 0
  }

  private static func run(_ rates: [Double], least: Double, experiments: Int, stream: Int) -> Said {
    var (said, chance) = (Said(), RolloutRuns.chance(stream))
    var rule = ExperimentRule()
    rule.leastSessions = least
    guard let share = Weight(hundredths: 10_000 / rates.count) else { return said }
    for _ in 0..<experiments {
      var arms = rates.map { _ in ExperimentArm(share: share, sessions: 0, outcomes: Moments()) }
      var (first, isFixed, isInvalid, isMissed) = (Int?.none, false, false, false)
      for look in 1...looks {
        for (arm, rate) in rates.enumerated() {
          let count = chance.assigned(sessions)
          let good = Double(chance.binomial(count, rate))
          arms[arm].sessions += count
          arms[arm].outcomes += Moments(count: Double(count), sum: good, squares: good)
        }
        let result = rule.judge(arms)
        if case .valid(let directions) = result.verdict, directions.contains(where: { $0 != .undecided }) {
          first = first ?? look
        }
        isInvalid = isInvalid || result.verdict == .invalid
        isMissed =
          isMissed
          || zip(result.comparisons, rates.dropFirst()).contains {
            abs($0.difference - ($1 - rates[0])) > $0.margin
          }
        if arms[0].outcomes.count >= least { isFixed = isFixed || isFarOff(arms) }
      }
      said.different += first == nil ? 0 : 1
      said.fixed += isFixed ? 1 : 0
      said.invalid += isInvalid ? 1 : 0
      said.missed += isMissed ? 1 : 0
      said.looks.append(first)
    }
    return said
  }

  /// What is usual: a z-test at 5 %, as if it were the only look.
  private static func isFarOff(_ arms: [ExperimentArm]) -> Bool {
    let (one, other) = (arms[0].outcomes, arms[1].outcomes)
    let error = (one.variance / one.count + other.variance / other.count).squareRoot()
    return error > 0 && abs(one.mean - other.mean) > 1.96 * error
  }

  @Test func lookingOftenFindsNothingThatIsNotThere() {
    var rows = [
      ["\(Self.experiments) experiments, \(Self.looks) looks", "mSPRT", "z-test", "invalid", "missed"]
    ]
    let cases: [([Double], Double)] = [
      ([0.2, 0.2], 0), ([0.2, 0.2], 10_000), ([0.02, 0.02], 10_000), ([0.5, 0.5, 0.5, 0.5], 10_000),
    ]
    for (index, (rates, least)) in cases.enumerated() {
      let said = Self.run(rates, least: least, experiments: Self.experiments, stream: 5_000 + index)
      let most = 0.05 * Double(Self.experiments)
      // Three standard deviations, where there are few.
      let allowed = Self.experiments >= 1_000 ? most : most + 3 * most.squareRoot()
      #expect(
        Double(said.different) <= allowed && Double(said.missed) <= allowed, "\(rates): \(said.different)")
      #expect(said.fixed * 8 > Self.experiments, "\(rates): \(said.fixed)")
      let percent = [said.different, said.fixed, said.invalid, said.missed].map {
        (Double($0) / Double(Self.experiments) * 100).formatted(1) + " %"
      }
      rows.append(["\(rates.count) arms of \(rates[0]), from \(Int(least)) sessions on"] + percent)
    }
    RolloutRuns.table("A13: experiments without a difference in which one was seen", rows)
  }

  @Test func differencesAreFound() {
    var rows = [
      ["up to \(Self.looks * Self.sessions) sessions an arm", "found", "sessions of an arm, median"]
    ]
    let runs = max(10, RolloutRuns.hours / 5)
    for (index, rates) in [[0.02, 0.025], [0.05, 0.06], [0.2, 0.216], [0.5, 0.52]].enumerated() {
      let said = Self.run(rates, least: 10_000, experiments: runs, stream: 6_000 + index)
      #expect(said.different * 2 > runs, "\(rates)")
      let median = RolloutRuns.quantile(0.5, of: said.looks).map { "\($0 * Self.sessions)" } ?? "–"
      rows.append(["\(rates[0]) → \(rates[1])", "\(said.different) of \(runs)", median])
    }
    RolloutRuns.table("Differences found", rows)
  }
}

extension Chance {
  /// How many sessions fall to one arm: a Poisson distribution's, nearly.
  fileprivate mutating func assigned(_ mean: Int) -> Int64 {
    max(0, Int64((Double(mean) + Double(mean).squareRoot() * normal()).rounded()))
  }
}
