import Coordination
import Policy

/// The flights of one worker. Confined to its loop; times are monotonic milliseconds.
final class FlightDesk {
  private let cache: any SharedCache
  private let makeID: () -> String
  private let clock: () -> Int64
  private(set) var flights: [CacheKeys: Flight] = [:]
  /// Those who wait for a look that is under way.
  private var looks: [CacheKeys: [(CacheLookup?, Flight?) -> Void]] = [:]

  /// `makeID` names flights: no two have the same name, wherever they are.
  init(_ cache: any SharedCache, makeID: @escaping () -> String, clock: @escaping () -> Int64) {
    self.cache = cache
    self.makeID = makeID
    self.clock = clock
  }

  /// Exchanges that wait.
  var waiting: Int { flights.values.reduce(0) { $0 + $1.waiters.count } }

  // MARK: The beginning

  /// Looks into the cache; those who want to see the same at the same time look once. Nil: nobody knows.
  ///
  /// Who begins a look and names a `patience` leads where there is nothing and nobody, and is told its flight; those who join the look
  /// never do.
  func look(
    _ keys: CacheKeys, leadingFor patience: Int64?, _ completion: @escaping (CacheLookup?, Flight?) -> Void
  ) {
    if looks[keys] != nil {
      looks[keys]?.append(completion)
      return
    }
    guard cache.isAvailable else { return completion(nil, nil) }
    looks[keys] = [completion]
    let claim = patience.map { _ in CacheClaim(owner: makeID(), lifetime: cache.lockLifetime, seen: 0) }
    cache.get(keys, claiming: claim) { [self] lookup in
      var flight: Flight?
      if let claim, let patience { flight = take(lookup, keys, claim, patience) }
      for completion in looks.removeValue(forKey: keys) ?? [] {
        completion(lookup, flight)
        flight = nil
      }
    }
    cache.flush()
  }

  /// What became of a look that was to take the lock.
  private func take(
    _ lookup: CacheLookup?, _ keys: CacheKeys, _ claim: CacheClaim, _ patience: Int64
  ) -> Flight? {
    if let lookup, !lookup.isClaimed { return nil }
    if lookup != nil, let other = flights[keys], case .claiming = other.phase {
      other.owner = claim.owner  // it began meanwhile, and will hear that this one has the lock
      return nil
    }
    // Nobody knows, or another goes on: nobody is to wait for a lock that nobody leads.
    guard lookup != nil, flights[keys] == nil else {
      cache.release(keys, owner: claim.owner)
      cache.flush()
      return nil
    }
    let flight = Flight(keys, owner: claim.owner, seen: 0, patience: patience)
    flights[keys] = flight
    lead(flight)
    flight.isLocked = true
    return flight
  }

  /// Asks to lead. `got`: the caller does. `held` and `changed`: somebody else does or did, and the caller may wait for it in the
  /// flight. Nil: the cache can't be asked, and the caller leads for this worker alone.
  func begin(
    _ keys: CacheKeys, seen: Int64, patience: Int64, _ completion: @escaping (CacheClaim.Reply?) -> Void
  ) -> Flight {
    let flight = Flight(keys, owner: makeID(), seen: seen, patience: patience)
    flights[keys] = flight
    claim(flight, completion)
    return flight
  }

  /// Waits for somebody elsewhere.
  func follow(_ keys: CacheKeys, _ holder: CacheLookup.Holder, seen: Int64, patience: Int64) -> Flight {
    let flight = Flight(keys, owner: "", seen: seen, patience: patience)
    flights[keys] = flight
    follow(holder.left, flight)
    return flight
  }

  private func claim(_ flight: Flight, _ completion: @escaping (CacheClaim.Reply?) -> Void) {
    flight.phase = .claiming
    flight.isLocked = false
    let claim = CacheClaim(owner: flight.owner, lifetime: cache.lockLifetime, seen: flight.seen)
    cache.lock(flight.keys, claim) { [self] reply in
      var reply = reply
      if case .held(let holder) = reply, holder.owner == flight.owner { reply = .got }
      switch reply {
      case .got:
        lead(flight)
        flight.isLocked = true
      case .held(let holder): follow(holder.left, flight)
      case .changed:
        follow(0, flight)
        look(flight)
      case nil:
        // It may have the lock all the same: nobody is to wait for that.
        cache.release(flight.keys, owner: flight.owner)
        cache.flushSoon()
        lead(flight)
      }
      completion(reply)
    }
    cache.flush()
  }

  private func lead(_ flight: Flight) {
    flight.phase = .leading(renewed: clock())
    flight.leadingSince = clock()
    flight.leaders = 1
  }

  private func follow(_ left: Int64, _ flight: Flight) {
    flight.phase = .following(until: clock() + left)
    guard flight.followingSince == nil else { return }
    flight.followingSince = clock()
    cache.watch(flight.keys) { [weak self, weak flight] in if let self, let flight { look(flight) } }
  }

  // MARK: Following

  /// One more waits for a flight, or reads its stream where that is open.
  func join(_ waiter: FlightWaiter, _ flight: Flight) {
    if flight.hasEnded || flight.live?.isOpen == false { return waiter.end(.alone) }
    if let live = flight.live { waiter.sit(at: live) } else { flight.waiters.append(waiter) }
  }

  /// The leader's stream has begun, the first one of this flight: who waits reads it as it comes.
  func share(_ stream: LiveStream, _ flight: Flight) {
    precondition(flight.isToBeShared, "a flight is shared that has ended, or that was shared before")
    flight.live = stream
    let waiters = flight.waiters
    flight.waiters = []
    for waiter in waiters { waiter.sit(at: stream) }
  }

