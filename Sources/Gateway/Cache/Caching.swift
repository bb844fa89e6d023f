import Coordination
import Dialects
import Policy
import Settings
import Telemetry

/// The cache: asked before an attempt, and a flight led or followed where it has nothing.
extension Worker {
  /// What the pipeline does next.
  enum CacheTurn {
    /// The client has its answer.
    case answered
    case goOn
    /// What the attempt had taken was given back: it is to be admitted anew.
    case again
  }

  // MARK: Looking

  /// Finds out where an answer may be.
  func openCache(
    _ body: PaddedBytes, _ facts: RequestFacts, _ principal: Principal, _ model: Int, _ exchange: Exchange
  ) throws(ExchangeError) {
    guard let rules = exchange.snapshot.cache else { return }
    (exchange.cacheStatus, exchange.cacheResult) = (.forward(.bypass), .bypass)
    let directives = exchange.head.cacheDirectives
    // Who may see an answer of a class may not be who may see the next; and an ensemble's may be any model's.
    guard exchange.dataClasses.isEmpty, exchange.ensemble == nil,
      let visit = visit(rules, body, facts, principal, model, directives, exchange)
    else {
      if directives.onlyIfCached { throw .notCached }
      return
    }
    exchange.cache = visit
    (exchange.cacheStatus, exchange.cacheResult) = (.forward(.miss), .miss)
  }

  /// Begins to look while the shared state is asked whether the exchange is admitted: both go out together. `mayLead`: it will most
  /// likely be; where it is not, those who wait for it here go on by themselves, once it is told.
  func lookAhead(_ exchange: Exchange, mayLead: Bool) {
    guard let visit = exchange.cache, visit.phase == .begun else { return }
    let leads = mayLead && !visit.directives.onlyIfCached
    lookUp(visit, leadingFor: leads ? patience(exchange) : nil)
  }

  /// Nil where nothing of this request may be kept.
  private func visit(
    _ rules: CacheRules, _ body: PaddedBytes, _ facts: RequestFacts, _ principal: Principal, _ model: Int,
    _ directives: CacheDirectives, _ exchange: Exchange
  ) -> CacheVisit? {
    let place = rules.place(
      body, facts, principal, model: exchange.arm?.position ?? model,
      named: exchange.snapshot.models[model].name,
      within: exchange.snapshot.cacheWords(exchange.permitted, rule: exchange.rule), directives,
      beta: exchange.head.beta(facts.surface.dialect), peek, canonical)
    guard case .at(let keys, let found) = place else { return nil }
    return CacheVisit(keys, found, directives)
  }

  private func lookUp(_ visit: CacheVisit, leadingFor patience: Int64?) {
    visit.looks += 1
    // Somebody here fetches what nobody has: there is nothing to see. (Where one is only fetched anew, the former one serves.)
    if let flight = desk.flights[visit.keys], flight.seen == 0, visit.mayFollow,
      !visit.directives.onlyIfCached
    {
      visit.phase = .missed
      return
    }
    visit.phase = .looking
    let waiting = Waiting<CacheLookup?>()
    visit.lookup = waiting
    desk.look(visit.keys, leadingFor: patience) { [executor, desk] lookup, flight in
      if let flight, visit.isOver { return desk.fail(flight, isHopeless: false) }
      visit.flight = flight
      if waiting.isAwaited { executor.handle { waiting.fill(lookup) } } else { waiting.fill(lookup) }
    }
  }

  private func found(_ visit: CacheVisit, _ exchange: Exchange) async -> CacheLookup? {
    if let lookup = visit.lookup.value { return lookup }
    let since = SystemClock.monotonicNanoseconds()
    defer { exchange.answer.state += SystemClock.monotonicNanoseconds() - since }
    return await withUnsafeContinuation { visit.lookup.wait($0) }
  }

  /// Answers the exchange, has it wait for whoever fetches the answer, or lets it go on. `mayFetch`: its attempt is admitted.
  func consult(_ exchange: Exchange, mayFetch: Bool) async throws(ExchangeError) -> CacheTurn {
    guard let visit = exchange.cache else { return .goOn }
    while true {
      switch visit.phase {
      case .decided: return .goOn
      case .begun:
        let mayLead = mayFetch && !visit.directives.onlyIfCached
        lookUp(visit, leadingFor: mayLead ? patience(exchange) : nil)
      case .looking:
        let lookup = await found(visit, exchange)
        if visit.flight != nil { return decide(visit) }
        if let turn = await judge(lookup, visit, exchange, mayFetch: mayFetch) { return turn }
      case .missed:
        if visit.directives.onlyIfCached { throw .notCached }
        if let turn = try await joinOrLead(visit, exchange, mayFetch: mayFetch) { return turn }
      }
    }
  }

