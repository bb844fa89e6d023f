import Coordination
import Dialects
import Logging
import NIOCore
import Policy
import Settings
import Telemetry
import Upstream

/// The path of every exchange, top to bottom:
///
///     authenticate → read & peek → route → (admit, cache, enter → attempt) ⟲ → relay → settle
///
/// Each phase may end it with an `ExchangeError`; whatever happens, it is settled once. The functions `await` once per phase at
/// most; bytes are passed on by callbacks.
extension Worker {
  func serve(_ exchange: Exchange) async {
    do throws(ExchangeError) {
      guard let surface = try await surface(of: exchange) else { return settle(exchange) }
      let principal = try await authenticate(exchange)
      let body = try await exchange.body()
      let request = try read(body, surface, exchange)
      let model = try route(request.facts, principal, exchange)
      try openCache(body, request.facts, principal, model, exchange)
      if let attempt = try await attempt(request, body, to: model, principal, exchange) {
        await relay(attempt, exchange)
      }
    } catch {
      if !exchange.answer.isFromCache, !replayStale(error, exchange) { refuse(error, exchange) }
    }
    settle(exchange)
  }

  /// What is called; nil where the answer needs no provider and was given.
  private func surface(of exchange: Exchange) async throws(ExchangeError) -> Surface? {
    switch Route(exchange.head) {
    case .surface(let surface):
      exchange.surface = surface
      try shed(exchange)
      try exchange.head.mayAsk()
      if exchange.snapshot.isBounded, !exchange.head.hasValidPriority { throw .priority }
      return surface
    case .models(let id):
      let principal = try await authenticate(exchange)
      try answerModels(id, principal, exchange)
      return nil
    case .wrongMethod(let allow): throw .wrongMethod(allow: allow)
    case .unknown: throw .unknownPath(exchange.head.pathString)
    }
  }

  private func read(
    _ body: PaddedBytes, _ surface: Surface, _ exchange: Exchange
  ) throws(ExchangeError) -> PeekedRequest {
    do {
      let request = try peek.request(body, surface: surface)
      exchange.facts = request.facts
      return request
    } catch {
      throw ExchangeError(error)
    }
  }

  private func route(
    _ facts: RequestFacts, _ principal: Principal, _ exchange: Exchange
  ) throws(ExchangeError) -> Int {
    let model = try exchange.snapshot.table.model(facts, principal)
    exchange.model = model
    return model
  }

  /// Attempts, one after another, until one has an answer to send. An answer that reports a failure is sent too if it is the last.
  /// Nil where the cache had one, which was sent.
  private func attempt(
    _ request: PeekedRequest, _ body: PaddedBytes, to model: Int, _ principal: Principal, _ exchange: Exchange
  ) async throws(ExchangeError) -> Attempt? {
    let snapshot = exchange.snapshot
    let choose: AttemptPlan.Choose = { self.choose(ofModel: $0, $1, for: exchange, random: &$2) }
    var plan = AttemptPlan(
      stages: snapshot.table.stages(for: model, allows: principal.allows),
      limit: exchange.head.wantsOneAttempt ? 1 : snapshot.table.models[model].attempts)
    snapshot.models[model].ledger.countRequest(now: SystemClock.monotonicNanoseconds())
    var next = plan.first(random: &random, choose: choose)
    var last: (attempt: Attempt, verdict: Classification)?
    var full: Refusal?
    while true {
      if case .stop(.candidatesSpent) = next, !exchange.full.isEmpty {
        switch try await waitForRoom(request.facts, model, principal, exchange) {
        case .answered: return nil
        case .refused: break
        case .room:
          next = plan.again(
            tookStep: false, random: &random, choose: choose, mayRetry: { mayRetry(model, exchange) })
          continue
        }
      }
      guard case .attempt(let step) = next else { break }
      try mayGoOn(exchange)
      guard hasTime(for: step, exchange) else {
        next = plan.skip(deployment: false, random: &random, choose: choose)
        continue
      }
      if step.backoff > 0 { await pause(step.backoff, exchange) }
      try mayGoOn(exchange)
      guard takeSlot(step, exchange) else {
        next = plan.again(
          tookStep: true, random: &random, choose: choose, mayRetry: { mayRetry(model, exchange) })
        continue
      }
      let refusal = try await admit(step, request.facts, model, principal, exchange)
      if exchange.cache != nil {
        switch try await consult(exchange, mayFetch: refusal == nil) {
        case .answered: return nil
        case .again: continue
        case .goOn: break
        }
      }
      if let refusal {
        full = refusal.sooner(than: full)
        next = plan.skip(
          deployment: !snapshot.isOfCredential(refusal.limit, at: step.endpoint), random: &random,
          choose: choose)
        continue
      }
      try mayGoOn(exchange)
      // It may have waited for its limits, or for another's answer.
      guard hasTime(for: step, exchange), var call = await enter(step, exchange) else {
        giveBack(after: .breakerOpen, exchange)
        next = plan.skip(deployment: false, random: &random, choose: choose)
        continue
      }
      if let obstacle = exchange.obstacle(now: SystemClock.monotonicNanoseconds()) {
        call.abandon()
        throw obstacle
      }
      if let last {
        count(fallbackFrom: last.attempt.step.candidate.stage, to: step, because: last.verdict, snapshot)
      } else if let first = plan.stages.first, full == nil {
        count(fallbackFrom: first, to: step, because: whyElsewhere(exchange), snapshot)
      }
      var attempt = try start(step, call, request, body, exchange)
      let startedAt = attempt.startedAt
      let verdict =
        if let hedges = snapshot.models[model].hedges {
          await hedged(&attempt, &plan, by: hedges, choose, exchange) { step, call throws(ExchangeError) in
            try self.start(step, call, request, body, exchange)
          }
        } else { await attempt.judged() }
      let judgedAt = SystemClock.monotonicNanoseconds()
      if !exchange.answer.isFromCache { exchange.answer.upstream += judgedAt - startedAt }
      if verdict.kind == .success {
        learnPace(attempt, snapshot, now: judgedAt)
        return attempt
      }
      note(attempt, verdict, exchange)
      giveBack(after: verdict, exchange)
      last = (attempt, verdict)
      next = plan.next(
        after: verdict, random: &random, choose: choose,
        mayRetry: { mayRetry(model, exchange) })
    }
    if last == nil, exchange.cache?.phase == .begun {
      // Nothing can be called: what is kept, or what another replica is sent, will do all the same.
      _ = try await admit(nil, request.facts, model, principal, exchange)
      if case .answered = try await consult(exchange, mayFetch: false) { return nil }
    }
    if last == nil, let error = exchange.turnedAway { throw error }
    if last == nil, let full { throw .capacitySpent(full) }
    if case .stop(.candidatesSpent) = next, let error = exchange.tooLate { throw error }
    guard let last, case .stop(let stop) = next else {
      throw Unavailable(plan.stages, for: caller(exchange), in: snapshot).error
    }
    exchange.answer.verdict = last.verdict
    let isOutdone = last.attempt.head.status >= 500 && exchange.cache?.stale != nil
    guard last.attempt.isPresentable, !isOutdone else { throw error(last.verdict, stop, last.attempt.head) }
    last.attempt.stop = stop
    return last.attempt
  }

