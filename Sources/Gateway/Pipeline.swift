import Dialects
import Policy
import Settings
import Telemetry

/// The path of every exchange, top to bottom:
///
///     authenticate → read & peek → restrict → (rejected) → route → (admit, cache, enter → attempt) ⟲ → relay → settle
///
/// Each phase may end it with an `ExchangeError`; whatever happens, it is settled once. The functions `await` once per phase at
/// most; bytes are passed on by callbacks.
extension Worker {
  func serve(_ exchange: Exchange) async {
    do throws(ExchangeError) {
      guard let surface = try await surface(of: exchange) else { return settle(exchange) }
      let principal = try await authenticate(exchange)
      var body = try await exchange.body()
      var request = try read(body, surface, exchange)
      try restrict(&request, &body, principal, exchange)
      if exchange.snapshot.rules?.asksRejection == true {
        await readRejection(request.facts, principal, exchange)
      }
      let model = try route(&request, body, principal, exchange)
      if surface == .countTokens, countItself(request.facts, model, exchange) { return settle(exchange) }
      if exchange.snapshot.settings.routing.audit != nil { prepareAudit(request, body, exchange) }
      if exchange.arm?.mirror != nil { prepareShadow(request, body, exchange) }
      try openCache(body, request.facts, principal, model, exchange)
      if let attempt = try await fetch(request, body, to: model, principal, exchange) {
        await relay(attempt, exchange)
      }
    } catch {
      if !exchange.answer.isFromCache, !replayStale(error, exchange) { refuse(error, exchange) }
    }
    if let run = exchange.ensemble { await finish(run, exchange) }
    settle(exchange)
  }

  /// The answer of one model, or of several that were asked for one. Nil where the cache had one, which was sent.
  private func fetch(
    _ request: PeekedRequest, _ body: PaddedBytes, to model: Int, _ principal: Principal, _ exchange: Exchange
  ) async throws(ExchangeError) -> Attempt? {
    if let run = exchange.ensemble { return try await decide(run, exchange) }
    return try await attempt(request, body, to: model, principal, exchange)
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
    case .tags:
      let principal = try await authenticate(exchange)
      answerTags(principal, exchange)
      return nil
    case .show:
      let principal = try await authenticate(exchange)
      let body = try await exchange.body()
      try answerShow(body, principal, exchange)
      return nil
    case .version:
      _ = try await authenticate(exchange)
      answer(json: OllamaCatalog.version(), exchange)
      return nil
    case .feedback:
      try await takeFeedback(exchange)
      return nil
    case .wrongMethod(let allow): throw .wrongMethod(allow: allow)
    case .unknown: throw .unknownPath(exchange.head.pathString)
    }
  }

  private func read(
    _ body: PaddedBytes, _ surface: Surface, _ exchange: Exchange
  ) throws(ExchangeError) -> PeekedRequest {
    peek.ask(for: exchange.snapshot)
    do {
      let request = try peek.request(body, surface: surface, detectors: exchange.snapshot.data?.detectors)
      exchange.facts = request.facts
      // Tokens are counted here where nobody else does.
      if surface != .countTokens { exchange.permitted = exchange.snapshot.takers(of: surface) }
      return request
    } catch {
      throw ExchangeError(error)
    }
  }

  private func route(
    _ request: inout PeekedRequest, _ body: PaddedBytes, _ principal: Principal, _ exchange: Exchange
  ) throws(ExchangeError) -> Int {
    let snapshot = exchange.snapshot
    let ruling = try rule(on: &request, principal, exchange)
    if let lineUp = lineUp(for: ruling, request, body, principal, exchange) {
      exchange.model = ruling.model
      exchange.ensemble = EnsembleRun(
        lineUp, request, body, principal, now: SystemClock.monotonicNanoseconds())
      return ruling.model
    }
    var target = ExperimentTable.Target(model: ruling.model)
    if snapshot.experiments != nil, ruling.pin == nil, ruling.steering == nil {
      target = chooseTarget(ruling.model, request.facts, principal, exchange)
    }
    exchange.model = target.model
    if snapshot.versions != nil || ruling.pin != nil {
      try chooseArm(&request, target, ruling.pin, principal, exchange)
    }
    let position = exchange.arm?.position ?? target.model
    guard snapshot.hasDeployment(for: position, rule: exchange.rule, principal, within: ruling.permitted)
    else { throw .ruledOut }
    return target.model
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

  func count(_ attempt: Attempt, _ verdict: Classification, _ exchange: Exchange) {
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
