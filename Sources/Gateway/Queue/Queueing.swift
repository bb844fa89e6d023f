import Coordination
import Dialects
import NIOCore
import Policy
import Settings
import Telemetry

/// Waiting where all endpoints that could be used are full.
extension Worker {
  enum RoomTurn {
    /// There may be room now: it is to be chosen anew.
    case room
    /// The client has its answer.
    case answered
    /// `turnedAway` says why.
    case refused
  }

  /// Waits in the queue of the model that was asked for. Whoever waits holds no place and, before its first attempt, nothing of limits.
  func waitForRoom(
    _ facts: RequestFacts, _ model: Int, _ principal: Principal, _ exchange: Exchange
  ) async throws(ExchangeError) -> RoomTurn {
    exchange.slot = nil
    if let waiter = exchange.waiter {  // It has looked in vain where else it can go.
      queue.stay(waiter, for: exchange.full)
      return try await outcome(of: waiter, since: SystemClock.monotonicNanoseconds(), exchange)
    }
    if exchange.waitsSince == nil, exchange.attempts == 0,
      try await needsNoRoom(facts, model, principal, exchange)
    {
      return .answered
    }
    let now = SystemClock.monotonicNanoseconds()
    if let obstacle = exchange.obstacle(now: now) { throw obstacle }
    let position = exchange.arm?.position ?? model
    let usual = exchange.snapshot.usual(facts, position, principal, at: now / 1_000_000) { endpoint in
      exchange.full.contains { $0 === endpoint }
    }
    if let short = ShortTime(left: exchange.timeLeft(now: now), usual: usual) {
      // There is no use in a place when no time is left.
      exchange.shortTime = short.orQuicker(than: exchange.shortTime)
      exchange.turnedAway = exchange.tooLate
      return .refused
    }
    let waiter = waiter(facts, model, principal, exchange, usual: usual, now: now)
    // A refresh, whose client has its answer, is not worth waiting for.
    let most = exchange.answer.isFromCache ? 0 : exchange.snapshot.settings.queue.max
    guard most > 0 || exchange.turn == .waits else { return refuse(waiter, .full(0), exchange) }
    guard waiter.entry.until > now / 1_000_000 else { return refuse(waiter, nil, exchange) }
    let isForTurn = exchange.turn == .waits
    if let refusal = queue.join(waiter, for: exchange.full, isForTurn: isForTurn, now: now / 1_000_000) {
      return refuse(waiter, refusal, exchange)
    }
    exchange.waiter = waiter
    return try await outcome(of: waiter, since: now, exchange)
  }

  private func outcome(of waiter: Waiter, since: Int64, _ exchange: Exchange) async throws(ExchangeError)
    -> RoomTurn
  {
    exchange.waitsSince = exchange.waitsSince ?? since / 1_000_000
    exchange.queueClass = priority(exchange)
    let outcome = await waiter.wait()
    let now = SystemClock.monotonicNanoseconds()
    exchange.answer.queued += now - since
    if let obstacle = exchange.obstacle(now: now) {
      leaveQueue(exchange)
      queueSeries.count(.left, waiter.line, priority(exchange), in: shard)
      throw obstacle
    }
    if case .look = outcome {} else { leaveQueue(exchange) }
    switch outcome {
    case .slot(let slot):
      exchange.slot = slot
      if exchange.turn == .waits { exchange.turn = .over }
    case .look, .left: break
    case .displaced: return refuse(waiter, .full(exchange.snapshot.settings.queue.max), exchange)
    case .late where exchange.turn == .waits:
      // Now elsewhere, or in the queue as all.
      exchange.turn = .over
    case .late: return refuse(waiter, nil, exchange)
    }
    exchange.full.removeAll()
    return .room
  }

  /// It can go on, or has come to its end: it waits no longer.
  func leaveQueue(_ exchange: Exchange) {
    guard let waiter = exchange.waiter else { return }
    waiter.leave(.left)
    exchange.waiter = nil
    queueSeries.count(exchange.answer.queued, waiter.line, priority(exchange), in: shard)
  }

  /// What is kept, or fetched by another, needs no place; and who has spent its limits need not wait for one. What that has taken of
  /// limits goes back at once: it is taken anew when the exchange has its place.
  private func needsNoRoom(
    _ facts: RequestFacts, _ model: Int, _ principal: Principal, _ exchange: Exchange
  ) async throws(ExchangeError) -> Bool {
    _ = try await admit(nil, facts, model, principal, exchange)
    if case .answered = try await consult(exchange, mayFetch: false) { return true }
    for grant in [exchange.grant, exchange.attemptGrant] {
      if let grant { limiter.settle(grant, .nothing) }
    }
    (exchange.grant, exchange.attemptGrant, exchange.isAdmitted) = (nil, nil, false)
    return false
  }

  /// `usual`: milliseconds that it will probably take once it has a place. `now`: monotonic nanoseconds.
  private func waiter(
    _ facts: RequestFacts, _ model: Int, _ principal: Principal, _ exchange: Exchange, usual: Double?,
    now: Int64
  ) -> Waiter {
    let (snapshot, name) = (exchange.snapshot, exchange.snapshot.models[model].name)
    let estimator = estimators[name] ?? TokenEstimator()
    let now = now / 1_000_000
    let patience =
      snapshot.settings.queue.maxWait.nanoseconds / 1_000_000 - exchange.answer.queued / 1_000_000
    let left = exchange.timeLeft(now: now * 1_000_000) - max(ShortTime.least, Int64(usual ?? 0))
    let entry = WaitQueue.Entry(
      id: queue.makeID(), tenant: principal.tenant, priority(exchange),
      tokens: estimator.input(facts) + estimator.output(facts), arrived: exchange.waitsSince ?? now,
      until: now + min(exchange.turn == .waits ? TurnWait.most : patience, left))
    return Waiter(entry, in: name, at: queue, now: now, on: loop, executor)
  }