  /// Why the first attempt is none at the model that was asked for.
  private func whyElsewhere(_ exchange: Exchange) -> Classification {
    if exchange.metFull { return .full }
    return exchange.shortTime == nil ? .breakerOpen : .deadline(isClients: false)
  }

  private func error(_ verdict: Classification, _ stop: AttemptPlan.Stop, _ head: UpstreamHead)
    -> ExchangeError
  {
    switch verdict.reason {
    case .clientGone: return .clientGone
    case .refusedByProvider, .tooLarge: return .refused(status: head.status)
    default:
      var error = ExchangeError(verdict, stop: stop)
      error.retryAfterSeconds = head.retryAfterSeconds
      return error
    }
  }

  private func start(
    _ step: AttemptPlan.Step, _ call: BreakerCall, _ request: PeekedRequest, _ body: PaddedBytes,
    _ exchange: Exchange
  ) throws(ExchangeError) -> Attempt {
    let snapshot = exchange.snapshot
    let deployment = snapshot.deployments[step.candidate.deployment]
    let injects = request.facts.stream && !request.facts.includesUsage && deployment.injectsUsage
    let spliced = peek.spliced(request, body: body, model: deployment.model, includeUsage: injects)
    let now = SystemClock.monotonicNanoseconds()
    let attempt = Attempt(
      step, at: snapshot.endpoints[step.endpoint], facts: request.facts, hidesUsage: injects,
      limits: limits(request.facts, exchange, now), recording: recording(exchange), call: call,
      slot: exchange.handOverSlot(), peek: peek, executor: executor, now: now)
    exchange.attempts += 1
    exchange.attempt = attempt
    exchange.answer.candidate = step.candidate
    exchange.answer.endpoint = step.endpoint
    // Counted behind the request's way out, where nobody waits for it.
    defer { shard.increment(series.attempt(step.candidate.deployment, step.reason, in: snapshot)) }
    do {
      let pool = try pool(snapshot.endpoints[step.endpoint], request.facts.surface)
      attempt.start(transferRequest(spliced, exchange), on: pool)
    } catch {
      logger.error(
        "an endpoint can't be called", metadata: ["reason": "\(error)", "request_id": "\(exchange.id)"])
      attempt.abort(.local)
      throw .local("\(error)")
    }
    return attempt
  }

  /// Of an attempt whose answer may be stored.
  private func recording(_ exchange: Exchange) -> AnswerRecording? {
    guard exchange.cache?.flight != nil, let rules = exchange.snapshot.cache else { return nil }
    return AnswerRecording(limit: rules.largestAnswer)
  }

