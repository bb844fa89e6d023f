/// What a look into the cache found.
package struct CacheLookup: Equatable, Sendable {
  /// Who fetches an answer.
  package struct Holder: Equatable, Sendable {
    package let owner: String
    /// Milliseconds until the flight ends, unless it is prolonged.
    package let left: Int64

    package init(owner: String, left: Int64) {
      self.owner = owner
      self.left = left
    }
  }

  /// Redis' milliseconds.
  package let now: Int64
  package let holder: Holder?
  /// When the stored answer was made, for `CacheClaim`; 0 where there is none.
  package let seen: Int64
  /// Nil too where what is stored can't be read.
  package let answer: CachedAnswer?
  /// There was nothing and nobody, and the flight is the caller's, who asked for it.
  package let isClaimed: Bool

  package init(now: Int64, holder: Holder?, seen: Int64, answer: CachedAnswer?, isClaimed: Bool = false) {
    self.now = now
    self.holder = holder
    self.seen = seen
    self.answer = answer
    self.isClaimed = isClaimed
  }
}

/// Asks to be the one that fetches an answer.
package struct CacheClaim: Equatable, Sendable {
  /// Names the flight, not the replica alone; without spaces. The same again is answered as the first time.
  package let owner: String
  /// Milliseconds until somebody else may, unless it is prolonged.
  package let lifetime: Int64
  /// `CacheLookup.seen`: whoever finds another answer there than before reads that first.
  package let seen: Int64

  package init(owner: String, lifetime: Int64, seen: Int64) {
    precondition(!owner.isEmpty && !owner.utf8.contains(0x20), "'\(owner)' is no name of a flight")
    precondition(lifetime > 0, "a lock for \(lifetime) ms")
    self.owner = owner
    self.lifetime = lifetime
    self.seen = seen
  }

  package enum Reply: Equatable, Sendable {
    case got
    case held(CacheLookup.Holder)
    /// There is another answer than the caller has seen: look again.
    case changed
  }
}

/// Stores what a flight has fetched.
package struct CacheFill: Equatable, Sendable {
  package let owner: String
  package let meta: CachedMeta
  package let body: [UInt8]
  /// Milliseconds that it is kept: its time to live, and the grace for stale answers.
  package let kept: Int64

  package init(owner: String, meta: CachedMeta, body: [UInt8], kept: Int64) {
    precondition(kept > 0, "an answer kept for \(kept) ms")
    self.owner = owner
    self.meta = meta
    self.body = body
    self.kept = kept
  }

  package enum Reply: Int64, Sendable {
    /// The lock isn't this flight's: nothing was stored.
    case refused = 0
    case filled = 1
    /// This flight stored it before.
    case repeated = 2
  }
}
