import Coordination
import Dialects
import Policy

/// What one exchange has to do with the cache: what it looks for, what it found, and the flight that it leads. Confined to its loop.
///
///     begun → looking ⇄ missed → decided
///        ↘︎_______↓_________↗︎        ↑
///                ↘︎__________________↗︎
final class CacheVisit {
  enum Phase {
    /// It has yet to look.
    case begun
    case looking
    /// There is nothing to be served; somebody may be fetching it.
    case missed
    /// It goes on as it would without a cache, or has been answered.
    case decided
  }

  let keys: CacheKeys
  let facts: CanonicalFacts
  let directives: CacheDirectives
  var phase = Phase.begun
  var lookup = Waiting<CacheLookup?>()
  /// How often it has looked.
  var looks = 0
  /// Answers that come and go faster than they can be read are left alone.
  static let mostLooks = 3
  /// When the stored answer was made that was seen, for a claim; 0 where there is none.
  var seen: Int64 = 0
  var holder: CacheLookup.Holder?
  /// Good where no provider answers.
  var stale: (answer: CachedAnswer, now: Int64, at: Int64)?
  /// The flight that this exchange leads.
  var flight: Flight?
  /// Its exchange has ended: a flight that it is told of later is another's to lead.
  var isOver = false
  /// What it waits for in another's.
  var waiter: FlightWaiter?

  init(_ keys: CacheKeys, _ facts: CanonicalFacts, _ directives: CacheDirectives) {
    self.keys = keys
    self.facts = facts
    self.directives = directives
  }

  /// Whether another's answer will do: one that is asked for now, and no older one.
  var mayFollow: Bool { !directives.noCache && directives.maxAge != 0 }

  /// Whether it may be sent a stream that is under way: nobody knows how old its begin is.
  var mayJoin: Bool { directives.maxAge == nil && directives.minFresh == nil }

  /// Waits no longer: its client has gone, or its time is up.
  func cancel() { waiter?.end(.alone) }
}
