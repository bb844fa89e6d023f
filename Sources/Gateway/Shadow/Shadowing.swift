import Coordination
import Dialects
import Policy
import Settings
import Synchronization
import Telemetry

/// Copies of requests for a candidate whose answers nobody sees.
///
///     prepare → (the client's answer) → mirror → [place → money → limits → attempt → end] → askJudge → […]
///
/// Nothing of it is waited for by a client: what is in brackets is a task of its own, behind the settlement. A copy takes nothing of its
/// client's limits, no place in a queue, retry, hedge or place in the cache, tells no breaker, and is the first to go where there is much
/// to do.
extension Worker {
  /// Keeps what a copy needs, where the exchange may have one.
  func prepareShadow(_ request: PeekedRequest, _ body: PaddedBytes, _ exchange: Exchange) {
    guard let position = exchange.arm?.mirror, let model = exchange.model else { return }
    let (name, terms) = (exchange.snapshot.models[model].name, exchange.snapshot.settings.rollout.shadow)
    if let drop = rollouts.shadows.obstacle(name, terms, now: StateClock.monotonicMilliseconds()) {
      return count(drop, ofModel: name)
    }
    let facts = peek.copyFacts(of: request, body)
    if let drop = obstacle(facts, exchange) { return count(drop, exchange) }
    exchange.shadow = ShadowSeed(position: position, request: request, body: body, format: facts.format)
    exchange.shadow?.ruleEdits = exchange.ruled?.edits
  }

  private func obstacle(_ facts: CopyFacts, _ exchange: Exchange) -> ShadowDrop? {
    let bundle = exchange.arm?.mirror.flatMap { exchange.snapshot.versions?.entry(at: $0)?.bundle }
    let searches = bundle?.parameters.keys.contains { $0.lowercased() == "web_search_options" } ?? false
    if facts.usesTools || searches, !exchange.snapshot.settings.rollout.shadow.tools { return .tools }
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
    if let drop = haste(exchange.snapshot) { return count(drop, exchange) }
    Task(executorPreference: executor) { await self.play(copy) }
  }

  /// Why there is time for clients alone; nil where there is more.
  func haste(_ snapshot: Snapshot) -> ShadowDrop? {
    if isDraining { return .draining }
    let buffered = shared.buffered.load(ordering: .relaxed)
    return shedding.isBusy(buffered: buffered, limit: snapshot.settings.server.maxBuffered.count)
      ? .busy : nil
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
    do throws(ShadowDrop) {
      let (attempt, verdict) = try await send(copy)
      if let pair = end(copy, attempt, verdict) { askJudge(about: pair, of: copy) }
    } catch {
      count(error, ofModel: copy.subject.model)
    }
  }

  /// All of its way, until its answer has ended.
  func send(_ copy: ShadowCopy) async throws(ShadowDrop) -> (Attempt, Classification) {
    let attempt = try await begin(copy)
    if await attempt.judged().kind == .success {
      copy.firstAt = SystemClock.monotonicNanoseconds()
      attempt.goOn(with: nil, forCache: true)
    }
    let verdict = await attempt.ended()
    copies.removeAll { $0 === copy }
    return (attempt, verdict)
  }

  /// Takes all that it needs, or nothing.
  private func begin(_ copy: ShadowCopy) async throws(ShadowDrop) -> Attempt {
    guard !isDraining else { throw .draining }
    guard copy.snapshot.mayServe(copy.seed.position, within: copy.permitted) else { throw .notPermitted }
    guard let (step, slot) = place(for: copy) else { throw .noEndpoint }
    let sent = try sent(copy, to: step)
    guard let demand = demand(of: copy, at: step) else { throw .unpriced }
    if let drop = reserve(copy, demand) { throw drop }
    let isAdmitted = await admit(copy, to: step, demand)
    guard isAdmitted, !isDraining else {
      release(copy, .nothing)
      throw isAdmitted ? ShadowDrop.draining : .limited
    }
    let attempt = start(copy, step, sent, slot)
    copies.append(copy)
    return attempt
  }
}
