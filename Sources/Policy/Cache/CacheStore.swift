/// The shared cache as Redis keeps it, in memory: the twin of the scripts `cache_*.lua` and of the look without one.
///
/// It is the embedded engine and what the simulator runs; a differential test holds it and Redis together. A flight is one
/// fetching of an answer: its owner's nonce makes each call idempotent, and its lock decides who may store. The first flight's lock
/// stands in the answer's own place, so that one look finds either and takes it; the lock of a flight that fetches an answer anew
/// stands beside the answer. Times are milliseconds.
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

    package init(owner: String, until: Int64, lifetime: Int64) {
      (self.owner, self.until, self.lifetime) = (owner, until, lifetime)
    }

    /// What `GET` answers.
    package var text: String { "L \(owner) \(until) \(lifetime)" }

    /// Whose it is, if it is still there: `until` is what its writer took for its end. A lock that would last longer than it was made
    /// for was written before the clock went back: there is no such lock.
    package func holder(at now: Int64) -> CacheLookup.Holder? {
      let left = until - now
      guard left <= lifetime + CacheStore.tolerance else { return nil }
      return CacheLookup.Holder(owner: owner, left: max(1, min(left, lifetime)))
    }
  }

  package private(set) var entries: [CacheKeys: Entry] = [:]
  /// Where an entry could be instead: never both.
  package private(set) var firstLocks: [CacheKeys: Lock] = [:]
  /// Beside an entry.
  package private(set) var locks: [CacheKeys: Lock] = [:]

  /// How far into the future a stored time may lie before it is taken for a clock that has gone back.
  package static let tolerance: Int64 = 5_000

  package init() {}

  /// The answer, and who fetches a new one.
  package func get(_ keys: CacheKeys, now: Int64) -> CacheLookup {
    let answer = entry(keys, now)?.answer
    return CacheLookup(
      now: now, holder: flight(keys, now)?.holder, seen: answer?.created ?? 0, answer: answer)
  }

  /// The same, and begins a flight where nothing stands in the answer's place.
  package mutating func get(_ keys: CacheKeys, claiming claim: CacheClaim, now: Int64) -> CacheLookup {
    let isTaken = (entries[keys]?.expires ?? 0) > now || (firstLocks[keys]?.until ?? 0) > now
    if !isTaken { write(claim.owner, claim.lifetime, .answer, keys, now) }
    guard let flight = flight(keys, now), flight.place == .answer, flight.holder.owner == claim.owner else {
      return get(keys, now: now)
    }
    return CacheLookup(now: now, holder: nil, seen: 0, answer: nil, isClaimed: true)
  }

  /// Begins a flight, unless another one is under way or the answer is no longer the one that the caller has seen.
  package mutating func lock(_ keys: CacheKeys, _ claim: CacheClaim, now: Int64) -> CacheClaim.Reply {
    if let holder = flight(keys, now)?.holder { return holder.owner == claim.owner ? .got : .held(holder) }
    guard (entry(keys, now)?.answer.created ?? 0) == claim.seen else { return .changed }
    write(claim.owner, claim.lifetime, claim.seen == 0 ? .answer : .beside, keys, now)
    return .got
  }

  private enum LockPlace { case answer, beside }

  private mutating func write(
    _ owner: String, _ lifetime: Int64, _ place: LockPlace, _ keys: CacheKeys, _ now: Int64
  ) {
    let lock = Lock(owner: owner, until: now + lifetime, lifetime: lifetime)
    switch place {
    case .answer: (firstLocks[keys], entries[keys]) = (lock, nil)
    case .beside:
      locks[keys] = lock
      // It stays for as long as somebody replaces it, so that nobody takes this for a first flight.
      if let entry = entries[keys], entry.expires < lock.until { entries[keys]?.expires = lock.until }
    }
  }

  /// Prolongs a flight; false where it is no longer the caller's.
  package mutating func renew(_ keys: CacheKeys, owner: String, lifetime: Int64, now: Int64) -> Bool {
    guard let flight = flight(keys, now), flight.holder.owner == owner else { return false }
    write(owner, lifetime, flight.place, keys, now)
    return true
  }

  /// Stores a flight's answer and ends the flight. Whoever no longer has the lock stores nothing: another flight, or a purge, came
  /// later. `filled` is to be published on `keys.channel`.
  package mutating func fill(_ keys: CacheKeys, _ fill: CacheFill, now: Int64) -> CacheFill.Reply {
    guard release(keys, owner: fill.owner, now: now) else {
      return entry(keys, now)?.owner == fill.owner ? .repeated : .refused
    }
    let answer = CachedAnswer(meta: fill.meta, created: now, body: fill.body)
    entries[keys] = Entry(answer: answer, owner: fill.owner, expires: now + fill.kept)
    firstLocks[keys] = nil
    return .filled
  }

  /// Ends a flight without an answer; false where it isn't the caller's. `failed` is to be published on `keys.channel`.
  package mutating func release(_ keys: CacheKeys, owner: String, now: Int64) -> Bool {
    guard let flight = flight(keys, now), flight.holder.owner == owner else { return false }
    switch flight.place {
    case .answer: firstLocks[keys] = nil
    case .beside: locks[keys] = nil
    }
    return true
  }

  /// Forgets what has expired, which changes no answer.
  package mutating func sweep(now: Int64) {
    entries = entries.filter { $0.value.expires > now }
    firstLocks = firstLocks.filter { $0.value.until > now }
    locks = locks.filter { $0.value.until > now }
  }

  /// Forgets one answer.
  package mutating func forget(_ keys: CacheKeys) { entries[keys] = nil }

  /// Forgets everything of which `isDoomed` says so.
  package mutating func purge(where isDoomed: (CacheKeys) -> Bool) {
    entries = entries.filter { !isDoomed($0.key) }
    firstLocks = firstLocks.filter { !isDoomed($0.key) }
    locks = locks.filter { !isDoomed($0.key) }
  }

  private func entry(_ keys: CacheKeys, _ now: Int64) -> Entry? {
    guard let entry = entries[keys], entry.expires > now else { return nil }
    return entry.answer.created <= now + Self.tolerance ? entry : nil
  }

  /// The lock beside an answer comes first: where that was evicted, another flight may have put its own in the answer's place.
  private func flight(_ keys: CacheKeys, _ now: Int64) -> (holder: CacheLookup.Holder, place: LockPlace)? {
    if let lock = locks[keys], lock.until > now, let holder = lock.holder(at: now) {
      return (holder, .beside)
    }
    guard let lock = firstLocks[keys], lock.until > now else { return nil }
    return lock.holder(at: now).map { ($0, .answer) }
  }
}
