import Dialects
import NIOCore
import Policy
import Settings
import Telemetry
import Upstream

/// What clients are sent: heads of relayed answers, errors, the list of models.
extension Worker {
  /// A sink with the head of a provider's answer in it: status, the fields that are passed on, and those of our own.
  func answerSink(for attempt: Attempt, _ exchange: Exchange) -> AnswerSink {
    let framing: HTTP1ResponseWriter.Framing =
      // What is put back is longer than what stood there.
      if exchange.placeholders == nil, let length = attempt.wholeLength { .length(length) } else {
        exchange.head.minorVersion == 1 ? .chunked : .untilClose
      }
    let keepsAlive = exchange.connection.keepsAlive
    var head = ByteBufferAllocator().buffer(capacity: 1024 + (attempt.wholeLength ?? 0))
    responses.head(
      status: attempt.head.status, framing: framing, keepAlive: keepsAlive,
      minorVersion: exchange.head.minorVersion,
      date: date, into: &head
    ) { fields in
      attempt.head.forEachField { name, value in
        if isPassedOn(name), attempt.translated == nil || !isOfBody(name) {
          fields.add(named: name, bytes: value)
        }
      }
      if let translated = attempt.translated { addTranslated(translated, attempt, to: &fields) }
      addFacts(exchange, attempt, to: &fields)
    }
    exchange.answer.status = attempt.head.status
    return AnswerSink(
      connection: exchange.connection, head: head, framing: framing, keepsAlive: keepsAlive,
      isEvents: attempt.kind == .events, surface: attempt.surface,
      restorer: exchange.placeholders.map { AnswerRestorer($0, isEvents: attempt.kind == .events) })
  }

  /// The body is the router's own, in the client's dialect; what of the request was lost on the way is told.
  private func addTranslated(
    _ translated: Translated, _ attempt: Attempt, to fields: inout HTTP1FieldWriter
  ) {
    if let type = attempt.contentType { fields.add("content-type", type) }
    if let dropped = translated.droppedField { fields.add("x-switchyard-dropped", dropped) }
  }

  /// Where the answer comes from and how long it took (architecture §7).
  private func addFacts(_ exchange: Exchange, _ attempt: Attempt, to fields: inout HTTP1FieldWriter) {
    let snapshot = exchange.snapshot
    let candidate = attempt.step.candidate
    fields.add("x-request-id", exchange.id)
    fields.add("x-switchyard-model", snapshot.models[candidate.model].name)
    addVersion(candidate.model, exchange, to: &fields)
    addExperiment(exchange, to: &fields)
    addTicket(for: attempt, exchange, to: &fields)
    fields.add("x-switchyard-deployment", snapshot.deployments[candidate.deployment].name)
    fields.add("x-switchyard-attempts", exchange.attempts)
    if let hedge = exchange.hedge { fields.add("x-switchyard-hedge", hedge.rawValue) }
    if let run = exchange.ensemble { fields.add("x-switchyard-ensemble", run.words) }
    if candidate.fallback > 0 { fields.add("x-switchyard-fallback", candidate.fallback) }
    if attempt.stop == .attemptsSpent || attempt.stop == .budgetSpent {
      fields.add("x-should-retry", "false")
    }
    addLimits(exchange, to: &fields)
    if exchange.cacheStatus != nil {
      addCacheStatus(exchange, isStored: willStore(attempt, exchange), to: &fields)
    }
    addTiming(exchange, to: &fields)
  }

  /// Where an answer of the cache comes from.
  func addStored(_ exchange: Exchange, to fields: inout HTTP1FieldWriter) {
    fields.add("x-request-id", exchange.id)
    if let model = exchange.model { fields.add("x-switchyard-model", exchange.snapshot.models[model].name) }
    if let arm = exchange.arm { addVersion(arm.position, exchange, to: &fields) }
    addExperiment(exchange, to: &fields)
    if exchange.attempts > 0 { fields.add("x-switchyard-attempts", exchange.attempts) }
    addLimits(exchange, to: &fields)
    addCacheStatus(exchange, to: &fields)
    addTiming(exchange, to: &fields)
  }

