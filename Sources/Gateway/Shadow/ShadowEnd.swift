import Coordination
import Dialects
import Logging
import Policy
import Telemetry
import Upstream

/// What a copy has come to: money, metrics, a line of the access log, and evidence beside its exchange.
extension Worker {
  func end(_ copy: ShadowCopy, _ attempt: Attempt, _ verdict: Classification) {
    let (model, now) = (copy.subject.model, SystemClock.monotonicNanoseconds())
    let spent = spent(by: attempt, copy)
    release(copy, spent)
    shard.increment(registry.series(Catalogue.shadowCopies, model, verdict.reason.rawValue))
    shard.add(spent.microdollars, to: registry.series(Catalogue.shadowCost, model))
    if verdict.kind != .success { note(copy, attempt, verdict) }
    if verdict.kind == .cooldown {
      let pause = Int64(min(60, max(1, attempt.head.retryAfterSeconds ?? 5)))
      rollouts.shadows.pause(model, until: StateClock.monotonicMilliseconds() + pause * 1_000)
    }
    tellEvidence(copy, attempt, verdict, cost: spent.microdollars, now: now)
    log?.append(logRecord(copy, attempt, verdict, cost: spent.microdollars, now: now))
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
  ) {
    guard var sample = sample(of: copy, attempt, verdict, cost: cost, now: now) else { return }
    var baseline = copy.baseline
    if let answer = copy.seed.answer { look(at: answer, copy.seed, into: &baseline) }
    look(at: KeptAnswer(attempt), copy.seed, into: &sample)
    rollouts.evidence.add(
      baseline, beside: sample, unit: copy.unit, tenant: copy.tenant, of: copy.subject,
      now: replica.clock.monotonic)
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

  /// Whether the model would not answer, and whether its answer has the shape that the client wants.
  private func look(at answer: KeptAnswer, _ seed: ShadowSeed, into sample: inout RolloutTally.Sample) {
    guard !sample.isError, seed.surface != .embeddings else { return }
    let text = answer.recording?.withBytes { bytes in
      peek.text(of: bytes, isEvents: answer.isEvents, seed.surface)
    }.flatMap { $0 }
    let isRefusal = answer.finishReason == "content_filter" || text?.isRefusal == true
    sample.isRefusal = isRefusal
    if let format = seed.format, let text, !isRefusal { sample.isMisshapen = !format.accepts(text.text) }
  }

  // MARK: The log

  /// The line has the id of the exchange that it is a copy of, and neither its tenant nor its key: nobody is charged for it.
  private func logRecord(
    _ copy: ShadowCopy, _ attempt: Attempt, _ verdict: Classification, cost: Int64, now: Int64
  ) -> AccessLogRecord {
    let (snapshot, step) = (copy.snapshot, attempt.step)
    let deployment = snapshot.deployments[step.candidate.deployment]
    var record = AccessLogRecord(
      wallMilliseconds: SystemClock.wallMilliseconds(), requestID: copy.requestID, client: copy.client,
      method: "POST", path: copy.seed.surface.rawValue, status: attempt.head.status)
    record.model = copy.subject.model
    record.version = Int64(copy.subject.version)
    record.arm = "shadow"
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
    record.upstreamRequestID = attempt.head.first("x-request-id")
    record.finishReason = attempt.finishReason
    return record
  }
}
