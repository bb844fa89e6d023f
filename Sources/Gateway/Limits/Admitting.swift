import Coordination
import Dialects
import Policy
import Settings
import Telemetry

/// Limits: taken before an attempt, settled behind it.
extension Worker {
  /// Takes what the exchange's limits and those of its next attempt ask for, in one flush; the former once only. A refusal that is
  /// returned is of the attempt alone: another deployment may have room. Without a step there is nothing that could be called.
  func admit(
    _ step: AttemptPlan.Step?, _ facts: RequestFacts, _ model: Int, _ principal: Principal,
    _ exchange: Exchange
  ) async throws(ExchangeError) -> Refusal? {
    let snapshot = exchange.snapshot
    // A budget that steers is charged for what it steers: else it would never hear that it need not any more.
    let own =
      exchange.isAdmitted ? nil : principal.limits.group(model: exchange.steering?.from ?? model)
    let attempt = step.map { groups(of: $0, in: snapshot) } ?? []
    guard own != nil || !attempt.isEmpty else { return nil }
    if !exchange.isAdmitted {
      exchange.demand = demand(facts, model, step, exchange)
      exchange.estimate = exchange.demand
    }
    if !attempt.isEmpty, let refusal = limiter.refusal(of: attempt, exchange.demand) { return refusal }
    let ask = Limiter.Ask(
      exchange: own.map { [$0] } ?? [], attempt: attempt, demand: exchange.demand,
      lifetime: lifetime(exchange))
    switch await answer(to: ask, exchange) {
    case .admitted(let grant, let attempt):
      take(grant, exchange)
      exchange.attemptGrant = attempt
      if attempt?.isLocal == true { exchange.isLimitedLocally = true }
      return nil
    case .attemptRefused(let grant, let refusal):
      take(grant, exchange)
      return refusal
    case .refused(let refusal):
      exchange.isLimitedLocally = refusal.isLocal
      exchange.limitHeaders = LimitHeaders(refusal, .init(exchange.head), now: limiter.now)
      throw .limited(refusal)
    }
  }

  /// Milliseconds that a reservation outlives its exchange's deadline.
  private static var grace: Int64 { 30_000 }

  /// Whoever follows an exchange may keep it fetching beyond its own time, for as long as theirs.
  private func lifetime(_ exchange: Exchange) -> Int64 {
    let left = exchange.timeLeft(now: SystemClock.monotonicNanoseconds())
    let followers = exchange.cache == nil ? 0 : exchange.snapshot.limits.request / 1_000_000
    return left + followers + Self.grace
  }

  /// An exchange that is sent what another fetches is a request without tokens: what it reserved goes back at once. One that holds a
  /// slot keeps all of it to its end.
  func giveBackTokens(_ exchange: Exchange) {
    guard let grant = exchange.grant, !grant.holdsSlots else { return }
    limiter.settle(grant, .request)
    exchange.grant = nil
  }

  private func take(_ grant: Grant?, _ exchange: Exchange) {
    exchange.isAdmitted = true
    guard let grant else { return }
    exchange.grant = grant
    if grant.isLocal { exchange.isLimitedLocally = true }
    exchange.limitHeaders = LimitHeaders(grant, .init(exchange.head), now: limiter.now)
  }

  private func groups(of step: AttemptPlan.Step, in snapshot: Snapshot) -> [LimitGroup] {
    guard snapshot.limitsAttempts else { return [] }
    return [
      snapshot.limitTable.models[snapshot.table.route(of: step.candidate.model)],
      snapshot.limitTable.deployments[step.candidate.deployment],
      snapshot.credentials[step.endpoint],
    ].compactMap { $0 }
  }

  private func answer(to ask: Limiter.Ask, _ exchange: Exchange) async -> Limiter.Answer {
    await waitForState(exchange) { fill in
      var isAnswered = false
      let mayLead = limiter.admit(ask) {
        isAnswered = true
        fill($0)
      }
      if !isAnswered { lookAhead(exchange, mayLead: mayLead) }
    }
  }

  // MARK: Estimates

  private func demand(
    _ facts: RequestFacts, _ model: Int, _ step: AttemptPlan.Step?, _ exchange: Exchange
  ) -> Demand {
    // Counting tokens uses none.
    guard facts.surface != .countTokens else { return .request }
    let snapshot = exchange.snapshot
    let estimator = estimators[snapshot.models[model].name] ?? TokenEstimator()
    let (input, output) = (estimator.input(facts), estimator.output(facts))
    let price = step.flatMap { snapshot.price(of: $0.candidate.deployment, at: exchange.beganAt) }
    return Demand(
      inputTokens: input, outputTokens: output,
      microdollars: price?.cost(input: input, output: output) ?? 0)
  }

  // MARK: Settling

  /// Tokens beyond the reservation that are charged at a time.
  private static var step: Int64 { 2_000 }

  /// Charges what a stream has taken beyond its reservation, once that is much.
  func chargeBeyond(_ exchange: Exchange) {
    guard exchange.grant != nil || exchange.attemptGrant != nil, let attempt = exchange.attempt else {
      return
    }
    guard attempt.kind == .events, let seen = attempt.seenTokens else { return }
    let beyond = Int64(seen) - exchange.demand.outputTokens
    guard beyond >= Self.step else { return }
    var extra = Demand(requests: 0, inputTokens: 0, outputTokens: beyond, microdollars: 0)
    extra.microdollars = exchange.price?.cost(input: 0, output: beyond) ?? 0
    exchange.demand.outputTokens += beyond
    if let grant = exchange.grant { limiter.charge(grant, extra) }
    if let grant = exchange.attemptGrant { limiter.charge(grant, extra) }
  }

