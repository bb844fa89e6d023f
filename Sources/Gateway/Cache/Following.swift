import Coordination
import Dialects
import NIOCore
import Policy
import Telemetry
import Upstream

/// Having an answer of an exchange that asked for the same.
extension Worker {
  /// Waits for a flight, without what an attempt would need, and sends its answer: whole, or a stream as it comes.
  func follow(
    _ flight: Flight, _ visit: CacheVisit, _ exchange: Exchange
  ) async throws(ExchangeError) -> CacheTurn {
    if let grant = exchange.attemptGrant { limiter.settle(grant, .nothing) }
    exchange.attemptGrant = nil
    exchange.slot = nil
    // At most 30 % of the time that is left (algorithms §8): behind that, there is time for an answer of its own.
    let left = exchange.timeLeft(now: SystemClock.monotonicNanoseconds())
    let waiter = FlightWaiter(until: replica.clock.monotonic + left * 3 / 10, executor)
    desk.join(waiter, flight)
    let outcome = await outcome(waiter, visit, exchange)
    visit.phase = .decided
    switch outcome {
    case .lead: visit.flight = flight
    case .live: if let seat = waiter.seat, await read(seat, exchange) { return .answered }
    case .answer(let answer, let now):
      let age = CacheAge(answer, now: now)
      let status = CacheStatus.forward(.miss, collapsed: true)
      if replay(answer, age, status, .collapsed, exchange) { return .answered }
    case .alone: break
    }
    return .again
  }

  private func outcome(
    _ waiter: FlightWaiter, _ visit: CacheVisit, _ exchange: Exchange
  ) async -> FlightWaiter.Outcome {
    if let outcome = waiter.outcome.value { return outcome }
    visit.waiter = waiter
    let since = SystemClock.monotonicNanoseconds()
    defer {
      visit.waiter = nil
      exchange.answer.upstream += SystemClock.monotonicNanoseconds() - since
    }
    return await withUnsafeContinuation { waiter.outcome.wait($0) }
  }

  /// Milliseconds that a leader is waited for: twice what answers of the model took lately, and a second at least.
  func patience(_ exchange: Exchange) -> Int64 {
    guard let model = exchange.model, let median = medians[exchange.snapshot.models[model].name]?.median
    else {
      return .max
    }
    return max(1_000, 2 * median)
  }

  // MARK: Live streams

  /// Sends a stream that another exchange fetches, as it comes; false where it can't be had, and nothing was sent.
  private func read(_ seat: LiveReader, _ exchange: Exchange) async -> Bool {
    let now = SystemClock.monotonicNanoseconds()
    guard !seat.hasEnded, let stream = seat.stream, exchange.obstacle(now: now) == nil else {
      seat.leave(.clientGone)
      return false
    }
    exchange.cacheStatus = .forward(.miss, collapsed: true)
    exchange.cacheResult = .collapsed
    exchange.answer.firstByteAt = now
    exchange.answer.isFollowed = true
    exchange.answer.isStream = true
    exchange.reader = seat
    giveBackTokens(exchange)
    let sink = answerSink(for: stream, exchange)
    seat.begin(sink)
    exchange.answer.verdict = await seat.ended()
    exchange.answer.bytesOut = sink.bytesOut
    return true
  }

  /// A sink with the head in it that a replay would have, but for the body's length.
  private func answerSink(for stream: LiveStream, _ exchange: Exchange) -> AnswerSink {
    let framing: HTTP1ResponseWriter.Framing = exchange.head.minorVersion == 1 ? .chunked : .untilClose
    let keepsAlive = exchange.connection.keepsAlive
    var head = ByteBufferAllocator().buffer(capacity: 1_024)
    exchange.answer.status = 200
    responses.head(
      status: 200, framing: framing, keepAlive: keepsAlive, minorVersion: exchange.head.minorVersion,
      date: date, into: &head
    ) { fields in
      fields.add("content-type", stream.type)
      fields.add("age", "0")
      addStored(exchange, to: &fields)
    }
    return AnswerSink(
      connection: exchange.connection, head: head, framing: framing, keepsAlive: keepsAlive, isEvents: true,
      surface: exchange.surface ?? .chatCompletions)
  }

  /// Lets those who wait for an exchange's stream read it as it comes, and those who are yet to come. Nil where nobody may: what can
  /// be told of it by now says that it will not be stored, or it is over.
  func share(_ attempt: Attempt, _ exchange: Exchange) -> LiveStream? {
    guard attempt.kind == .events, attempt.finalVerdict == nil, let visit = exchange.cache,
      let flight = visit.flight, flight.isToBeShared, let recording = attempt.recording
    else { return nil }
    if let refusal = refusalSoFar(attempt, recording, exchange) {
      visit.flight = nil
      refuse(flight, refusal)
      return nil
    }
    let type = attempt.contentType ?? attempt.surface.streamType
    let stream = LiveStream(recording, type: type)
    desk.share(stream, flight)
    attend(exchange)  // it may go on without its client
    return stream
  }

  /// Passes a shared stream on to all who read it, the client of the exchange that fetches it among them; answers how it ended for
  /// that client.
  func lead(
    _ stream: LiveStream, of attempt: Attempt, _ exchange: Exchange, _ sink: AnswerSink
  ) async -> Classification {
    let reader = exchange.isGone ? nil : stream.seat(leads: true)
    exchange.reader = reader
    attempt.goOn(with: stream)
    reader?.begin(sink)
    _ = await attempt.ended()
    land(exchange)  // its own client may be slow to read the rest
    return await reader?.ended() ?? .clientGone
  }
}
