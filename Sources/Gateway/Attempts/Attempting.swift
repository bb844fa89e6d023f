import Coordination
import Dialects
import NIOCore
import Policy
import Telemetry
import Upstream

/// Attempts, one after another, until one has an answer to send:
///
///     next → words → time & place → limits & cache → breaker → attempt ⟲
extension Worker {
  private enum Turn {
    /// Something else is next.
    case again
    /// The cache had an answer, which was sent.
    case answered
    case answer(Attempt)
    /// There is no further attempt.
    case stop
  }

  /// An answer that reports a failure is sent too if it is the last. Nil where the cache had one, which was sent.
  func attempt(
    _ request: PeekedRequest, _ body: PaddedBytes, to model: Int, _ principal: Principal, _ exchange: Exchange
  ) async throws(ExchangeError) -> Attempt? {
    let (snapshot, position) = (exchange.snapshot, exchange.arm?.position ?? model)
    let attempts = snapshot.table.models[exchange.steering?.from ?? position].attempts
    let plan = AttemptPlan(
      stages: snapshot.stages(for: position, rule: exchange.rule, principal, exchange.steering),
      limit: exchange.head.wantsOneAttempt ? 1 : attempts,
      permitted: exchange.permitted)
    var course = AttemptCourse(request: request, body: body, model: model, principal: principal, plan: plan)
    snapshot.models[model].ledger.countRequest(now: SystemClock.monotonicNanoseconds())
    course.next = course.plan.first(random: &random) {
      self.choose(ofModel: $0, $1, for: exchange, random: &$2)
    }
    while true {
      switch try await turn(&course, exchange) {
      case .again: continue
      case .answered: return nil
      case .answer(let attempt): return attempt
      case .stop: return try await end(course, exchange)
      }
    }
  }

  private func turn(_ course: inout AttemptCourse, _ exchange: Exchange) async throws(ExchangeError) -> Turn {
    if case .stop(.candidatesSpent) = course.next, !exchange.full.isEmpty {
      switch try await waitForRoom(course.facts, course.model, course.principal, exchange) {
      case .answered: return .answered
      case .refused: return .stop
      case .room:
        again(&course, tookStep: false, exchange)
        return .again
      }
    }
    guard case .attempt(let step) = course.next else { return .stop }
    guard isCarried(step, &course, exchange) else {
      skip(&course, deployment: true, exchange)
      return .again
    }
    guard try await hasTimeAndPlace(step, &course, exchange) else { return .again }
    if let turn = try await limit(step, &course, exchange) { return turn }
    guard let call = try await enter(step, &course, exchange) else { return .again }
    return await make(step, call, &course, exchange)
  }

  // MARK: What is next

  private func skip(_ course: inout AttemptCourse, deployment: Bool = false, _ exchange: Exchange) {
    course.next = course.plan.skip(deployment: deployment, random: &random) {
      self.choose(ofModel: $0, $1, for: exchange, random: &$2)
    }
  }

  private func again(_ course: inout AttemptCourse, tookStep: Bool, _ exchange: Exchange) {
    let model = course.model
    course.next = course.plan.again(
      tookStep: tookStep, random: &random,
      choose: { self.choose(ofModel: $0, $1, for: exchange, random: &$2) },
      mayRetry: { mayRetry(model, exchange) })
  }

  private func goOn(_ course: inout AttemptCourse, after verdict: Classification, _ exchange: Exchange) {
    let model = course.model
    course.next = course.plan.next(
      after: verdict, random: &random, choose: { self.choose(ofModel: $0, $1, for: exchange, random: &$2) },
      mayRetry: { mayRetry(model, exchange) })
  }

  private func mayRetry(_ model: Int, _ exchange: Exchange) -> Bool {
    let entry = exchange.snapshot.models[model]
    return entry.ledger.takeRetry(entry.budget, now: SystemClock.monotonicNanoseconds())
  }

  // MARK: What an attempt needs

  /// Whether it may answer in time, and has the place that it needs; its pause is over then.
  private func hasTimeAndPlace(
    _ step: AttemptPlan.Step, _ course: inout AttemptCourse, _ exchange: Exchange
  ) async throws(ExchangeError) -> Bool {
    try mayGoOn(exchange)
    guard hasTime(for: step, exchange) else {
      skip(&course, exchange)
      return false
    }
    // Who may be sent back to the queue keeps its place there until its attempt begins, but not while it waits for something else.
    if step.backoff > 0 || exchange.cache != nil { leaveQueue(exchange) }
    if step.backoff > 0 { await pause(step.backoff, exchange) }
    try mayGoOn(exchange)
    if takeSlot(step, exchange) { return true }
    again(&course, tookStep: true, exchange)
    return false
  }

  private func mayGoOn(_ exchange: Exchange) throws(ExchangeError) {
    if let obstacle = exchange.obstacle(now: SystemClock.monotonicNanoseconds()) { throw obstacle }
  }

