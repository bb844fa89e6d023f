/// When a request is sent to a second endpoint before the first has failed, and how often that may be (algorithms §7).
package struct HedgeRule: Sendable, Equatable {
  package enum After: Sendable, Equatable {
    /// Once that share of the model's answers would have begun, in thousandths of a percent: 95,000 is the p95.
    case quantile(Int)
    /// Nanoseconds.
    case time(Int64)
  }

  package var after: After
  package var budget: HedgeBudget

  package init(after: After, budget: HedgeBudget) { (self.after, self.budget) = (after, budget) }
}

/// How many hedges a model may have: a share of its requests of the last ten seconds. Where that is less than one, one for every so
/// many requests, however long they take to come.
///
/// A value with no clock: whoever keeps the counts says how many there were.
package struct HedgeBudget: Sendable, Equatable {
  /// In millionths of a percent.
  package var share: Int

  private static let whole = 100_000_000

  package init(share: Int) { self.share = share }

  /// Whether one more fits: `requests` and `hedges` of the window, and the requests `sinceLast` hedge.
  package func allows(requests: Int, hedges: Int, sinceLast: Int) -> Bool {
    if hedges == 0 { return min(sinceLast, Self.whole) * share >= Self.whole }
    return (hedges + 1) * Self.whole <= requests * share
  }
}
