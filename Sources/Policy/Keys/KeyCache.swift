/// What a worker knows of virtual keys, so that a request with a key seen before asks nobody.
///
/// Records are kept valid by polls for changes and by what is published of them; the cache never waits and never asks: it says who is
/// to be asked, and is told. Everything is bounded, and nothing of a forged id is kept. Times are milliseconds of a monotonic
/// clock (`now`), but for `clock`, which is the shared state's.
package struct KeyCache<Value: Sendable>: Sendable {
  struct Known: Sendable {
    var proof: KeyProof
    var value: Value
    /// When its reading began.
    var read: Int64
  }

  struct Absent: Sendable {
    var reason: KeyRefusal
    var until: Int64
  }

  struct Ask: Sendable {
    var sent: Int64
    var waiters = 0
    /// The key changed since: what is answered may be from before.
    var isStale = false
  }

  private(set) var bounds: KeyCacheBounds
  var known: [KeyID: Known] = [:]
  var absent: [KeyID: Absent] = [:]
  var asks: [KeyID: Ask] = [:]
  /// When the poll began that last found everything known to be as it is; nil: none yet.
  var confirmed: Int64?
  var code: KeyID.Code?
  private var budget: LookupBudget

  /// The last epoch seen: what a poll for changes asks from. 0: none.
  package internal(set) var epoch: Int64 = 0
  package internal(set) var counts = KeyCacheCounts()
  /// Age of the oldest data that answered since `takeOldest`.
  private var oldest: Int64 = 0

  package init(_ bounds: KeyCacheBounds = KeyCacheBounds()) {
    self.bounds = bounds
    budget = LookupBudget(perSecond: bounds.lookupsPerAddress, addresses: bounds.addresses)
  }

  /// Age up to which data answers while the shared state is away, in milliseconds.
  package var staleMax: Int64 {
    get { bounds.staleMax }
    set { bounds.staleMax = newValue }
  }

  package var knownCount: Int { known.count }

  /// Looks a key up that is written as one; the digest is of the whole key. `address` stands for the client's, or for the network that
  /// is counted as one client.
  package mutating func look(
    _ id: KeyID, _ digest: KeyDigest, from address: UInt64, _ turn: KeyTurn, now: Int64, clock: Int64
  ) -> KeyAnswer<Value> {
    let answer =
      if let known = known[id] {
        answer(known, id, digest, address, turn, now: now, clock: clock)
      } else {
        answerUnknown(id, address, turn, now: now)
      }
    count(answer)
    return answer
  }

  /// Age in milliseconds of the oldest data that answered since this was last called: what revoking took at most.
  package mutating func takeOldest() -> Int64 {
    defer { oldest = 0 }
    return oldest
  }

  // MARK: Answers

  private mutating func answer(
    _ known: Known, _ id: KeyID, _ digest: KeyDigest, _ address: UInt64, _ turn: KeyTurn, now: Int64,
    clock: Int64
  ) -> KeyAnswer<Value> {
    guard known.proof.accepts(digest, at: clock) else { return mismatch(known, id, address, turn, now: now) }
    if known.proof.isExpired(at: clock) { return .refused(.expired) }
    let age = max(0, now - max(known.read, confirmed ?? known.read))
    if turn == .arrival(isAvailable: true), age > bounds.fresh {
      let answer = ask(id, for: nil, now: now)
      // Too many wait already; what is known will do, as it would were the shared state away.
      guard case .busy = answer, age <= bounds.staleMax else { return answer }
    }
    // Who has waited for an answer has it, however long it took.
    guard age <= bounds.staleMax || turn == .afterAnswer else { return .unavailable }
    oldest = max(oldest, age)
    if age > bounds.fresh { counts.usedStale += 1 }
    guard turn == .arrival(isAvailable: true), now - known.read > bounds.recheck, asks[id] == nil else {
      return .use(known.value)
    }
    asks[id] = Ask(sent: now)
    return .useAndAsk(known.value)
  }

  /// Perhaps the key has a new secret, of which this cache hasn't heard: seldom, that is looked up.
  private mutating func mismatch(
    _ known: Known, _ id: KeyID, _ address: UInt64, _ turn: KeyTurn, now: Int64
  ) -> KeyAnswer<Value> {
    guard turn == .arrival(isAvailable: true), now - known.read > bounds.negative else {
      return .refused(.wrongSecret)
    }
    let answer = ask(id, for: address, now: now)
    if case .busy = answer { return .refused(.wrongSecret) }
    return answer
  }

  private mutating func answerUnknown(
    _ id: KeyID, _ address: UInt64, _ turn: KeyTurn, now: Int64
  ) -> KeyAnswer<Value> {
    if let code, !id.isGenuine(code) { return .refused(.forged) }
    if let absent = absent[id], now < absent.until { return .refused(absent.reason) }
    switch turn {
    case .arrival(isAvailable: true):
      // Without the code anybody's id would be looked up.
      return code == nil ? .unavailable : ask(id, for: address, now: now)
    case .afterAnswer: return ask(id, for: nil, now: now)  // it was told and forgotten again
    case .arrival(isAvailable: false), .afterFailure: return .unavailable
    }
  }

  /// `address` pays for the look-up of an id that isn't known; nil: nobody does.
  private mutating func ask(_ id: KeyID, for address: UInt64?, now: Int64) -> KeyAnswer<Value> {
    if let ask = asks[id] {
      guard ask.waiters < bounds.waiters else { return .busy(wait: 1_000) }
      asks[id]?.waiters += 1
      return .wait
    }
    if let address {
      guard asks.count < bounds.asks else { return .busy(wait: 1_000) }
      let wait = budget.take(address, now: now)
      guard wait == 0 else { return .busy(wait: wait) }
    }
    asks[id] = Ask(sent: now)
    return .ask
  }

  private mutating func count(_ answer: KeyAnswer<Value>) {
    switch answer {
    case .use: counts.used += 1
    case .useAndAsk:
      counts.used += 1
      counts.asked += 1
    case .ask: counts.asked += 1
    case .wait: counts.waited += 1
    case .refused(let reason): counts.refused[reason, default: 0] += 1
    case .busy: counts.busy += 1
    case .unavailable: counts.unavailable += 1
    }
  }
}
