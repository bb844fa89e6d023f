import Coordination
import Dialects
import NIOCore
import Policy
import Telemetry
import Upstream

/// What becomes of an answer: it is stored and given to those who wait, or given again.
extension Worker {
  // MARK: Giving again

  /// Sends a stored answer; false where it can't be read, and nothing was sent.
  func replay(
    _ answer: CachedAnswer, _ age: CacheAge, _ status: CacheStatus, _ result: CacheResult,
    _ exchange: Exchange
  ) -> Bool {
    guard let body = body(of: answer, exchange) else { return false }
    exchange.cacheStatus = status
    exchange.cacheResult = result
    let now = SystemClock.monotonicNanoseconds()
    exchange.answer.firstByteAt = now
    exchange.answer.isFromCache = true
    exchange.answer.answeredAt = now
    exchange.answer.status = answer.meta.status
    exchange.answer.isStream = answer.meta.kind == .stream
    let keepsAlive = exchange.connection.keepsAlive
    var bytes = ByteBufferAllocator().buffer(capacity: 1_024 + body.readableBytes)
    responses.head(
      status: answer.meta.status, framing: .length(body.readableBytes), keepAlive: keepsAlive,
      minorVersion: exchange.head.minorVersion, date: date, into: &bytes
    ) { fields in
      fields.add("content-type", answer.meta.type)
      fields.add("age", age.text)
      addStored(exchange, to: &fields)
    }
    bytes.writeImmutableBuffer(body)
    exchange.answer.bytesOut = bytes.readableBytes
    exchange.connection.write(bytes)
    exchange.connection.answerEnded(keepAlive: keepsAlive)
    return true
  }

  /// As clients are sent it; nil where it isn't what was stored.
  private func body(of answer: CachedAnswer, _ exchange: Exchange) -> ByteBuffer? {
    guard let limit = exchange.snapshot.cache?.largestAnswer,
      let body = try? codec.decode(answer.body, answer.meta.encoding, size: answer.meta.bytes, limit: limit)
    else { return nil }
    guard answer.meta.kind == .stream else { return ByteBuffer(bytes: body) }
    guard let chunks = StreamRecording.chunks(of: body) else { return nil }
    var bytes = ByteBufferAllocator().buffer(capacity: body.count)
    for chunk in chunks { bytes.writeBytes(chunk.bytes) }
    return bytes
  }

  /// Sends the stale answer that was kept for the case that no provider answers; false where there is none, or it is the wrong case.
  func replayStale(_ error: ExchangeError, _ exchange: Exchange) -> Bool {
    guard error.isOfProvider, let (answer, now, at) = exchange.cache?.stale, !exchange.isGone else {
      return false
    }
    let age = CacheAge(answer, now: now + replica.clock.monotonic - at)
    return replay(answer, age, .hit(left: age.left, detail: .stale), .stale, exchange)
  }

  // MARK: Storing

  /// Ends the flight that an exchange leads, if it leads one.
  func land(_ exchange: Exchange) {
    guard let visit = exchange.cache, let flight = visit.flight else { return }
    visit.flight = nil
    guard let rules = exchange.snapshot.cache, let attempt = exchange.attempt else {
      return desk.fail(flight, isHopeless: false)
    }
    let isEvents = attempt.kind == .events
    let verdict = rules.policy.verdict(on: offer(attempt, visit))
    if case .refuse(let refusal) = verdict { return refuse(flight, refusal) }
    guard case .store(let kind, let ttl) = verdict else { return }
    guard let body = attempt.recording?.body(isEvents: isEvents) else { return refuse(flight, .tooLarge) }
    guard !flight.hasEnded else { return }  // another was first
    let (bytes, encoding) = codec.encode(body)
    guard bytes.count <= rules.policy.maxBody else { return refuse(flight, .tooLarge) }
    let delta = (SystemClock.monotonicNanoseconds() - attempt.startedAt) / 1_000_000
    let meta = CachedMeta(
      kind: kind, status: attempt.head.status, type: attempt.contentType ?? "application/json",
      ttl: CachePolicy.jittered(ttl, &random), delta: delta, usage: .init(attempt.usage), encoding: encoding,
      bytes: Int64(body.count))
    if let model = exchange.model {
      medians[exchange.snapshot.models[model].name, default: .init()].add(delta)
    }
    let answer = CachedAnswer(meta: meta, created: limiter.now, body: bytes)
    desk.land(flight, answer, kept: rules.policy.kept(kind, ttl: meta.ttl)) { [cacheSeries, shard] reply in
      cacheSeries.countStored(reply == .filled || reply == .repeated, in: shard)
    }
  }

  /// Whether an answer that is whole will be stored, as far as that can be told before it is.
  func willStore(_ attempt: Attempt, _ exchange: Exchange) -> Bool {
    guard let visit = exchange.cache, let flight = visit.flight, flight.isLocked, !flight.hasEnded,
      let rules = exchange.snapshot.cache,
      let length = attempt.wholeLength, length <= rules.policy.maxBody,
      case .store = rules.policy.verdict(on: offer(attempt, visit))
    else { return false }
    return true
  }

  /// Why a stream that has begun will not be stored, as far as that can be told before its end; nil where nothing says so.
  func refusalSoFar(_ attempt: Attempt, _ recording: AnswerRecording, _ exchange: Exchange)
    -> CacheVerdict.Refusal?
  {
    guard let visit = exchange.cache, let rules = exchange.snapshot.cache else { return .off }
    if recording.isTooLarge { return .tooLarge }
    var offer = offer(attempt, visit)
    offer.isWhole = attempt.head.first("content-encoding") == nil
    offer.finishReason = offer.surface == .responses ? "completed" : "stop"
    guard case .refuse(let refusal) = rules.policy.verdict(on: offer) else { return nil }
    return refusal
  }

  private func offer(_ attempt: Attempt, _ visit: CacheVisit) -> CacheOffer {
    let isEvents = attempt.kind == .events
    let isSound = isEvents ? attempt.finalVerdict?.kind == .success : attempt.answerFacts != nil
    // That only deterministic requests, or those that are taken for such, come so far was seen to before.
    var offer = CacheOffer(
      isDeterministic: true, surface: attempt.surface, isStream: isEvents, status: attempt.head.status,
      isWhole: attempt.isWhole && isSound && attempt.head.first("content-encoding") == nil,
      finishReason: attempt.finishReason, bytes: 0)
    offer.mayKeepRefusal = visit.facts.mayKeepRefusal
    offer.directives = visit.directives
    offer.sawError = attempt.finalVerdict?.reason == .errorEvent
    // What another model says isn't what this one would.
    offer.isOfCanary = attempt.step.candidate.fallback > 0
    return offer
  }

  func refuse(_ flight: Flight, _ refusal: CacheVerdict.Refusal) {
    cacheSeries.count(refusal, in: shard)
    desk.fail(flight, isHopeless: refusal.isLasting)
  }
}

extension CacheVerdict.Refusal {
  /// The next one's answer would come to the same.
  fileprivate var isLasting: Bool {
    switch self {
    case .off, .request, .notDeterministic, .canary, .unfinished, .severalChoices, .tooLarge: true
    case .broken, .status: false
    }
  }
}

extension CachedMeta.Usage {
  fileprivate init(_ usage: Usage?) {
    guard let usage else {
      self.init()
      return
    }
    self.init(
      input: Int64(usage.input), output: Int64(usage.output), cached: Int64(usage.cached),
      reasoning: Int64(usage.reasoning))
  }
}
