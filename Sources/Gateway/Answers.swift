import Dialects
import NIOCore
import Policy
import Telemetry
import Upstream

/// What clients are sent: heads of relayed answers, errors, the list of models.
extension Worker {
  /// A sink with the head of a provider's answer in it: status, the fields that are passed on, and those of our own.
  func answerSink(for attempt: Attempt, _ exchange: Exchange) -> AnswerSink {
    let framing: HTTP1ResponseWriter.Framing =
      if let length = attempt.wholeLength { .length(length) } else {
        exchange.head.minorVersion == 1 ? .chunked : .untilClose
      }
    let keepsAlive = exchange.connection.keepsAlive && !isDraining
    var head = ByteBuffer()
    head.reserveCapacity(1024 + (attempt.wholeLength ?? 0))
    var writer = HTTP1ResponseWriter()
    writer.begin(status: attempt.head.status, date: date, into: &head)
    attempt.head.forEachField { name, value in
      guard isPassedOn(name) else { return }
      writer.field(named: name, bytes: value, into: &head)
    }
    writeFacts(exchange, attempt, &writer, &head)
    writer.end(framing: framing, keepAlive: keepsAlive, minorVersion: exchange.head.minorVersion, into: &head)
    exchange.answer.status = attempt.head.status
    return AnswerSink(
      connection: exchange.connection, head: head, framing: framing, keepsAlive: keepsAlive,
      isEvents: attempt.kind == .events, surface: attempt.surface)
  }

  /// Where the answer comes from and how long it took (architecture §7).
  private func writeFacts(
    _ exchange: Exchange, _ attempt: Attempt, _ writer: inout HTTP1ResponseWriter, _ head: inout ByteBuffer
  ) {
    let snapshot = exchange.snapshot
    let candidate = attempt.step.candidate
    writer.field("x-request-id", exchange.id, into: &head)
    writer.field("x-switchyard-model", snapshot.models[candidate.model].name, into: &head)
    writer.field("x-switchyard-deployment", snapshot.deployments[candidate.deployment].name, into: &head)
    writer.field("x-switchyard-attempts", exchange.attempts, into: &head)
    if candidate.fallback > 0 { writer.field("x-switchyard-fallback", candidate.fallback, into: &head) }
    if attempt.stop == .attemptsSpent || attempt.stop == .budgetSpent {
      writer.field("x-should-retry", "false", into: &head)
    }
    let now = exchange.answer.firstByteAt ?? exchange.startedAt
    let overhead = now - exchange.startedAt - exchange.answer.upstream
    writer.field(
      "server-timing", ServerTiming.text(upstream: exchange.answer.upstream, overhead: overhead), into: &head)
  }

  /// Ends an exchange with an error of ours.
  func refuse(_ error: ExchangeError, _ exchange: Exchange) {
    exchange.answer.error = error
    exchange.answer.status = error.status
    guard error.status > 0 else { return }
    let keepsAlive = exchange.connection.keepsAlive && !isDraining
    let bytes = errorBytes(
      error, id: exchange.id, keepsAlive: keepsAlive, minorVersion: exchange.head.minorVersion,
      omitsBody: exchange.head.method == .head)
    exchange.answer.bytesOut = bytes.readableBytes
    exchange.connection.write(bytes)
    exchange.connection.answerEnded(keepAlive: keepsAlive)
  }

  /// Answers what never became an exchange: bytes that aren't a request, or a head that doesn't end.
  func refuse(_ error: ExchangeError, on connection: Connection) {
    shard.increment(series.invalid(error.code))
    connection.write(errorBytes(error, id: nil, keepsAlive: false, minorVersion: 1, omitsBody: false))
    connection.answerEnded(keepAlive: false)
  }

  private func errorBytes(
    _ error: ExchangeError, id: String?, keepsAlive: Bool, minorVersion: UInt8, omitsBody: Bool
  ) -> ByteBuffer {
    let body = error.body.json()
    var bytes = ByteBuffer()
    var writer = HTTP1ResponseWriter()
    writer.begin(status: error.status, date: date, into: &bytes)
    writer.field("content-type", "application/json", into: &bytes)
    if let id { writer.field("x-request-id", id, into: &bytes) }
    if error.status == 401 { writer.field("www-authenticate", "Bearer", into: &bytes) }
    if let allow = error.allow { writer.field("allow", allow, into: &bytes) }
    if let seconds = error.retryAfterSeconds { writer.field("retry-after", seconds, into: &bytes) }
    if let shouldRetry = error.shouldRetry {
      writer.field("x-should-retry", shouldRetry ? "true" : "false", into: &bytes)
    }
    writer.end(framing: .length(body.count), keepAlive: keepsAlive, minorVersion: minorVersion, into: &bytes)
    if !omitsBody { body.withUnsafeBytes { _ = bytes.writeBytes($0) } }
    return bytes
  }

  /// The models that the key may use, or one of them, in OpenAI's shape.
  func answerModels(_ id: String?, _ principal: Principal, _ exchange: Exchange) throws(ExchangeError) {
    let table = exchange.snapshot.table
    let body: PaddedBytes
    if let id {
      guard let model = table.positions[id], principal.allows(model) else { throw .modelNotFound(id) }
      body = ModelList.one(id)
    } else {
      body = ModelList.all(table.positions.filter { principal.allows($0.value) }.keys.sorted())
    }
    answer(json: body, exchange)
  }

  private func answer(json body: PaddedBytes, _ exchange: Exchange) {
    let keepsAlive = exchange.connection.keepsAlive && !isDraining
    var bytes = ByteBuffer()
    var writer = HTTP1ResponseWriter()
    writer.begin(status: 200, date: date, into: &bytes)
    writer.field("content-type", "application/json", into: &bytes)
    writer.field("x-request-id", exchange.id, into: &bytes)
    writer.end(
      framing: .length(body.count), keepAlive: keepsAlive, minorVersion: exchange.head.minorVersion,
      into: &bytes)
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
  case 11: name.equalsIgnoringCase("retry-after")
  case 12: name.equalsIgnoringCase("content-type")
  case 14: name.equalsIgnoringCase("retry-after-ms") || name.equalsIgnoringCase("openai-version")
  case 16: name.equalsIgnoringCase("content-encoding")
  case 20: name.equalsIgnoringCase("openai-processing-ms")
  default: false
  }
}