  func priority(_ exchange: Exchange) -> Priority {
    exchange.head.priority(below: exchange.highestPriority)
  }

  /// Nil: it has waited for as long as it may.
  private func refuse(_ waiter: Waiter, _ refusal: QueueDesk.Refusal?, _ exchange: Exchange) -> RoomTurn {
    let line = QueueRefusal(
      model: waiter.line, priority: priority(exchange), refusal, waited: exchange.answer.queued / 1_000_000,
      waiting: queue.waiting(waiter.line, waiter.entry.priority),
      interval: queue.interval(waiter.line, now: SystemClock.monotonicNanoseconds() / 1_000_000),
      isDivided: exchange.full.contains(where: \.occupancy.hasRoomElsewhere))
    exchange.turnedAway = line.error
    exchange.queueClass = line.priority
    // Of a refresh that finds no place nobody hears.
    if !exchange.answer.isFromCache {
      queueSeries.count(line.reason, line.model, line.priority, in: shard)
    }
    return .refused
  }
}

/// Why a request has not found a place, as its client is told.
struct QueueRefusal {
  let model: String
  let priority: Priority
  /// Nil: it has waited for as long as it may.
  let refusal: QueueDesk.Refusal?
  /// Milliseconds.
  let waited: Int64
  /// Others of its class that wait.
  let waiting: Int
  /// Milliseconds from one that is served to the next, where that is known.
  let interval: Int64?
  /// Somewhere there is room which is other replicas' at this moment.
  let isDivided: Bool

  init(
    model: String, priority: Priority, _ refusal: QueueDesk.Refusal?, waited: Int64, waiting: Int,
    interval: Int64?, isDivided: Bool = false
  ) {
    (self.model, self.priority, self.refusal, self.waited) = (model, priority, refusal, waited)
    (self.waiting, self.interval, self.isDivided) = (waiting, interval, isDivided)
  }

  var reason: QueueSeries.Reason {
    switch refusal {
    case .full: .full
    case .slow: .slow
    case nil: .waited
    }
  }

  var error: ExchangeError {
    let wait = wait
    var error = ExchangeError(
      status: 503, type: "server_error", code: code,
      message: "All endpoints of '\(model)' have as many requests as they take\(share)\(because)."
        + " Try again in \(LimitHeaders.duration(wait)).", fault: .provider)
    error.retryAfterMilliseconds = wait
    return error
  }

  private var share: String { isDivided ? ", or as this replica may have there now" : "" }

  private var code: String {
    switch refusal {
    case .full(0): "endpoints_full"
    case .full: "queue_full"
    case .slow: "queue_too_long"
    case nil: "queue_timeout"
    }
  }

  private var because: String {
    switch refusal {
    case .full(0): ""
    case .full(let count):
      ", and \(count) requests wait already, the most that may (queue.max; class \(priority))"
    case .slow(let ahead, let wait):
      ", and about \(ahead) that wait are served before this one of class \(priority), which takes some"
        + " \(LimitHeaders.duration(wait)): longer than it may wait"
    case nil:
      ", and this one of class \(priority) has waited \(LimitHeaders.duration(waited)), for as long as it may;"
        + " \(waiting) more of its class wait"
    }
  }

  /// Milliseconds after which those who wait now have been served, within bounds.
  private var wait: Int64 {
    if case .slow(_, let wait) = refusal { return min(max(1_000, wait), 60_000) }
    return min(max(1_000, Int64(waiting) * (interval ?? 0)), 60_000)
  }
}

extension Snapshot {
  /// Milliseconds that about half of the answers take at the quickest of the endpoints that one `waitsFor`; nil where one isn't known.
  func usual(
    _ facts: RequestFacts, _ model: Int, _ principal: Principal, at now: Int64, waitsFor: (Endpoint) -> Bool
  ) -> Double? {
    var quickest = Double.infinity
    for stage in table.stages(for: model, allows: principal.allows) {
      for member in pools[stage.model].members where waitsFor(member.endpoint) {
        guard let usual = member.pace.usual(isStream: facts.stream, at: now) else { return nil }
        quickest = min(quickest, usual)
      }
    }
    return quickest.isFinite ? quickest : nil
  }
}

extension RequestHead {
  /// The class in which it waits: its key's, or a lower one that it asks for.
  func priority(below highest: Priority) -> Priority { max(highest, askedPriority ?? .realtime) }

  /// Nil where it asks for none, or where there is none of that name.
  private var askedPriority: Priority? { string(.xPriority).flatMap(Priority.init) }

  /// Whether it asks for no class, or for one that there is.
  var hasValidPriority: Bool { count(.xPriority) == 0 || askedPriority != nil }
}

extension ExchangeError {
  static let priority = invalid(
    "The header x-priority is none of realtime, standard and batch. Send one of them, or leave it out.",
    code: "invalid_priority")
}
