extension Form where Value == Settings.Breaker {
  static var breaker: Form {
    .record(
      Settings.Breaker(),
      [
        Field("window", \.window, .duration(.seconds(1)...Self.longest), "Time over which results count."),
        Field("min_requests", \.minRequests, .int(1...1_000_000), "Results needed for a judgement."),
        Field("failure_rate", \.failureRate, .rate, "Share of failures that opens."),
        Field("slow_rate", \.slowRate, .rate, "Share of slow answers that opens."),
        Field(
          "slow_after", \.slowAfter, .slowAfter,
          "From when on an answer is slow: a stream without its first token, a plain one that is not whole. Absent, none is."
        ),
        Field("base", \.base, .duration(.milliseconds(1)...Self.longest), "First time open."),
        Field("max", \.max, .duration(.milliseconds(1)...Self.longest), "Longest time open."),
        Field("probes", \.probes, .int(1...1000), "Successes that close again."),
        Field(
          "panic", \.panic, .percent,
          "Share of a pool's weight that has to be closed; below it, open breakers are used all the same."),
        Field(
          "outliers", \.outliers, .flag,
          "Whether an endpoint that fails far more often than the rest of its pool is left out."),
      ],
      finish: Checks.breaker)
  }

  private static var longest: Duration { .seconds(3_600) }
}

extension Form where Value == Settings.SlowAfter {
  /// One duration for streams, or one each.
  fileprivate static var slowAfter: Form {
    Form<Duration>.duration().mapped({ .init(stream: $0) }, { $0.stream ?? .zero })
      .or(
        .record(
          .init(),
          [
            Field("stream", \.stream, .duration(), "Until a stream's first token."),
            Field("plain", \.plain, .duration(), "Until a plain answer is whole."),
          ],
          finish: { _, reader in
            if !reader.isWritten("stream"), !reader.isWritten("plain") {
              reader.fail("write stream, plain or both")
            }
          }))
  }
}
