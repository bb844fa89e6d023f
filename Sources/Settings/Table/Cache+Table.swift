extension Form where Value == Settings.Cache {
  static var cache: Form {
    .record(
      Settings.Cache(),
      [
        Field("ttl", \.ttl, .duration(.milliseconds(1)...Self.longest), "How long an answer is fresh."),
        Field(
          "scope", \.scope, .choice(),
          "Who may get an answer that another asked for: a tenant, a user, or all."),
        Field(
          "max_body", \.maxBody, .bytes(1...Self.largest), "Largest answer that is kept, as it is stored."),
        Field(
          "stale_while_revalidate", \.staleWhileRevalidate, .duration(.zero...Self.longest),
          "How long a stale answer serves while a new one is fetched."),
        Field(
          "stale_if_error", \.staleIfError, .duration(.zero...Self.longest),
          "How long a stale answer serves while nobody can answer."),
        Field(
          "negative_ttl", \.negativeTTL, .duration(.zero...Self.longest),
          "How long a provider's refusal is kept."),
        Field("redis", \.redis, .redisURL, "Redis of the cache; absent, the one of state."),
      ],
      finish: Checks.cache)
  }

  private static var longest: Duration { .seconds(30 * 86_400) }
  /// More would hold up Redis, and whoever waits behind it.
  private static var largest: Int { 32 << 20 }
}
