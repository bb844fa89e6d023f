extension Settings {
  /// When an endpoint is left out, and how it comes back. Rates are in percent.
  package struct Breaker: Sendable, Equatable {
    /// Time over which results count.
    package var window: Duration = .seconds(10)
    /// Results needed for a judgement.
    package var minRequests = 20
    package var failureRate = 50
    package var slowRate = 80
    /// From when on an answer is slow; nil: none is.
    package var slowAfter: SlowAfter?
    /// How long it is open the first time, and at the longest.
    package var base: Duration = .seconds(5)
    package var max: Duration = .seconds(300)
    /// Successes that close it again.
    package var probes = 3
    /// Share of a pool that has to be closed; below it, rates are ignored.
    package var panic = 50
    /// An endpoint that fails far more often than the rest of its pool is opened, whatever its rate.
    package var outliers = true
  }

  /// Until the first token of a stream, and until the end of a plain answer: its length is the caller's wish, so that it is judged only
  /// where the document says so.
  package struct SlowAfter: Sendable, Equatable {
    package var stream: Duration?
    package var plain: Duration?

    package init(stream: Duration? = nil, plain: Duration? = nil) {
      (self.stream, self.plain) = (stream, plain)
    }
  }
}
