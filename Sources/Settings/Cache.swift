extension Settings {
  /// Answers that are kept, and given again to whoever asks the same.
  package struct Cache: Sendable, Equatable {
    /// Who may get an answer that another asked for.
    package enum Scope: String, Sendable, CaseIterable { case tenant, user, shared }

    /// How long an answer is fresh.
    package var ttl: Duration = .seconds(600)
    package var scope = Scope.tenant
    /// Largest answer that is kept, as it is stored.
    package var maxBody = Bytes(1 << 20)
    /// How long a stale answer serves while a new one is fetched.
    package var staleWhileRevalidate: Duration = .seconds(30)
    /// How long a stale answer serves while no provider answers.
    package var staleIfError: Duration = .seconds(300)
    /// How long a provider's refusal is kept.
    package var negativeTTL: Duration = .seconds(30)
    /// Where answers are kept; nil: in the Redis of `state`, or in memory.
    package var redis: RedisURL?
  }

  /// Which answers of a model are kept.
  package enum Cached: String, Sendable, CaseIterable {
    /// Those that are the same each time: embeddings, and where `temperature` is 0 or a `seed` is set.
    case deterministic
    /// All, whatever the temperature; never of requests with tools or effects.
    case all
    case none
  }
}
