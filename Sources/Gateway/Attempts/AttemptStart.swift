import Dialects
import Logging
import Policy
import Telemetry
import Upstream

/// How an attempt begins, and what is said of one that failed.
extension Worker {
  /// One that can't even begin has failed at once. `translated`: what is sent where the provider speaks another dialect than the client.
  func start(
    _ step: AttemptPlan.Step, _ call: BreakerCall, _ course: AttemptCourse, _ translated: Sent?,
    _ exchange: Exchange
  ) -> Attempt {
    let (snapshot, facts) = (exchange.snapshot, course.facts)
    let deployment = snapshot.deployments[step.candidate.deployment]
    let sent =
      translated
      ?? peek.passed(
        course.request, course.body, to: deployment,
        version: snapshot.versions?.entry(at: step.candidate.model)?.edits, rule: exchange.edits)
    let now = SystemClock.monotonicNanoseconds()
    let attempt = Attempt(
      step, at: snapshot.endpoints[step.endpoint], facts: facts, sent: sent,
      limits: limits(facts, exchange, now), recording: recording(exchange), call: call,
      slot: exchange.handOverSlot(), peek: peek, executor: executor, now: now)
    exchange.attempts += 1
    exchange.attempt = attempt
    if exchange.traces != nil { trace(attempt, exchange) }
    exchange.answer.candidate = step.candidate
    exchange.answer.endpoint = step.endpoint
    // Counted behind the request's way out, where nobody waits for it.
    defer { shard.increment(series.attempt(step.candidate.deployment, step.reason, in: snapshot)) }
    do throws(UpstreamError) {
      let pool = try pool(snapshot.endpoints[step.endpoint], facts.surface, sent.translated?.path)
      attempt.start(transferRequest(sent, facts.surface, exchange), on: pool)
    } catch {
      logger.error(
        "an endpoint can't be called", metadata: ["reason": "\(error)", "request_id": "\(exchange.id)"])
      attempt.fail(error)
    }
    return attempt
  }

  /// Of an attempt whose answer may be stored, or is to be compared with that of a copy.
  private func recording(_ exchange: Exchange) -> AnswerRecording? {
    if exchange.cache?.flight != nil, let rules = exchange.snapshot.cache {
      return AnswerRecording(limit: rules.largestAnswer)
    }
    return exchange.shadow.map { _ in AnswerRecording(limit: ShadowCopy.largestText) }
  }

  private func limits(_ facts: RequestFacts, _ exchange: Exchange, _ now: Int64) -> Attempt.Limits {
    let limits = exchange.snapshot.limits
    let firstByte = facts.stream ? limits.firstByte.stream : limits.firstByte.plain
    return Attempt.Limits(firstByteBy: now + firstByte, stall: limits.idle)
  }

  /// The body, and the few client headers that a provider is meant to see.
  private func transferRequest(_ sent: Sent, _ surface: Surface, _ exchange: Exchange)
    -> TransferRequest
  {
    let body = sent.body
    var headers = sent.translated?.headers ?? exchange.head.dialectLines(surface.dialect)
    for field in RequestHead.forwarded {
      guard let value = exchange.head.string(field.known) else { continue }
      // Of several branches, none may be given another's answer.
      let mark = exchange.branch > 0 && field.known == .idempotencyKey ? "-\(exchange.branch)" : ""
      headers.append("\(field.name): \(value)\(mark)")
    }
    exchange.head.addAttemptMarks(exchange.attempts, to: &headers)
    headers.append("x-request-timeout-ms: \(exchange.timeLeft(now: SystemClock.monotonicNanoseconds()))")
    return body.withUnsafeBytes { TransferRequest(body: $0, bodyOwner: body, headers: headers) }
  }

  /// Counts an attempt that failed and says why, with what clients are not told; never a body. Warnings come once in a while for
  /// each endpoint and reason, the rest is for debugging.
  func note(_ attempt: Attempt, _ verdict: Classification, _ exchange: Exchange) {
    shard.increment(series.result(attempt.step.candidate.deployment, verdict.reason, in: exchange.snapshot))
    guard verdict.reason != .clientGone, verdict.reason != .branchLost, verdict.fault != .client else {
      return
    }
    let endpoint = exchange.snapshot.endpoints[attempt.step.endpoint].id
    let isNews = notices.isNews(endpoint, verdict.reason, now: attempt.startedAt)
    logger.log(
      level: isNews ? .warning : .debug, "attempt failed",
      metadata: [
        "request_id": "\(exchange.id)", "endpoint": "\(endpoint)", "reason": "\(verdict.reason.rawValue)",
        "status": "\(attempt.head.status)", "detail": "\(attempt.failureDetail ?? "")",
      ])
  }
}