  /// Nil where nothing can be served.
  private func judge(
    _ lookup: CacheLookup?, _ visit: CacheVisit, _ exchange: Exchange, mayFetch: Bool
  ) async -> CacheTurn? {
    visit.phase = .missed
    guard let lookup, let rules = exchange.snapshot.cache else {
      exchange.cacheStatus = .forward(.miss, detail: .unavailable)
      return nil
    }
    (visit.seen, visit.holder) = (lookup.seen, lookup.holder)
    guard let answer = lookup.answer else { return nil }
    let age = CacheAge(answer, now: lookup.now)
    switch Freshness(of: answer, now: lookup.now, visit.directives, rules.policy, &random) {
    case .unusable(.request): exchange.cacheStatus = .forward(.request)
    case .unusable(.stale): exchange.cacheStatus = .forward(.stale)
    case .onError:
      exchange.cacheStatus = .forward(.stale)
      visit.stale = (answer, lookup.now, replica.clock.monotonic)
    case .serve(let isDue):
      let status = CacheStatus.hit(left: age.left, detail: age.isFresh ? nil : .stale)
      guard replay(answer, age, status, age.isFresh ? .hit : .stale, exchange) else { return nil }
      visit.phase = .decided
      let mayRefresh = isDue && mayFetch && lookup.holder == nil && !visit.directives.onlyIfCached
      return mayRefresh ? await refresh(visit, exchange) : .answered
    }
    return nil
  }

  /// The client has its answer; the exchange goes on without it and fetches a new one, if nobody does.
  private func refresh(_ visit: CacheVisit, _ exchange: Exchange) async -> CacheTurn {
    guard desk.flights[visit.keys] == nil else { return .answered }
    attend(exchange)  // no connection looks after it any more
    let (flight, reply) = await claim(visit, exchange)
    guard reply == .got else {
      // Nothing could be stored: a call for it would be for nobody.
      if reply == nil { desk.fail(flight, isHopeless: true) }
      return .answered
    }
    visit.flight = flight
    return .goOn
  }

  // MARK: Flights

  private func joinOrLead(
    _ visit: CacheVisit, _ exchange: Exchange, mayFetch: Bool
  ) async throws(ExchangeError) -> CacheTurn? {
    if let flight = desk.flights[visit.keys] {
      guard visit.mayFollow, flight.isOpen, flight.live == nil || visit.mayJoin else { return decide(visit) }
      return try await follow(flight, visit, exchange)
    }
    if let holder = visit.holder, visit.mayFollow {
      visit.holder = nil
      let patience = patience(exchange)
      return try await follow(
        desk.follow(visit.keys, holder, seen: visit.seen, patience: patience), visit, exchange)
    }
    guard mayFetch else { return .goOn }  // the next attempt may
    let (flight, reply) = await claim(visit, exchange)
    switch reply {
    case .got:
      visit.flight = flight
      return decide(visit)
    case nil:
      exchange.cacheStatus = .forward(.miss, detail: .unavailable)
      visit.flight = flight
      return decide(visit)
    case .held, .changed:
      guard visit.mayFollow else { return decide(visit) }
      if desk.flights[visit.keys] === flight { return try await follow(flight, visit, exchange) }
      guard visit.looks < CacheVisit.mostLooks else { return decide(visit) }
      lookUp(visit, leadingFor: nil)
      return nil
    }
  }

  private func decide(_ visit: CacheVisit) -> CacheTurn {
    visit.phase = .decided
    return .goOn
  }

  private func claim(_ visit: CacheVisit, _ exchange: Exchange) async -> (Flight, CacheClaim.Reply?) {
    let waiting = Waiting<CacheClaim.Reply?>()
    let flight = desk.begin(visit.keys, seen: visit.seen, patience: patience(exchange)) { [executor] reply in
      if waiting.isAwaited { executor.handle { waiting.fill(reply) } } else { waiting.fill(reply) }
    }
    if let reply = waiting.value { return (flight, reply) }
    let since = SystemClock.monotonicNanoseconds()
    defer { exchange.answer.state += SystemClock.monotonicNanoseconds() - since }
    return (flight, await withUnsafeContinuation { waiting.wait($0) })
  }
}

extension RequestHead {
  /// What its `Cache-Control` fields ask for.
  var cacheDirectives: CacheDirectives {
    var directives = CacheDirectives()
    guard count(.cacheControl) > 0 else { return directives }
    forEachField { known, _, value in if known == .cacheControl { directives.read(value) } }
    return directives
  }
}
