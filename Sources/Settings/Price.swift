extension Settings {
  /// Micro-dollars per million tokens, so that `tokens × price / 1_000_000` is micro-dollars.
  package struct Price: Sendable, Equatable {
    package var input: Int
    package var output: Int
    /// Of input tokens that the provider had cached; nil: as the others.
    package var cachedInput: Int?
    /// Of output tokens that were thought, not said; nil: as the others.
    package var reasoning: Int?
    /// The first day on which it holds, and the first on which it no longer does, since 1970 by UTC; nil: without such an end.
    package var from: Int64?
    package var until: Int64?

    package init(
      input: Int, output: Int, cachedInput: Int? = nil, reasoning: Int? = nil, from: Int64? = nil,
      until: Int64? = nil
    ) {
      (self.input, self.output, self.cachedInput, self.reasoning) = (input, output, cachedInput, reasoning)
      (self.from, self.until) = (from, until)
    }
  }
}

extension [Settings.Price] {
  /// The one that holds at a millisecond since 1970; nil where none does.
  package func inForce(at now: Int64) -> Settings.Price? {
    let day = now / 86_400_000
    return first { ($0.from ?? Int64.min) <= day && day < ($0.until ?? Int64.max) }
  }
}
