/// Whether a canary has shown that it is good enough by one metric: not much worse than the baseline, or negligibly bad by itself.
///
/// Where both count, the claim to refute is that neither is so; the mean of two pieces of evidence against it is evidence too.
package struct PassTest: Equatable, Sendable {
  private var ratio: SequentialTest
  private var rare: RareEventTest?

  package init(ratio: Double, negligible: Double?) {
    self.ratio = SequentialTest(RateHypothesis(.harmful, ratio))
    rare = negligible.map { RareEventTest(rate: $0) }
  }

  package mutating func fold(_ counts: ArmCounts) {
    ratio.fold(counts)
    rare?.fold(counts.canary)
  }

  /// By all that is known: a canary that was good and has become worse loses what it had.
  package func passes(at alpha: Double) -> Bool {
    guard let rare else { return ratio.refutes(at: alpha) }
    let mean = Elementary.logOfSum(ratio.logEvidence, rare.logEvidence) - Elementary.log(2)
    return mean >= -Elementary.log(alpha)
  }

  /// `<ratio's text>`, or `<ratio's text> | <the other's>`.
  package var text: String { ratio.text + (rare.map { " | " + $0.text } ?? "") }

  package init?(ratio: Double, negligible: Double?, text: String) {
    let parts = text.split(separator: "|", omittingEmptySubsequences: false)
    guard parts.count == (negligible == nil ? 1 : 2),
      let test = SequentialTest(
        RateHypothesis(.harmful, ratio),
        text: String(negligible == nil ? parts[0] : parts[0].dropLast()))
    else { return nil }
    self.ratio = test
    guard let negligible else { return }
    guard let rare = RareEventTest(rate: negligible, text: String(parts[1].dropFirst())) else { return nil }
    self.rare = rare
  }
}