  // MARK: The end

  /// The leader has it: who waits gets it, and it is stored where the lock is the leader's. Where another leader was first, nothing
  /// is done, and `completion` not called.
  func land(
    _ flight: Flight, _ answer: CachedAnswer, kept: Int64, _ completion: @escaping (CacheFill.Reply?) -> Void
  ) {
    guard !flight.hasEnded else { return }
    if flight.isLocked {
      let fill = CacheFill(owner: flight.owner, meta: answer.meta, body: answer.body, kept: kept)
      cache.fill(flight.keys, fill, completion)
      cache.flushSoon()
    } else {
      completion(nil)
    }
    end(flight, .answer(answer, now: answer.created))
  }

  /// A leader has nothing that others could have. Unless another is at it, one of those who wait tries; nobody does where
  /// `isHopeless`: it would come to the same.
  func fail(_ flight: Flight, isHopeless: Bool) {
    guard !flight.hasEnded else { return }
    flight.leaders -= 1
    flight.failures += 1
    if let live = flight.live, live.ending != nil || !live.isOpen { flight.live = nil }
    guard flight.leaders == 0 else { return }
    if flight.isLocked { cache.release(flight.keys, owner: flight.owner) }
    if isHopeless { scatter(flight) } else { takeOver(flight) }
    cache.flush()
  }

  private func takeOver(_ flight: Flight) {
    flight.waiters.removeAll(where: \.hasEnded)
    guard !flight.waiters.isEmpty, flight.failures < Flight.mostFailures else { return scatter(flight) }
    flight.owner = makeID()
    claim(flight) { [self] reply in
      guard reply == nil || reply == .got else { return }
      flight.waiters.removeAll(where: \.hasEnded)
      guard let next = flight.waiters.first else { return fail(flight, isHopeless: true) }
      flight.waiters.removeFirst()
      next.end(.lead)
    }
  }

  /// What is fetched is too large to be stored: it is for those alone who read it already.
  private func dissolve(_ flight: Flight) {
    if flight.isLocked { cache.release(flight.keys, owner: flight.owner) }
    scatter(flight)
  }

  /// Everybody fetches an answer of their own.
  private func scatter(_ flight: Flight) { end(flight, .alone) }

  private func end(_ flight: Flight, _ outcome: FlightWaiter.Outcome) {
    flight.hasEnded = true
    flight.live = nil
    if flights[flight.keys] === flight { flights[flight.keys] = nil }
    if flight.followingSince != nil { cache.unwatch(flight.keys) }
    let waiters = flight.waiters
    flight.waiters = []
    for waiter in waiters { waiter.end(outcome) }
  }

  // MARK: Somebody elsewhere

  /// Whether the answer has come, or nobody fetches it any more.
  private func look(_ flight: Flight) {
    guard flights[flight.keys] === flight, case .following = flight.phase else { return }
    guard !flight.isLooking else {
      flight.isLookDue = true
      return
    }
    (flight.isLooking, flight.isLookDue) = (true, false)
    cache.get(flight.keys, claiming: nil) { [self] lookup in
      flight.isLooking = false
      guard flights[flight.keys] === flight, case .following = flight.phase else { return }
      take(lookup, flight)
    }
    cache.flush()
  }

  private func take(_ lookup: CacheLookup?, _ flight: Flight) {
    guard let lookup else { return scatter(flight) }
    if let answer = lookup.answer, lookup.seen != flight.seen {
      return end(flight, .answer(answer, now: lookup.now))
    }
    if let holder = lookup.holder {
      flight.phase = .following(until: clock() + holder.left)
      if flight.isLookDue { look(flight) }
      return
    }
    flight.seen = lookup.seen
    flight.failures += 1
    takeOver(flight)
  }

  /// Whoever fetches it elsewhere takes too long: one here fetches it too, for all who wait here. (A lock is no gate.) Nothing of it
  /// is stored while the other's lock holds.
  private func leadUnlocked(_ flight: Flight) {
    flight.owner = makeID()
    lead(flight)
    flight.waiters.removeFirst().end(.lead)
  }

  /// The leader here takes too long: one of those who wait fetches it too. Whoever has it first has it for all.
  private func leadToo(_ flight: Flight, _ now: Int64) {
    guard !flight.waiters.isEmpty, flight.leaders < Flight.mostLeaders else { return }
    flight.leaders += 1
    flight.leadingSince = now
    flight.waiters.removeFirst().end(.lead)
  }

  // MARK: From time to time

  /// Ten times a second.
  func tick() {
    guard !flights.isEmpty else { return }
    let now = clock()
    // In an order of its own, so that a simulated run is the same again.
    for flight in flights.values.sorted(by: { $0.keys.answer < $1.keys.answer }) { tick(flight, now) }
    cache.flush()
  }

  private func tick(_ flight: Flight, _ now: Int64) {
    for waiter in flight.waiters where now > waiter.until { waiter.end(.alone) }
    flight.waiters.removeAll(where: \.hasEnded)
    switch flight.phase {
    case .claiming: break
    case .leading(let renewed):
      if flight.live?.recording.isTooLarge == true { return dissolve(flight) }
      if now - flight.leadingSince > flight.patience { leadToo(flight, now) }
      guard flight.isLocked, now - renewed >= Flight.renewal else { return }
      flight.phase = .leading(renewed: now)
      cache.renew(flight.keys, owner: flight.owner, lifetime: cache.lockLifetime)
    case .following(let until):
      if flight.waiters.isEmpty {
        scatter(flight)
      } else if now - (flight.followingSince ?? now) > flight.patience {
        leadUnlocked(flight)
      } else if now >= until {
        look(flight)
      }
    }
  }
}
