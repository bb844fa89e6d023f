import Coordination
import Dialects
import Logging
import Policy
import Telemetry
import Upstream

/// What a copy has come to, or a question about one: money, metrics, a line of the access log, and evidence beside its exchange.
extension Worker {
  /// What both sides said, where that is evidence.
  func end(_ copy: ShadowCopy, _ attempt: Attempt, _ verdict: Classification) -> ShadowPair? {
    let now = SystemClock.monotonicNanoseconds()
    let cost = settle(copy, attempt, verdict, now: now)
    shard.increment(registry.series(Catalogue.shadowCopies, copy.subject.model, verdict.reason.rawValue))
    return tellEvidence(copy, attempt, verdict, cost: cost, now: now)
  }

  /// A judge's reply, or none.
  func end(
    _ copy: ShadowCopy, _ question: JudgeQuestion, _ attempt: Attempt, _ verdict: Classification
  ) {
    _ = settle(copy, attempt, verdict, now: SystemClock.monotonicNanoseconds())
    var said: PairVerdict?
    if verdict.kind == .success {
      said = text(of: KeptAnswer(attempt), copy.seed.surface).flatMap { question.verdict(in: $0.text) }
    }
    let word = said?.rawValue ?? (verdict.kind == .success ? "none" : "failed")
    shard.increment(registry.series(Catalogue.shadowJudged, copy.subject.model, word))
    guard let said else { return }
    rollouts.evidence.add(said, tenant: copy.tenant, of: copy.subject, now: replica.clock.monotonic)
  }

  /// Pays for it, leaves its provider alone where that asks for it, and writes its line. Micro-dollars.
  func settle(
    _ copy: ShadowCopy, _ attempt: Attempt, _ verdict: Classification, now: Int64
  ) -> Int64 {
    let model = copy.subject.model
    let spent = spent(by: attempt, copy)
    release(copy, spent)
    let isAudit = copy.errand == .audit
    let costs =
      isAudit ? registry.series(Catalogue.auditCost) : registry.series(Catalogue.shadowCost, model)
    shard.add(spent.microdollars, to: costs)
    if verdict.kind != .success { note(copy, attempt, verdict) }
    if verdict.kind == .cooldown {
      let pause = Int64(min(60, max(1, attempt.head.retryAfterSeconds ?? 5)))
      let until = StateClock.monotonicMilliseconds() + pause * 1_000
      if isAudit {
        rollouts.audits.pause(until: until)
      } else {
        rollouts.shadows.pause(model, copy.errand, until: until)
      }
    }
    log?.append(logRecord(copy, attempt, verdict, cost: spent.microdollars, now: now))
    return spent.microdollars
  }

  /// Says why, with what nobody else is told; never a body. As of clients' attempts, warnings come once in a while.
  private func note(_ copy: ShadowCopy, _ attempt: Attempt, _ verdict: Classification) {
    let endpoint = copy.snapshot.endpoints[attempt.step.endpoint].id
    let isNews = notices.isNews("copies at \(endpoint)", verdict.reason, now: attempt.startedAt)
    logger.log(
      level: isNews ? .warning : .debug, "a copy failed",
      metadata: [
        "request_id": "\(copy.requestID)", "endpoint": "\(endpoint)", "reason": "\(verdict.reason.rawValue)",
        "status": "\(attempt.head.status)", "detail": "\(attempt.failureDetail ?? "")",
      ])
  }

  // MARK: Evidence

  /// An exchange and its copy, side by side; nothing where the copy says nothing of the candidate.
  private func tellEvidence(
    _ copy: ShadowCopy, _ attempt: Attempt, _ verdict: Classification, cost: Int64, now: Int64
  ) -> ShadowPair? {
    guard var sample = sample(of: copy, attempt, verdict, cost: cost, now: now) else { return nil }
    var baseline = copy.baseline
    let before = look(at: copy.seed.answer, copy.seed, into: &baseline)
    let after = look(at: KeptAnswer(attempt), copy.seed, into: &sample)
    let isEvidence = rollouts.evidence.add(
      baseline, beside: sample, unit: copy.unit, tenant: copy.tenant, of: copy.subject,
      now: replica.clock.monotonic)
    guard isEvidence, !baseline.isError, !sample.isError else { return nil }
    // What can't be read is no text.
    let none = AnswerText(text: "", isRefusal: false)
    return ShadowPair(candidate: after ?? none, baseline: before ?? none)
  }

