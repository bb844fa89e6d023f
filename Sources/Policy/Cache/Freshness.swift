/// What a stored answer is good for.
package enum Freshness: Equatable, Sendable {
  /// Serve it. Where `refresh` is true, one exchange should fetch a new one beside it: the answer ends soon (XFetch), or has ended.
  case serve(refresh: Bool)
  /// Ask the provider, and serve this where none answers.
  case onError
  /// Ask the provider.
  case unusable(Reason)

  package enum Reason: Equatable, Sendable {
    /// The client wants none, or a fresher one.
    case request
    /// It has been stale for too long.
    case stale
  }
}

/// How old a stored answer is, by Redis' clock.
package struct CacheAge: Equatable, Sendable {
  /// Milliseconds since it was stored; 0 where a clock has gone back.
  package let age: Int64
  /// Milliseconds that it stays fresh; negative: it has been stale for so long.
  package let left: Int64

  package init(created: Int64, ttl: Int64, now: Int64) {
    age = max(0, now - created)
    left = ttl - age
  }

  package init(_ answer: CachedAnswer, now: Int64) {
    self.init(created: answer.created, ttl: answer.meta.ttl, now: now)
  }

  package var isFresh: Bool { left > 0 }
  /// The value of `Age`: whole seconds, rounded down.
  package var text: String { String(min(age / 1_000, CacheDirectives.anyStaleness)) }
}

extension Freshness {
  /// Decides on an answer that was read at `now`, Redis' milliseconds.
  ///
  /// Early refresh is XFetch (Vattani, Chierichetti, Lowenstein, "Optimal Probabilistic Cache Stampede Prevention", VLDB 2015) with
  /// β = 1: with probability e^(−left ⁄ δ), where δ is what a new answer takes. A refusal is never refreshed or served stale.
  package init(
    of answer: CachedAnswer, now: Int64, _ directives: CacheDirectives, _ policy: CachePolicy,
    _ chance: inout Chance
  ) {
    let age = CacheAge(answer, now: now)
    let isRefusal = answer.meta.kind == .refusal
    guard age.isAllowed(by: directives) else {
      self = .unusable(.request)
      return
    }
    if age.isFresh {
      let isEarly = Double(max(0, answer.meta.delta)) * chance.exponential() >= Double(age.left)
      self = .serve(refresh: isEarly && !isRefusal)
    } else if isRefusal {
      self = .unusable(.stale)
    } else {
      self = Self.stale(for: -age.left, directives, policy)
    }
  }

  private static func stale(
    for time: Int64, _ directives: CacheDirectives, _ policy: CachePolicy
  ) -> Freshness {
    if let limit = directives.maxStale {
      return time <= limit * 1_000 ? .serve(refresh: true) : .unusable(.request)
    }
    if time < policy.staleWhileRevalidate.milliseconds { return .serve(refresh: true) }
    return time < policy.staleIfError.milliseconds ? .onError : .unusable(.stale)
  }
}

extension CacheAge {
  /// `max-age` and `min-fresh` bind stale answers too: a client that names a bound isn't served beyond it, not even in need. With
  /// `max-stale` beside it, `max-age` moves the end of freshness.
  fileprivate func isAllowed(by directives: CacheDirectives) -> Bool {
    if directives.noStore || directives.noCache { return false }
    if let least = directives.minFresh, left < least * 1_000 { return false }
    guard let most = directives.maxAge else { return true }
    return age <= (most + (directives.maxStale ?? 0)) * 1_000
  }
}