  /// An attempt that failed gives back what it took of its deployment.
  func giveBack(after verdict: Classification, _ exchange: Exchange) {
    guard let grant = exchange.attemptGrant else { return }
    exchange.attemptGrant = nil
    limiter.settle(grant, exchange.spent(by: verdict))
  }

  /// What an attempt took of its deployment that another was sooner than: as one whose client has gone. `grant` is its own.
  func settle(_ grant: Grant?, of loser: Attempt, _ exchange: Exchange) {
    guard let grant else { return }
    limiter.settle(grant, exchange.spent(by: loser))
  }

  /// Puts what an exchange really took in the place of its reservations.
  func settleLimits(_ exchange: Exchange) {
    learn(exchange)
    settleGrants(exchange)
  }

  /// The same, and learns nothing of it yet.
  func settleGrants(_ exchange: Exchange) {
    guard exchange.grant != nil || exchange.attemptGrant != nil else { return }
    let actual = exchange.actual
    if let grant = exchange.grant { limiter.settle(grant, actual) }
    // What no attempt was made with is given back whole: an answer of the cache costs no provider anything.
    if let grant = exchange.attemptGrant { limiter.settle(grant, exchange.attempts == 0 ? .nothing : actual) }
    exchange.grant = nil
    exchange.attemptGrant = nil
  }

  private func learn(_ exchange: Exchange) {
    // A fallback's usage is of the fallback's model.
    guard let facts = exchange.facts, let model = exchange.answer.candidate?.model,
      let usage = exchange.answer.usage,
      exchange.answer.verdict?.kind == .success
    else { return }
    let name = exchange.snapshot.models[model].name
    let (input, output) = (Int64(usage.input), Int64(usage.output))
    estimators[name, default: TokenEstimator()].learn(facts, input: input, output: output)
    guard exchange.isAdmitted, exchange.snapshot.table.route(of: model) == exchange.model else { return }
    let estimate = exchange.estimate.inputTokens + exchange.estimate.outputTokens
    limitSeries.count(estimate: estimate, actual: input + output, model: name, in: shard)
  }
}

extension Exchange {
  /// What it took, all in all.
  fileprivate var actual: Demand {
    // An answer from the cache, or of another exchange, is a request, and no tokens.
    guard attempts > 0 else { return answer.isFromCache || answer.isFollowed ? .request : .nothing }
    guard let verdict = answer.verdict else { return .request }
    let spent = spent(by: verdict)
    // Of the attempts before, something left.
    return spent == .nothing && attempts > 1 ? .request : spent
  }

  /// What its last attempt took, which ended so: what the provider said, or else what was seen of it. A request that left is one,
  /// whatever came of it.
  fileprivate func spent(by verdict: Classification) -> Demand {
    if let usage = answer.usage {
      return Demand(
        inputTokens: Int64(usage.input), outputTokens: Int64(usage.output), microdollars: cost ?? 0)
    }
    if verdict.leftNothing { return .nothing }
    guard verdict.kind == .success || verdict.isUnfinished else { return .request }
    // Who counts tokens takes none, and bills none.
    if surface == .countTokens { return .request }
    // The provider was at work, and said nothing of what it came to.
    let (input, output) = (demand.inputTokens, answer.seenTokens ?? demand.outputTokens)
    return Demand(
      inputTokens: input, outputTokens: output, microdollars: price?.cost(input: input, output: output) ?? 0)
  }

  /// What an attempt took whose answer is not sent.
  fileprivate func spent(by attempt: Attempt) -> Demand {
    if attempt.finalVerdict?.leftNothing == true { return .nothing }
    let usage =
      attempt.usage ?? Usage(input: Int(demand.inputTokens), output: attempt.seenTokens ?? 0)
    let price = snapshot.price(of: attempt.step.candidate.deployment, at: beganAt)
    return Demand(
      inputTokens: Int64(usage.input), outputTokens: Int64(usage.output),
      microdollars: price?.cost(of: usage) ?? 0)
  }
}

extension Demand {
  /// One request without tokens.
  fileprivate static let request = Demand(inputTokens: 0, outputTokens: 0, microdollars: 0)
}

extension Classification {
  /// No byte of the request reached the provider.
  fileprivate var leftNothing: Bool {
    switch reason {
    case .connect, .connectTimeout, .tls, .local, .breakerOpen: true
    default: false
    }
  }

  /// The provider was at work when it ended.
  var isUnfinished: Bool {
    switch reason {
    case .clientGone, .deadline, .stopping, .brokenStream, .errorEvent, .stalled, .fellBehind, .branchLost:
      true
    default: false
    }
  }
}

extension Refusal {
  /// The refusal that ends first.
  func sooner(than other: Refusal?) -> Refusal {
    guard let other, let wait = other.wait else { return self }
    return self.wait.map { $0 < wait } ?? false ? self : other
  }
}
