/// The shared cache as Redis keeps it, in memory: the twin of the scripts `cache_*.lua`.
///
/// It is the embedded engine and what the simulator runs; a differential test holds it and the scripts together. A flight is one
/// fetching of an answer: its owner's nonce makes each call idempotent, and its lock decides who may store. Times are milliseconds.
package struct CacheStore: Sendable {
  package struct Entry: Equatable, Sendable {
    package var answer: CachedAnswer
    /// The flight that stored it.
    package var owner: String
    /// From then on there is no such entry.
    package var expires: Int64
  }

  package struct Lock: Equatable, Sendable {
    package var owner: String
    package var until: Int64
    /// How long it was to last when it was written.
    package var lifetime: Int64

    /// What `GET` answers.
    package var text: String { "\(owner) \(until) \(lifetime)" }
  }

  package private(set) var entries: [CacheKeys: Entry] = [:]
  package private(set) var locks: [CacheKeys: Lock] = [:]

  /// How far into the future a stored time may lie before it is taken for a clock that has gone back.
  package static let tolerance: Int64 = 5_000

  package init() {}

  /// The answer, and who fetches a new one.
  package func get(_ keys: CacheKeys, now: Int64) -> CacheLookup {
    let answer = entry(keys, now)?.answer
    return CacheLookup(now: now, holder: holder(keys, now), seen: answer?.created ?? 0, answer: answer)
  }

  /// The same, and begins a flight where there is neither an answer nor one who fetches it.
  package mutating func get(_ keys: CacheKeys, claiming claim: CacheClaim, now: Int64) -> CacheLookup {
    let found = get(keys, now: now)
    guard found.seen == 0, found.holder == nil || found.holder?.owner == claim.owner else { return found }
    if found.holder == nil { write(claim, keys, now) }
    return CacheLookup(now: now, holder: nil, seen: 0, answer: nil, isClaimed: true)
  }

  /// Begins a flight, unless another one is under way or the answer is no longer the one that the caller has seen.
  package mutating func lock(_ keys: CacheKeys, _ claim: CacheClaim, now: Int64) -> CacheClaim.Reply {
    if let holder = holder(keys, now) { return holder.owner == claim.owner ? .got : .held(holder) }
    guard (entry(keys, now)?.answer.created ?? 0) == claim.seen else { return .changed }
    write(claim, keys, now)
    return .got
  }

  private mutating func write(_ claim: CacheClaim, _ keys: CacheKeys, _ now: Int64) {
    locks[keys] = Lock(owner: claim.owner, until: now + claim.lifetime, lifetime: claim.lifetime)
  }

  /// Prolongs a flight; false where it is no longer the caller's.
  package mutating func renew(_ keys: CacheKeys, owner: String, lifetime: Int64, now: Int64) -> Bool {
    guard holder(keys, now)?.owner == owner else { return false }
    locks[keys] = Lock(owner: owner, until: now + lifetime, lifetime: lifetime)
    return true
  }

  /// Stores a flight's answer and ends the flight. Whoever no longer has the lock stores nothing: another flight, or a purge, came
  /// later. `filled` is to be published on `keys.channel`.
  package mutating func fill(_ keys: CacheKeys, _ fill: CacheFill, now: Int64) -> CacheFill.Reply {
    guard holder(keys, now)?.owner == fill.owner else {
      return entry(keys, now)?.owner == fill.owner ? .repeated : .refused
    }
    let answer = CachedAnswer(meta: fill.meta, created: now, body: fill.body)
    entries[keys] = Entry(answer: answer, owner: fill.owner, expires: now + fill.kept)
    locks[keys] = nil
    return .filled
  }

  /// Ends a flight without an answer; false where it isn't the caller's. `failed` is to be published on `keys.channel`.
  package mutating func release(_ keys: CacheKeys, owner: String, now: Int64) -> Bool {
    guard holder(keys, now)?.owner == owner else { return false }
    locks[keys] = nil
    return true
  }

  /// Forgets what has expired, which changes no answer.
  package mutating func sweep(now: Int64) {
    entries = entries.filter { $0.value.expires > now }
    locks = locks.filter { $0.value.until > now }
  }

  /// Forgets one answer.
  package mutating func forget(_ keys: CacheKeys) { entries[keys] = nil }

  /// Forgets everything of which `isDoomed` says so.
  package mutating func purge(where isDoomed: (CacheKeys) -> Bool) {
    entries = entries.filter { !isDoomed($0.key) }
    locks = locks.filter { !isDoomed($0.key) }
  }

  private func entry(_ keys: CacheKeys, _ now: Int64) -> Entry? {
    guard let entry = entries[keys], entry.expires > now else { return nil }
    return entry.answer.created <= now + Self.tolerance ? entry : nil
  }

  /// A lock that would last longer than it was made for was written before the clock went back: there is no such lock.
  private func holder(_ keys: CacheKeys, _ now: Int64) -> CacheLookup.Holder? {
    guard let lock = locks[keys], lock.until > now else { return nil }
    let left = lock.until - now
    guard left <= lock.lifetime + Self.tolerance else { return nil }
    return CacheLookup.Holder(owner: lock.owner, left: min(left, lock.lifetime))
  }
}