  /// Which version answered, why that one, and until when it will (RFC 9745, RFC 8594).
  private func addVersion(_ position: Int, _ exchange: Exchange, to fields: inout HTTP1FieldWriter) {
    if let arm = exchange.arm { fields.add("x-switchyard-arm", arm.kind.rawValue) }
    guard let entry = exchange.snapshot.versions?.entry(at: position) else { return }
    fields.add("x-switchyard-version", entry.version)
    guard let sunset = entry.sunset else { return }
    let time = exchange.snapshot.settings.rollout.sunset.nanoseconds / 1_000_000
    fields.add("deprecation", "@\((sunset - time) / 1_000)")
    fields.add("sunset", HTTPDate(unixSeconds: Int(sunset / 1_000)).text)
  }

  private func addCacheStatus(
    _ exchange: Exchange, isStored: Bool = false, to fields: inout HTTP1FieldWriter
  ) {
    guard let status = exchange.cacheStatus else { return }
    let key = exchange.cache?.keys.label
    fields.add("cache-status", (isStored ? status.storing : status).text(key: key))
  }

  private func addTiming(_ exchange: Exchange, to fields: inout HTTP1FieldWriter) {
    let now = exchange.answer.firstByteAt ?? exchange.startedAt
    let answer = exchange.answer
    let overhead = now - exchange.startedAt - answer.upstream - answer.pauses - answer.state - answer.queued
    ServerTiming(upstream: answer.upstream, queue: answer.queued, state: answer.state, overhead: overhead)
      .withBytes {
        fields.add("server-timing", bytes: $0)
      }
  }

  /// What the caller's own limits have left, and that one of them has sent the request elsewhere.
  private func addLimits(_ exchange: Exchange, to fields: inout HTTP1FieldWriter) {
    exchange.limitHeaders?.write(to: &fields)
    if let steering = exchange.steering { fields.add("x-switchyard-steered", steering.reason) }
    if exchange.isLimitedLocally { fields.add("x-switchyard-limit-mode", "local") }
  }

  /// Ends an exchange with an error of ours.
  func refuse(_ error: ExchangeError, _ exchange: Exchange) {
    let error = exchange.naming(error)
    exchange.answer.error = error
    exchange.answer.status = error.status
    exchange.releaseBody()  // before the client learns of it and sends the next
    guard error.status > 0 else { return }
    let keepsAlive = exchange.connection.keepsAlive
    let bytes = errorBytes(
      error, exchange, in: exchange.dialect, requestID: exchange.id, keepsAlive: keepsAlive)
    exchange.answer.bytesOut = bytes.readableBytes
    exchange.connection.write(bytes)
    exchange.connection.answerEnded(keepAlive: keepsAlive)
  }

  /// Answers what never became an exchange: bytes that aren't a request, or a head that doesn't end.
  func refuse(_ error: ExchangeError, on connection: Connection) {
    shard.increment(series.invalid(error.code))
    let id = RequestID.make(&random)
    let bytes = errorBytes(error, in: .openai, requestID: id, keepsAlive: false)
    logRefusal(error, id: id, of: connection, bytesOut: bytes.readableBytes)
    connection.write(bytes)
    connection.answerEnded(keepAlive: false)
  }

