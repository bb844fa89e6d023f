/// How answers are kept, as configured. Changing it changes what is done with answers that are stored already.
package struct CachePolicy: Equatable, Sendable {
  /// Who shares an answer.
  package enum Scope: String, Sendable, CaseIterable {
    case tenant, user, shared
  }

  /// How long an answer is fresh.
  package var ttl: Duration
  package var scope: Scope
  /// Bytes of a body as it is stored; larger ones aren't.
  package var maxBody: Int
  /// How long a stale answer is served while a new one is fetched.
  package var staleWhileRevalidate: Duration
  /// How long a stale answer is served where no provider answers.
  package var staleIfError: Duration
  /// How long a provider's refusal is kept.
  package var negativeTTL: Duration

  package init(
    ttl: Duration = .seconds(600), scope: Scope = .tenant, maxBody: Int = 1 << 20,
    staleWhileRevalidate: Duration = .seconds(30), staleIfError: Duration = .seconds(300),
    negativeTTL: Duration = .seconds(30)
  ) {
    precondition(ttl >= .zero && negativeTTL >= .zero && maxBody >= 0, "a cache that keeps less than nothing")
    precondition(staleWhileRevalidate >= .zero && staleIfError >= .zero, "stale for less than nothing")
    self.ttl = ttl
    self.scope = scope
    self.maxBody = maxBody
    self.staleWhileRevalidate = staleWhileRevalidate
    self.staleIfError = staleIfError
    self.negativeTTL = negativeTTL
  }

  /// A time to live of a tenth more or less, in milliseconds, so that what was stored together doesn't end together.
  package static func jittered(_ ttl: Duration, _ chance: inout Chance) -> Int64 {
    let whole = ttl.milliseconds
    let tenth = whole / 10
    return whole - tenth + Int64(chance.below(Int(2 * tenth + 1)))
  }

  /// Milliseconds that an answer is kept: as long as it may serve, stale or not. A refusal is never served stale.
  package func kept(_ kind: CachedMeta.Kind, ttl: Int64) -> Int64 {
    let grace = kind == .refusal ? 0 : max(staleWhileRevalidate, staleIfError).milliseconds
    return max(1, ttl + grace)
  }
}

extension Duration {
  /// Whole milliseconds, cut to what Redis' numbers hold exactly.
  var milliseconds: Int64 {
    let (seconds, attoseconds) = components
    return min(seconds, 1 << 42) * 1_000 + attoseconds / 1_000_000_000_000_000
  }
}