  private func sample(
    of copy: ShadowCopy, _ attempt: Attempt, _ verdict: Classification, cost: Int64, now: Int64
  ) -> RolloutTally.Sample? {
    var sample = RolloutTally.Sample(.shadow)
    switch verdict.kind {
    case .success: break
    // The client's own answer took longer than a copy may.
    case .failure where verdict.reason == .deadline && copy.baseline.latency >= copy.timeout / 1_000_000:
      return nil
    case .failure, .credential:
      sample.isError = true
      return sample
    // The candidate refuses what the baseline has taken.
    case .ignore where verdict.fault == .client:
      sample.isError = true
      return sample
    // There are too many copies, or we are at fault.
    case .cooldown, .ignore: return nil
    }
    sample.latency = (now - copy.startedAt) / 1_000_000
    if attempt.kind == .events {
      sample.firstToken = copy.firstAt.map { ($0 - copy.startedAt) / 1_000_000 }
    }
    if attempt.usage != nil { sample.cost = cost }
    sample.tokens = attempt.usage.map { Int64($0.output) }
    return sample
  }

  /// Whether the model would not answer, and whether its answer has the shape that the client wants; what it said.
  private func look(at answer: KeptAnswer?, _ seed: ShadowSeed, into sample: inout RolloutTally.Sample)
    -> AnswerText?
  {
    guard let answer, !sample.isError, seed.surface.asksForText else { return nil }
    var said = text(of: answer, seed.surface)
    if answer.finishReason == "content_filter" { said?.isRefusal = true }
    let isRefusal = answer.finishReason == "content_filter" || said?.isRefusal == true
    sample.isRefusal = isRefusal
    if let format = seed.format, let said, !isRefusal { sample.isMisshapen = !format.accepts(said.text) }
    return said
  }

  func text(of answer: KeptAnswer, _ surface: Surface) -> AnswerText? {
    answer.recording?.withBytes { bytes in
      peek.text(of: bytes, isEvents: answer.isEvents, surface)
    }.flatMap { $0 }
  }

  // MARK: The log

  /// The line has the id of the exchange that it is a copy of, or about, and neither its tenant nor its key: nobody is charged for it.
  private func logRecord(
    _ copy: ShadowCopy, _ attempt: Attempt, _ verdict: Classification, cost: Int64, now: Int64
  ) -> AccessLogRecord {
    let (snapshot, step) = (copy.snapshot, attempt.step)
    let deployment = snapshot.deployments[step.candidate.deployment]
    var record = AccessLogRecord(
      wallMilliseconds: SystemClock.wallMilliseconds(), requestID: copy.requestID, client: copy.client,
      method: "POST", path: copy.seed.surface.rawValue, status: attempt.head.status)
    record.model = copy.model
    record.version = (snapshot.versions?.entry(at: copy.seed.position)?.version).map(Int64.init)
    record.arm = copy.errand.rawValue
    (record.deployment, record.provider) = (deployment.name, deployment.provider)
    record.endpoint = snapshot.endpoints[step.endpoint].id
    record.attempts = 1
    record.isStream = attempt.kind == .events
    record.inputTokens = attempt.usage.map { Int64($0.input) }
    record.outputTokens = attempt.usage.map { Int64($0.output) }
    record.cachedTokens = attempt.usage.map { Int64($0.cached) }
    record.costMicrodollars = cost
    record.durationMicroseconds = (now - copy.startedAt) / 1_000
    record.firstByteMicroseconds = copy.firstAt.map { ($0 - copy.startedAt) / 1_000 }
    record.upstreamMicroseconds = record.durationMicroseconds
    record.bytesIn = Int64(copy.seed.body.count)
    record.errorType = verdict.kind == .success ? nil : verdict.reason.rawValue
    record.errorSource = verdict.fault.flatMap { ErrorSource(rawValue: $0.rawValue) } ?? ErrorSource.none
    record.upstreamRequestID = attempt.head.first("x-request-id") ?? attempt.head.first("request-id")
    record.finishReason = attempt.finishReason
    return record
  }
}
