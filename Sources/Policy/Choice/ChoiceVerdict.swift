/// Whether a learned choice may decide: only while it is shown to be worth more than the best deployment alone.
package struct ChoiceVerdict: Equatable, Sendable {
  package enum Standing: String, CaseIterable, Sendable {
    /// Too little is known: deployments are drawn by their weights.
    case gathering
    /// It decides.
    case steering
    /// It is not shown to beat the best deployment alone, and has switched itself off.
    case idle
    /// Somebody has switched it off.
    case stopped
  }

  package let standing: Standing
  /// Answers that are evidence.
  package let looks: Double
  /// The deployment that is worth most alone.
  package let rival: Int
  /// What the choice and that deployment are worth for a request; nil while nothing is known.
  package let worth: Double?
  package let rivalWorth: Double?
  /// How much more the choice is worth than that deployment, and what is at least and at most, at all looks together.
  package let gain: Double
  package let lower: Double
  package let upper: Double

  /// The chance that a choice that is not better ever decides is half of it, however often one looks.
  package static let alpha = 0.02
  /// The differences that one would like to see.
  private static let spread = 0.05
  /// Beyond these is what no answers come to, but what foreign numbers in the shared state may: figures stay small enough to be shown.
  private static let mostLooks = 1e15
  private static let mostGain = 1e3
  private static func bounded(_ value: Double) -> Double { min(mostGain, max(-mostGain, value)) }

  package init(_ sums: ChoiceSums, _ terms: ChoiceTerms, isStopped: Bool = false) {
    looks = min(Self.mostLooks, max(0, sums.looks))
    let weight = sums.weight
    let leads = (0..<sums.arms).map { Self.lead(over: $0, sums) }
    // The mean of what the choice is worth less its lead is what an arm is worth: least lead, best arm.
    let rival = leads.indices.min { leads[$0].mean < leads[$1].mean } ?? 0
    self.rival = rival
    worth = weight > 0 ? sums.worth / weight : nil
    rivalWorth = weight > 0 ? sums.worth / weight - leads[rival].mean : nil
    gain = Self.bounded(leads[rival].mean)
    upper = Self.bounded(leads[rival].mean + leads[rival].width)
    // Better than each is better than the best, whichever that is.
    let lower = leads.reduce(Double.infinity) { min($0, $1.mean - $1.width) }
    self.lower = Self.bounded(lower)
    standing =
      if isStopped || terms.steering == .never { .stopped } else if looks < Double(terms.minSamples) {
        .gathering
      } else if lower > 0 { .steering } else { .idle }
  }

  /// The weighted mean and half of its interval's width, which holds at all looks together (`MeanTest`).
  private static func lead(over arm: Int, _ sums: ChoiceSums) -> (mean: Double, width: Double) {
    let weight = sums.weight
    guard weight > 0 else { return (0, .infinity) }
    let mean = sums.lead(over: arm) / weight
    let test = MeanTest(
      difference: mean, variance: sums.leadSquares(over: arm) / (weight * weight), spread: spread)
    return (mean, test.halfWidth(alpha: alpha))
  }
}
