import Coordination
import Dialects
import Policy
import Settings
import Synchronization
import Telemetry

/// Copies of requests for a candidate whose answers nobody sees.
///
///     prepare → (the client's answer) → mirror → [place → money → attempt → end]
///
/// Nothing of it is waited for by a client: what is in brackets is a task of its own, behind the settlement. A copy takes no limit, slot
/// in a queue, retry, hedge or place in the cache of its exchange, tells no breaker, and is the first to go where there is much to do.
extension Worker {
  /// Keeps what a copy needs, where the exchange may have one.
  func prepareShadow(_ request: PeekedRequest, _ body: PaddedBytes, _ exchange: Exchange) {
    guard let position = exchange.arm?.mirror else { return }
    let facts = peek.copyFacts(of: request, body)
    if let drop = obstacle(facts, exchange) { return count(drop, exchange) }
    exchange.shadow = ShadowSeed(position: position, request: request, body: body, format: facts.format)
  }

  private func obstacle(_ facts: CopyFacts, _ exchange: Exchange) -> ShadowDrop? {
    if facts.usesTools, !exchange.snapshot.settings.rollout.shadow.tools { return .tools }
    if facts.keepsState { return .stateful }
    return exchange.head.cacheDirectives.noStore ? .noStore : nil
  }

  /// Keeps what the client was sent, before its attempt is let go of.
  func keepAnswer(_ exchange: Exchange) {
    guard let attempt = exchange.attempt, attempt.step.candidate.model == exchange.arm?.position else {
      return
    }
    exchange.shadow?.answer = KeptAnswer(attempt)
  }

  /// Sends a copy, if there is room for one. The exchange is settled. `sample`: what it says of the baseline.
  func mirror(_ seed: ShadowSeed, _ exchange: Exchange, _ sample: RolloutTally.Sample?) {
    exchange.shadow = nil
    guard let sample, let copy = ShadowCopy(seed, exchange, sample, caller: caller(exchange)) else {
      return count(.noEvidence, exchange)
    }
    let buffered = shared.buffered.load(ordering: .relaxed)
    if isDraining { return count(.draining, exchange) }
    if shedding.isBusy(buffered: buffered, limit: exchange.snapshot.settings.server.maxBuffered.count) {
      return count(.busy, exchange)
    }
    Task(executorPreference: executor) { await self.play(copy) }
  }

  private func count(_ drop: ShadowDrop, _ exchange: Exchange) {
    guard let model = exchange.model else { return }
    count(drop, ofModel: exchange.snapshot.models[model].name)
  }

  private func count(_ drop: ShadowDrop, ofModel name: String) {
    shard.increment(registry.series(Catalogue.shadowDrops, name, drop.rawValue))
  }

  // MARK: The copy

  private func play(_ copy: ShadowCopy) async {
    let attempt: Attempt
    switch begin(copy) {
    case .failure(let drop): return count(drop.reason, ofModel: copy.subject.model)
    case .success(let begun): attempt = begun
    }
    copies.append(copy)
    if await attempt.judged().kind == .success {
      copy.firstAt = SystemClock.monotonicNanoseconds()
      attempt.goOn(with: nil, forCache: true)
    }
    let verdict = await attempt.ended()
    copies.removeAll { $0 === copy }
    end(copy, attempt, verdict)
  }

  /// Takes all that it needs, or nothing.
  private func begin(_ copy: ShadowCopy) -> Result<Attempt, ShadowRefusal> {
    guard !isDraining else { return .failure(.init(.draining)) }
    guard let (step, slot) = place(for: copy) else { return .failure(.init(.noEndpoint)) }
    let (snapshot, model) = (copy.snapshot, copy.subject.model)
    guard let price = snapshot.deployments[step.candidate.deployment].price else {
      return .failure(.init(.unpriced))
    }
    let estimator = estimators[model] ?? TokenEstimator()
    let facts = copy.seed.request.facts
    copy.reserved = price.cost(input: estimator.input(facts), output: estimator.output(facts))
    let refusal = rollouts.shadows.enter(
      model, cost: copy.reserved, snapshot.settings.rollout.shadow, now: StateClock.monotonicMilliseconds())
    if let refusal { return .failure(.init(refusal)) }
    guard shared.reserve(copy.seed.body.count, limit: snapshot.settings.server.maxBuffered.count / 2) else {
      rollouts.shadows.leave(model, reserved: copy.reserved, cost: 0)
      return .failure(.init(.busy))
    }
    return .success(start(copy, step, slot))
  }
}

/// A copy that did not begin.
private struct ShadowRefusal: Error {
  let reason: ShadowDrop

  init(_ reason: ShadowDrop) { self.reason = reason }
}
