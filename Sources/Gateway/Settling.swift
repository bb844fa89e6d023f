import Dialects
import Policy
import Settings
import Telemetry
import Upstream

/// The end of every exchange: metrics and one log line.
extension Worker {
  func settle(_ exchange: Exchange) {
    if let visit = exchange.cache {
      land(exchange)
      visit.isOver = true
    }
    if !exchange.dataClasses.isEmpty { countDataClasses(exchange) }
    if let result = exchange.cacheResult { cacheSeries.count(result, in: shard) }
    leave(exchange)
    leaveQueue(exchange)
    if exchange.shadow != nil { keepAnswer(exchange) }
    exchange.attempt = nil
    exchange.slot = nil
    exchange.reader = nil
    exchange.releaseBody()
    settleLimits(exchange)
    let answer = exchange.answer
    let now = answer.answeredAt ?? SystemClock.monotonicNanoseconds()
    let source = answer.source
    var settlement = Settlement(
      status: answer.status, durationNanoseconds: now - exchange.startedAt,
      overheadNanoseconds: (answer.firstByteAt ?? now) - exchange.startedAt - answer.upstream - answer.pauses
        - answer.queued)
    settlement.errorSource = source
    if source == .none, exchange.surface?.asksForText == true {
      settlement.firstTokenNanoseconds = answer.firstByteAt.map { $0 - exchange.startedAt }
    }
    settlement.inputTokens = answer.usage.map { Int64($0.input) }
    settlement.outputTokens = answer.usage.map { Int64($0.output) }
    settlement.costMicrodollars = exchange.cost ?? 0
    record(settlement, exchange)
    if let model = exchange.model, source == .none, answer.candidate != nil, !answer.isFromCache {
      exchange.snapshot.models[model].traffic.add(answer.usage, cost: settlement.costMicrodollars)
    }
    let sample = exchange.arm == nil ? nil : tellEvidence(exchange, settlement)
    if exchange.part != nil { tellExperiment(exchange, settlement) }
    if exchange.drawn != nil { learnOutcome(exchange, source) }
    if log != nil || exchange.traces != nil {
      let record = logRecord(exchange, answer, settlement)
      log?.append(record)
      keepDecision(record, exchange)
    }
    if let seed = exchange.shadow { mirror(seed, exchange, sample) }
    if let seed = exchange.audit { audit(seed, exchange) }
  }

  /// The line of a request that was refused before it was one.
  func logRefusal(_ error: ExchangeError, id: String, of connection: Connection, bytesOut: Int) {
    var record = AccessLogRecord(
      wallMilliseconds: SystemClock.wallMilliseconds(), requestID: id, client: connection.remoteAddress,
      method: "-", path: "other", status: error.status)
    record.bytesOut = Int64(bytesOut)
    record.errorType = error.code
    record.errorSource = .client
    log?.append(record)
  }

  private func record(_ settlement: Settlement, _ exchange: Exchange) {
    let candidate = exchange.answer.candidate
    series.exchange(
      model: candidate?.model ?? exchange.model, deployment: candidate?.deployment, surface: exchange.surface,
      in: exchange.snapshot
    ).record(settlement, in: shard)
    if exchange.isGone { shard.increment(series.clientDisconnects) }
    if let error = exchange.answer.error, error.fault == .client, error.status > 0, candidate == nil {
      shard.increment(series.invalid(error.code))
    }
  }

