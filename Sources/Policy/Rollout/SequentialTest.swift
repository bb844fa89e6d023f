/// Refutes a `RateHypothesis` by the events of both arms, looked at as often as one likes: an e-process.
///
/// Of the x + y events of a tick, x are the canary's. If it gets θ times the baseline's, its share is p(θ) = θn / (θn + m), n and m being
/// the exposures. For each of 48 ratios θ beyond the null ratio ρ, in equal steps of the logarithm, the likelihood ratio of θ to ρ
/// is kept; the evidence E is their mean. If the hypothesis is true then E is a non-negative supermartingale, and P(E ever ≥ 1/α) ≤ α
/// (Ville, 1939). How often events happen drops out, so an outage that both arms share says nothing.
/// Lindon, Sanden, Shirikian, *Rapid Regression Detection in Software Deployments through Sequential Testing* (KDD 2022).
///
/// A canary that was fine for an hour has made every likelihood ratio tiny, and harm that begins then would long go unseen. So
/// only half of the evidence counts from the start on: the other half is staked anew each ten ticks (`Stakes`), which is a mixture over
/// when harm begins, and still at most 1 in the mean.
package struct SequentialTest: Equatable, Sendable {
  package static let points = 48

  package let hypothesis: RateHypothesis
  /// ln of the evidence now.
  package private(set) var logEvidence = 0.0
  /// The most that `logEvidence` has been: whoever folds several ticks at once misses nothing.
  package private(set) var peak = 0.0
  /// Ticks in which both arms had exposures.
  private var ticks = 0
  /// ln of the likelihood ratios, times what is staked on them.
  private var scores: [Double]
  /// θ − ρ and ln(θ/ρ) of each point.
  private let distances: [Double]
  private let logRatios: [Double]

  package init(_ hypothesis: RateHypothesis) {
    self.hypothesis = hypothesis
    let span = Elementary.log(hypothesis.farthest / hypothesis.null)
    logRatios = (1...Self.points).map { span * Double($0) / Double(Self.points) }
    distances = logRatios.map { hypothesis.null * (Elementary.exp($0) - 1) }
    scores = Array(
      repeating: hypothesis.renews ? Elementary.log(Stakes.first) : 0, count: Self.points)
  }

  /// Whether the hypothesis is refuted at level `alpha`, now or at any tick before.
  package func hasRefuted(at alpha: Double) -> Bool { peak >= -Elementary.log(alpha) }

  /// Whether all that is known by now refutes the hypothesis at level `alpha`.
  package func refutes(at alpha: Double) -> Bool { logEvidence >= -Elementary.log(alpha) }

  /// Takes one tick's counts. A tick is so short that rates hardly change within it, and so long that most have exposures of both arms:
  /// others say nothing.
  package mutating func fold(_ counts: ArmCounts) {
    let (one, other) =
      hypothesis.claim == .harmless
      ? (counts.canary, counts.baseline) : (counts.baseline, counts.canary)
    guard one.exposures > 0, other.exposures > 0 else { return }
    stake()
    guard one.events > 0 || other.events > 0 else { return }
    let (n, m) = (Double(one.exposures), Double(other.exposures))
    weigh(Double(one.events), Double(other.events), share: n / (hypothesis.null * n + m))
    sum()
  }

  private mutating func stake() {
    ticks += 1
    guard hypothesis.renews, ticks % Stakes.interval == 0 else { return }
    let stake = Elementary.log(Stakes.stake(ticks / Stakes.interval))
    for point in 0..<Self.points { scores[point] = Elementary.logOfSum(scores[point], stake) }
  }

  /// p(θ)/p(ρ) = (θ/ρ) · (ρn + m)/(θn + m), and (1 − p(θ))/(1 − p(ρ)) is that without θ/ρ.
  private mutating func weigh(_ x: Double, _ y: Double, share: Double) {
    for point in 0..<Self.points {
      scores[point] += x * logRatios[point] - (x + y) * Elementary.log1p(distances[point] * share)
    }
  }

  private mutating func sum() {
    var highest = -Double.infinity
    for point in 0..<Self.points where scores[point] > highest { highest = scores[point] }
    var total = 0.0
    for point in 0..<Self.points {
      let below = scores[point] - highest
      if below > -40 { total += Elementary.exp(below) }
    }
    let won = highest + Elementary.log(total / Double(Self.points))
    let kept = hypothesis.renews ? Elementary.log(Stakes.kept(ticks / Stakes.interval)) : -.infinity
    logEvidence = Elementary.logOfSum(won, kept)
    peak = max(peak, logEvidence)
  }
}

// MARK: Text

extension SequentialTest {
  /// What is known so far, exactly: `harmless 1.2 <ticks> <peak> <evidence> <48 scores>`.
  package var text: String {
    ([hypothesis.text, "\(ticks)"] + ([peak, logEvidence] + scores).map { "\($0)" }).joined(separator: " ")
  }

  /// Continues from a `text`; nil where it isn't one, or one of another hypothesis.
  package init?(_ hypothesis: RateHypothesis, text: String) {
    self.init(hypothesis)
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count == 5 + Self.points, words[0...1].joined(separator: " ") == hypothesis.text,
      let ticks = Int(words[2]), 0...Self.mostTicks ~= ticks
    else { return nil }
    let numbers = words[3...].compactMap { Double($0) }
    // So large a sum stays finite whatever is added to it.
    guard numbers.count == words.count - 3, numbers.allSatisfy({ abs($0) < 1e300 }) else { return nil }
    self.ticks = ticks
    (peak, logEvidence) = (max(0, numbers[0], numbers[1]), numbers[1])
    scores = Array(numbers[2...])
  }

  /// More seconds than there will be.
  private static var mostTicks: Int { 1 << 48 }
}