  private func errorBytes(
    _ error: ExchangeError, _ exchange: Exchange? = nil, in dialect: ChatDialectName, requestID: String,
    keepsAlive: Bool
  ) -> ByteBuffer {
    let body = error.body.body(in: dialect, status: error.status)
    var bytes = ByteBuffer()
    responses.head(
      status: error.status, framing: .length(body.count), keepAlive: keepsAlive,
      minorVersion: exchange?.head.minorVersion ?? 1, date: date, into: &bytes
    ) { fields in
      fields.add("content-type", "application/json")
      fields.add("x-request-id", requestID)
      if let attempts = exchange?.attempts, attempts > 0 { fields.add("x-switchyard-attempts", attempts) }
      if error.status == 401 { fields.add("www-authenticate", "Bearer") }
      if let allow = error.allow { fields.add("allow", allow) }
      if let seconds = error.retryAfterSeconds { fields.add("retry-after", seconds) }
      if let milliseconds = error.retryAfterMilliseconds {
        fields.add("retry-after", Int(clamping: (milliseconds + 999) / 1_000))
        fields.add("retry-after-ms", Int(clamping: milliseconds))
      }
      if let exchange {
        addLimits(exchange, to: &fields)
        addCacheStatus(exchange, to: &fields)
      }
      if let shouldRetry = error.shouldRetry { fields.add("x-should-retry", shouldRetry ? "true" : "false") }
    }
    if exchange?.head.method != .head { body.withUnsafeBytes { _ = bytes.writeBytes($0) } }
    return bytes
  }

  /// The models that the key may use, or one of them, in OpenAI's shape or in Anthropic's.
  func answerModels(_ id: String?, _ principal: Principal, _ exchange: Exchange) throws(ExchangeError) {
    let table = exchange.snapshot.table
    let body: PaddedBytes
    if let id {
      guard let model = table.positions[id], principal.allows(model) else { throw .modelNotFound(id) }
      body = exchange.dialect == .anthropic ? ModelList.ofAnthropic(id) : ModelList.one(id)
    } else {
      let names = exchange.snapshot.modelNames(for: principal)
      body = exchange.dialect == .anthropic ? ModelList.ofAnthropic(names) : ModelList.all(names)
    }
    answer(json: body, exchange)
  }

  /// Answers how many tokens a request has, by this worker's own estimate, where no provider of the model counts them; false where one
  /// does, which is left to be asked.
  func countItself(_ facts: RequestFacts, _ model: Int, _ exchange: Exchange) -> Bool {
    let snapshot = exchange.snapshot
    exchange.permitted.narrow(to: snapshot.takers(of: .countTokens))
    guard !snapshot.mayServe(exchange.arm?.position ?? model, within: exchange.permitted) else {
      return false
    }
    let estimator = estimators[snapshot.models[model].name] ?? TokenEstimator()
    answer(json: AnthropicChat().encodeCount(Int(clamping: estimator.input(facts))), exchange)
    return true
  }

  func answer(json body: PaddedBytes, _ exchange: Exchange) {
    let keepsAlive = exchange.connection.keepsAlive
    var bytes = ByteBuffer()
    responses.head(
      status: 200, framing: .length(body.count), keepAlive: keepsAlive,
      minorVersion: exchange.head.minorVersion,
      date: date, into: &bytes
    ) { fields in
      fields.add("content-type", "application/json")
      fields.add("x-request-id", exchange.id)
    }
    if exchange.head.method != .head { body.withUnsafeBytes { _ = bytes.writeBytes($0) } }
    exchange.answer.status = 200
    exchange.answer.bytesOut = bytes.readableBytes
    exchange.connection.write(bytes)
    exchange.connection.answerEnded(keepAlive: keepsAlive)
  }
}

/// Whether a field of a provider's answer is passed on. Everything else is the provider's business with us: cookies,
/// hop-by-hop fields, the limits of our account.
private func isPassedOn(_ name: UnsafeRawBufferPointer) -> Bool {
  switch name.count {
  case 11: UpstreamHead.equal(name, "retry-after")
  case 12: UpstreamHead.equal(name, "content-type")
  case 14: UpstreamHead.equal(name, "retry-after-ms") || UpstreamHead.equal(name, "openai-version")
  case 16: UpstreamHead.equal(name, "content-encoding")
  case 20: UpstreamHead.equal(name, "openai-processing-ms")
  default: false
  }
}

/// Whether a field says of what form the body is.
private func isOfBody(_ name: UnsafeRawBufferPointer) -> Bool {
  UpstreamHead.equal(name, "content-type") || UpstreamHead.equal(name, "content-encoding")
}