  private func limits(_ facts: RequestFacts, _ exchange: Exchange, _ now: Int64) -> Attempt.Limits {
    let limits = exchange.snapshot.limits
    let firstByte = facts.stream ? limits.firstByte.stream : limits.firstByte.plain
    return Attempt.Limits(firstByteBy: now + firstByte, stall: limits.idle)
  }

  /// The body, and the few client headers that a provider is meant to see.
  private func transferRequest(_ body: PaddedBytes, _ exchange: Exchange) -> TransferRequest {
    var headers: [String] = []
    for field in RequestHead.forwarded {
      if let value = exchange.head.string(field.known) { headers.append("\(field.name): \(value)") }
    }
    exchange.head.addAttemptMarks(exchange.attempts, to: &headers)
    headers.append("x-request-timeout-ms: \(exchange.timeLeft(now: SystemClock.monotonicNanoseconds()))")
    return body.withUnsafeBytes { TransferRequest(body: $0, bodyOwner: body, headers: headers) }
  }

  private func pause(_ nanoseconds: Int64, _ exchange: Exchange) async {
    exchange.answer.pauses += nanoseconds
    await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
      loop.scheduleTask(in: .nanoseconds(nanoseconds)) { continuation.resume() }
    }
  }

  private func mayGoOn(_ exchange: Exchange) throws(ExchangeError) {
    if let obstacle = exchange.obstacle(now: SystemClock.monotonicNanoseconds()) { throw obstacle }
  }

  private func mayRetry(_ model: Int, _ exchange: Exchange) -> Bool {
    let entry = exchange.snapshot.models[model]
    return entry.ledger.takeRetry(entry.budget, now: SystemClock.monotonicNanoseconds())
  }

  private func count(
    fallbackFrom from: RoutingTable.Stage, to: AttemptPlan.Step, because verdict: Classification,
    _ snapshot: Snapshot
  ) {
    guard to.candidate.fallback > from.fallback else { return }
    shard.increment(
      series.fallback(
        from: from.model, to: to.candidate.model, reason: verdict.reason, in: snapshot))
  }

  /// Counts an attempt that failed and says why, with what clients are not told; never a body. Warnings come once in a while for
  /// each endpoint and reason, the rest is for debugging.
  func note(_ attempt: Attempt, _ verdict: Classification, _ exchange: Exchange) {
    shard.increment(series.result(attempt.step.candidate.deployment, verdict.reason, in: exchange.snapshot))
    guard verdict.reason != .clientGone, verdict.fault != .client else { return }
    let endpoint = exchange.snapshot.endpoints[attempt.step.endpoint].id
    let isNews = notices.isNews(endpoint, verdict.reason, now: attempt.startedAt)
    logger.log(
      level: isNews ? .warning : .debug, "attempt failed",
      metadata: [
        "request_id": "\(exchange.id)", "endpoint": "\(endpoint)", "reason": "\(verdict.reason.rawValue)",
        "status": "\(attempt.head.status)", "detail": "\(attempt.failureDetail ?? "")",
      ])
  }

  /// Sends the attempt's answer; from here on nothing can be tried again.
  private func relay(_ attempt: Attempt, _ exchange: Exchange) async {
    let stream = share(attempt, exchange)
    if exchange.answer.isFromCache { return await takeIn(attempt, stream, exchange) }
    dismissFollowers(of: attempt, exchange)
    if exchange.isGone, stream == nil { attempt.abort(.clientGone) }
    exchange.answer.firstByteAt = SystemClock.monotonicNanoseconds()
    let sink = answerSink(for: attempt, exchange)
    // What is whole is stored before its client can ask for it again.
    if attempt.wholeLength != nil { land(exchange) }
    let verdict =
      if let stream { await lead(stream, of: attempt, exchange, sink) } else {
        await attempt.relay(to: sink)
      }
    exchange.answer.record(attempt, verdict, bytesOut: sink.bytesOut)
    count(attempt, attempt.finalVerdict ?? verdict, exchange)
  }

  private func count(_ attempt: Attempt, _ verdict: Classification, _ exchange: Exchange) {
    guard attempt.stop == nil else { return }
    shard.increment(series.result(attempt.step.candidate.deployment, verdict.reason, in: exchange.snapshot))
  }

  /// A plain answer that is too large to be held is none that could be kept, or waited for.
  private func dismissFollowers(of attempt: Attempt, _ exchange: Exchange) {
    guard attempt.kind == .plain, attempt.wholeLength == nil, let flight = exchange.cache?.flight else {
      return
    }
    exchange.cache?.flight = nil
    desk.fail(flight, isHopeless: true)
  }

  /// Takes an answer that is for the cache, and for those who read it live.
  private func takeIn(_ attempt: Attempt, _ stream: LiveStream?, _ exchange: Exchange) async {
    attempt.goOn(with: stream, forCache: true)
    let verdict = await attempt.ended()
    exchange.answer.recordUse(attempt, verdict)
    count(attempt, verdict, exchange)
  }
}