  private func logRecord(_ exchange: Exchange, _ answer: AnswerRecord, _ settlement: Settlement)
    -> AccessLogRecord
  {
    let snapshot = exchange.snapshot
    var record = AccessLogRecord(
      wallMilliseconds: SystemClock.wallMilliseconds(), requestID: exchange.id,
      client: exchange.connection.remoteAddress, method: exchange.head.methodName, path: exchange.path,
      status: answer.status)
    if let candidate = answer.candidate {
      record.model = snapshot.models[candidate.model].name
      record.deployment = snapshot.deployments[candidate.deployment].name
      record.provider = snapshot.deployments[candidate.deployment].provider
      record.isFallback = candidate.fallback > 0
      if let entry = snapshot.versions?.entry(at: candidate.model) { record.version = Int64(entry.version) }
    }
    record.arm = exchange.arm?.kind.rawValue
    record.experiment = exchange.experimentLabel
    record.rule = exchange.ruled?.label
    record.steered = exchange.steering?.reason
    record.choice = exchange.drawn?.standing.rawValue
    record.propensity = exchange.propensity
    record.endpoint = answer.endpoint.map { snapshot.endpoints[$0].id }
    record.dataClass = exchange.dataClassLabel
    record.tenant = exchange.principal?.tenant
    record.keyID = exchange.principal?.key
    record.attempts = exchange.attempts
    record.hedge = exchange.hedge?.rawValue
    record.isStream = answer.isStream
    record.isClientGone = exchange.isGone
    record.inputTokens = settlement.inputTokens
    record.outputTokens = settlement.outputTokens
    record.cachedTokens = answer.usage.map { Int64($0.cached) }
    record.costMicrodollars = exchange.cost
    record.durationMicroseconds = settlement.durationNanoseconds / 1000
    record.firstByteMicroseconds = answer.firstByteAt.map { ($0 - exchange.startedAt) / 1000 }
    record.upstreamMicroseconds = answer.upstream / 1000
    if answer.queued > 0 { record.queueMicroseconds = answer.queued / 1000 }
    record.queueClass = exchange.queueClass?.rawValue
    record.bytesIn = Int64(exchange.bytesIn)
    record.bytesOut = Int64(answer.bytesOut)
    if !answer.isFromCache {
      record.errorType =
        answer.error?.code ?? (answer.verdict?.kind == .success ? nil : answer.verdict?.reason.rawValue)
    }
    record.cache = exchange.cacheResult?.rawValue
    record.errorSource = settlement.errorSource
    if let run = exchange.ensemble { run.note(in: &record) }
    record.upstreamRequestID = answer.upstreamRequestID
    record.finishReason = answer.finishReason
    return record
  }
}

extension Exchange {
  /// The path's template: what clients make up never reaches the log's `path` or a label.
  fileprivate var path: String {
    if let surface { return surface.rawValue }
    return switch Route(head) {
    case .models(nil): "/v1/models"
    case .models: "/v1/models/{id}"
    case .tags: "/api/tags"
    case .show: "/api/show"
    case .version: "/api/version"
    case .feedback: "/v1/feedback"
    case .surface(let surface): surface.rawValue
    case .wrongMethod, .unknown: "other"
    }
  }

  /// Micro-dollars, by the deployment's price; nil without a price or without usage.
  var cost: Int64? {
    guard let usage = answer.usage, let price else { return nil }
    return price.cost(of: usage)
  }

  /// Its deployment's, when it began.
  var price: Settings.Price? {
    answer.candidate.flatMap { snapshot.price(of: $0.deployment, at: beganAt) }
  }
}

extension Settings.Price {
  /// Micro-dollars; at most what sums without end. Cached and reasoning tokens are among the input's and the output's.
  func cost(of usage: Usage) -> Int64 {
    let (cached, reasoning) = (min(usage.cached, usage.input), min(usage.reasoning, usage.output))
    return cost(
      input: Int64(usage.input - cached), cached: Int64(cached), output: Int64(usage.output - reasoning),
      reasoning: Int64(reasoning))
  }

  /// Each kind by itself; the sum is rounded once, halves up.
  func cost(input: Int64, cached: Int64 = 0, output: Int64, reasoning: Int64 = 0) -> Int64 {
    let read = Int128(input) * Int128(self.input) + Int128(cached) * Int128(cachedInput ?? self.input)
    let written =
      Int128(output) * Int128(self.output) + Int128(reasoning) * Int128(self.reasoning ?? self.output)
    let micro = read + written
    return Int64(min((micro + 500_000) / 1_000_000, 1 << 50))
  }
}

extension AnswerRecord {
  /// What a relayed attempt has come to.
  mutating func record(_ attempt: Attempt, _ verdict: Classification, bytesOut: Int) {
    recordUse(attempt, verdict)
    self.bytesOut = bytesOut
    finishReason = attempt.finishReason
    isStream = attempt.kind == .events
    upstreamRequestID = attempt.head.first("x-request-id") ?? attempt.head.first("request-id")
  }

  /// What an attempt has taken of limits.
  mutating func recordUse(_ attempt: Attempt, _ verdict: Classification) {
    self.verdict = verdict
    usage = attempt.usage
    seenTokens = attempt.seenTokens.map(Int64.init)
  }

  /// Whose fault the end was.
  fileprivate var source: ErrorSource {
    if isFromCache { return status < 400 ? .none : .client }
    return switch error?.fault ?? verdict?.fault {
    case nil: .none
    case .client: .client
    case .policy: .policy
    case .provider: .provider
    case .switchyard: .switchyard
    }
  }
}
