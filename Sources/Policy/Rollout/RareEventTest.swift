/// Refutes "events come to at least `rate` of the canary's exposures", looked at as often as one likes.
///
/// Where events are rare there are too few to compare arms by: one in 10,000 is fine, whatever the baseline has. The likelihood
/// ratio of a lower rate q to `rate`, for 24 values of q in equal steps of the logarithm, and the evidence is their mean: an e-process
/// as in `SequentialTest`, of one binomial proportion.
package struct RareEventTest: Equatable, Sendable {
  private static let points = 24

  package let rate: Double
  private var exposures = 0.0
  private var events = 0.0

  /// A rate above 0 and at most a half.
  package init(rate: Double) {
    precondition(rate > 0 && rate <= 0.5, "no rate is \(rate)")
    self.rate = rate
  }

  package mutating func fold(_ count: EventCount) {
    exposures += Double(count.exposures)
    events += Double(count.events)
  }

  /// ln of the evidence now.
  package var logEvidence: Double {
    var sum = -Double.infinity
    for point in 1...Self.points {
      let ratio = -Elementary.log(64) * Double(point) / Double(Self.points)
      let other = Elementary.log1p(-rate * Elementary.exp(ratio)) - Elementary.log1p(-rate)
      sum = Elementary.logOfSum(sum, events * ratio + (exposures - events) * other)
    }
    return sum - Elementary.log(Double(Self.points))
  }
}

extension RareEventTest {
  /// `<exposures> <events>`
  package var text: String { "\(exposures) \(events)" }

  package init?(rate: Double, text: String) {
    self.init(rate: rate)
    let numbers = text.split(separator: " ", omittingEmptySubsequences: false).map { Double($0) }
    guard numbers.count == 2, let exposures = numbers[0], let events = numbers[1], exposures < 1e300,
      events >= 0, events <= exposures
    else { return nil }
    (self.exposures, self.events) = (exposures, events)
  }
}