  /// Takes what its limits ask for, once the cache has nothing; nil where it may go on.
  private func limit(
    _ step: AttemptPlan.Step, _ course: inout AttemptCourse, _ exchange: Exchange
  ) async throws(ExchangeError) -> Turn? {
    let refusal = try await admit(step, course.facts, course.model, course.principal, exchange)
    if exchange.cache != nil {
      switch try await consult(exchange, mayFetch: refusal == nil) {
      case .answered: return .answered
      case .again: return .again
      case .goOn: break
      }
    }
    guard let refusal else { return nil }
    course.full = refusal.sooner(than: course.full)
    let isOfCredential = exchange.snapshot.isOfCredential(refusal.limit, at: step.endpoint)
    skip(&course, deployment: !isOfCredential, exchange)
    return .again
  }

  /// Past the breaker; nil where another step is next.
  private func enter(
    _ step: AttemptPlan.Step, _ course: inout AttemptCourse, _ exchange: Exchange
  ) async throws(ExchangeError) -> BreakerCall? {
    try mayGoOn(exchange)
    // It may have waited for its limits, or for another's answer.
    guard hasTime(for: step, exchange), var call = await enter(step, exchange) else {
      giveBack(after: .breakerOpen, exchange)
      skip(&course, exchange)
      return nil
    }
    // Whoever left meanwhile leaves no permit behind.
    if let obstacle = exchange.obstacle(now: SystemClock.monotonicNanoseconds()) {
      call.abandon()
      throw obstacle
    }
    return call
  }

  // MARK: The attempt

  private func make(
    _ step: AttemptPlan.Step, _ call: BreakerCall, _ course: inout AttemptCourse, _ exchange: Exchange
  ) async -> Turn {
    leaveQueue(exchange)
    countFallback(to: step, course, exchange)
    var attempt = start(step, call, course, course.translated?.sent, exchange)
    let startedAt = attempt.startedAt
    let verdict =
      if let hedges = exchange.snapshot.models[course.model].hedges {
        await hedged(&attempt, &course, by: hedges, exchange)
      } else { await attempt.judged() }
    let judgedAt = SystemClock.monotonicNanoseconds()
    if let arm = exchange.arm { exchange.note(verdict, of: attempt, in: arm) }
    if exchange.attempts == 1 { exchange.drawn?.end = verdict }
    if !exchange.answer.isFromCache { exchange.answer.upstream += judgedAt - startedAt }
    if verdict.kind == .success {
      learnPace(attempt, exchange.snapshot, now: judgedAt)
      return .answer(attempt)
    }
    note(attempt, verdict, exchange)
    giveBack(after: verdict, exchange)
    course.last = (attempt, verdict)
    goOn(&course, after: verdict, exchange)
    return .again
  }

  private func countFallback(to step: AttemptPlan.Step, _ course: AttemptCourse, _ exchange: Exchange) {
    if let last = course.last {
      let from = last.attempt.step.candidate.stage
      count(fallbackFrom: from, to: step, because: last.verdict, exchange.snapshot)
    } else if let first = course.plan.stages.first, course.full == nil {
      count(fallbackFrom: first, to: step, because: whyElsewhere(exchange), exchange.snapshot)
    }
  }

  /// Why the first attempt is none at the model that was asked for.
  private func whyElsewhere(_ exchange: Exchange) -> Classification {
    if exchange.metFull { return .full }
    return exchange.shortTime == nil ? .breakerOpen : .deadline(isClients: false)
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

  // MARK: The end

  /// There is no further attempt: the last one's answer is sent, if it can be.
  private func end(_ course: AttemptCourse, _ exchange: Exchange) async throws(ExchangeError) -> Attempt? {
    leaveQueue(exchange)
    if course.last == nil {
      if try await hasKept(course, exchange) { return nil }
      if let error = exchange.turnedAway { throw error }
      if let full = course.full { throw .capacitySpent(full) }
      if let error = course.notCarried { throw ExchangeError(error) }
    }
    if case .stop(.candidatesSpent) = course.next, let error = exchange.tooLate { throw error }
    guard let last = course.last, case .stop(let stop) = course.next else {
      let stages = course.plan.stages
      throw Unavailable(
        stages, within: exchange.permitted, for: caller(exchange), in: exchange.snapshot
      ).error
    }
    exchange.answer.verdict = last.verdict
    let isOutdone = last.attempt.head.status >= 500 && exchange.cache?.stale != nil
    guard last.attempt.isPresentable, !isOutdone else { throw error(last.verdict, stop, last.attempt.head) }
    last.attempt.stop = stop
    return last.attempt
  }

  /// Where nothing can be called, what is kept, or what another replica is sent, will do all the same. True where it was sent.
  private func hasKept(_ course: AttemptCourse, _ exchange: Exchange) async throws(ExchangeError) -> Bool {
    guard exchange.cache?.phase == .begun else { return false }
    _ = try await admit(nil, course.facts, course.model, course.principal, exchange)
    if case .answered = try await consult(exchange, mayFetch: false) { return true }
    return false
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
}
