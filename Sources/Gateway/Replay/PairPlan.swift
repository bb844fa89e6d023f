package import Settings
import Telemetry

/// What a small and a large model cost, alone and together, by the share of requests that only the large one answers well.
package struct PairPlan: Sendable {
  /// One of the two, at the mean price of its deployments.
  package struct Side: Sendable {
    /// Micro-dollars a token.
    fileprivate var input: Double
    fileprivate var output: Double
    /// Micro-dollars an hour that it costs to keep it running.
    package var hourly = 0.0

    /// By the prices of today; nil where a deployment of the model has none.
    package init?(_ model: Settings.Model, in settings: Settings) {
      var (input, output, weights) = (0.0, 0.0, 0.0)
      for item in model.deployments {
        let prices = settings.deployments.first { $0.name == item.name }?.prices
        guard let price = prices?.inForce(at: SystemClock.wallMilliseconds()) else { return nil }
        input += Double(price.input) * Double(item.weight)
        output += Double(price.output) * Double(item.weight)
        weights += Double(item.weight)
      }
      guard weights > 0 else { return nil }
      (self.input, self.output) = (input / weights / 1_000_000, output / weights / 1_000_000)
    }

    fileprivate func cost(_ tokens: Tokens) -> Double {
      Double(tokens.input) * input + Double(tokens.output) * output
    }
  }

  package struct Tokens: Sendable, Equatable {
    package var input: Int
    package var output: Int

    package init(input: Int, output: Int) { (self.input, self.output) = (input, output) }
  }

  /// Micro-dollars an hour.
  package struct Row: Sendable, Equatable {
    /// Hard requests, 0 to 1.
    package var share: Double
    package var small: Double
    package var large: Double
    /// Hard requests go to the large model, the others to the small one.
    package var routed: Double
    /// All go to the small model, and hard ones then to the large one too.
    package var escalated: Double
  }

  package var small: Side
  package var large: Side
  /// Requests a second.
  package var rate: Double
  package var easy: Tokens
  package var hard: Tokens
  /// Micro-dollars that an answer of the small model to a hard request costs whoever asked.
  package var wrong = 0.0

  package init(small: Side, large: Side, rate: Double, easy: Tokens, hard: Tokens) {
    (self.small, self.large, self.rate, self.easy, self.hard) = (small, large, rate, easy, hard)
  }

  package func row(_ share: Double) -> Row {
    let (easyOnes, hardOnes) = (3_600 * rate * (1 - share), 3_600 * rate * share)
    let both = small.hourly + large.hourly + easyOnes * small.cost(easy)
    return Row(
      share: share,
      small: small.hourly + easyOnes * small.cost(easy) + hardOnes * (small.cost(hard) + wrong),
      large: large.hourly + easyOnes * large.cost(easy) + hardOnes * large.cost(hard),
      routed: both + hardOnes * large.cost(hard),
      escalated: both + hardOnes * (small.cost(hard) + large.cost(hard)))
  }

  /// Shares at which a way costs less than another: all costs grow by the share as straight lines do.
  package func range(where way: KeyPath<Row, Double>, isBelow other: KeyPath<Row, Double>) -> ClosedRange<
    Double
  >? {
    let (first, last) = (row(0), row(1))
    let (atNone, atAll) = (
      first[keyPath: way] - first[keyPath: other], last[keyPath: way] - last[keyPath: other]
    )
    // Less than a millionth of a dollar an hour is rounding.
    let least = -1.0
    guard min(atNone, atAll) < least else { return nil }
    let even = min(1, max(0, atNone / (atNone - atAll)))
    if atNone < least { return 0...(atAll < 0 ? 1 : even) }
    return even...1
  }
}
