import Coordination
import Dialects
import Policy
import Settings
import Synchronization
import Telemetry
import Upstream

/// What a copy takes: a place and money of its own, memory, and what the candidate's deployment and its credential may use. Those limits
/// are the provider's, whoever calls; its client's, and its model's, it leaves alone.
extension Worker {
  /// What a copy will probably take; nil where its deployment has no price, and a budget goes by it.
  func demand(of copy: ShadowCopy, at step: AttemptPlan.Step) -> Demand? {
    let price = copy.snapshot.price(of: step.candidate.deployment, at: copy.beganAt)
    guard price != nil || copy.errand == .audit else { return nil }
    let estimator = estimators[copy.model] ?? TokenEstimator()
    let facts = copy.seed.request.facts
    let (input, output) = (estimator.input(facts), estimator.output(facts))
    return Demand(
      inputTokens: input, outputTokens: output,
      microdollars: price?.cost(input: input, output: output) ?? 0)
  }

  /// Takes place, money and memory, or none of them; why there is none.
  func reserve(_ copy: ShadowCopy, _ demand: Demand) -> ShadowDrop? {
    let settings = copy.snapshot.settings
    let now = StateClock.monotonicMilliseconds()
    let drop =
      copy.errand == .audit
      ? rollouts.audits.enter(now: now)
      : rollouts.shadows.enter(
        copy.subject.model, copy.errand, cost: demand.microdollars, settings.rollout.shadow, now: now)
    if let drop { return drop }
    guard shared.reserve(copy.seed.body.count, limit: settings.server.maxBuffered.count / 2) else {
      leave(copy, reserved: demand.microdollars, cost: 0)
      return .busy
    }
    copy.reserved = demand.microdollars
    return nil
  }

  private func leave(_ copy: ShadowCopy, reserved: Int64, cost: Int64) {
    guard copy.errand != .audit else { return rollouts.audits.leave() }
    rollouts.shadows.leave(copy.subject.model, reserved: reserved, cost: cost)
  }

  /// Whether its deployment and credential have room for it.
  func admit(_ copy: ShadowCopy, to step: AttemptPlan.Step, _ demand: Demand) async -> Bool {
    let snapshot = copy.snapshot
    let groups = [
      snapshot.limitTable.deployments[step.candidate.deployment], snapshot.credentials[step.endpoint],
    ].compactMap { $0 }
    guard !groups.isEmpty else { return true }
    guard limiter.refusal(of: groups, demand) == nil else { return false }
    let ask = Limiter.Ask(
      exchange: [], attempt: groups, demand: demand, lifetime: copy.timeout / 1_000_000 + Self.copyGrace)
    guard case .admitted(_, let grant) = await answer(to: ask) else { return false }
    copy.grant = grant
    return true
  }

  /// Milliseconds that a reservation outlives its copy's deadline.
  private static var copyGrace: Int64 { 30_000 }

  private func answer(to ask: Limiter.Ask) async -> Limiter.Answer {
    let waiting = Waiting<Limiter.Answer>()
    limiter.admit(ask) { [executor] answer in
      if waiting.isAwaited { executor.handle { waiting.fill(answer) } } else { waiting.fill(answer) }
    }
    if let answer = waiting.value { return answer }
    return await withUnsafeContinuation { waiting.wait($0) }
  }

  /// Gives back what it holds, less what it has spent.
  func release(_ copy: ShadowCopy, _ spent: Demand) {
    leave(copy, reserved: copy.reserved, cost: spent.microdollars)
    shared.buffered.wrappingSubtract(copy.seed.body.count, ordering: .relaxed)
    guard let grant = copy.grant else { return }
    copy.grant = nil
    limiter.settle(grant, spent)
  }

  /// What a copy took: as the provider says, else as far as it was seen of an answer that began. Where it was cut off before that, the
  /// provider may have been at work all the time, and want to be paid: what was estimated counts.
  func spent(by attempt: Attempt, _ copy: ShadowCopy) -> Demand {
    let price = copy.snapshot.price(of: attempt.step.candidate.deployment, at: copy.beganAt)
    if let usage = attempt.usage {
      return Demand(
        inputTokens: Int64(usage.input), outputTokens: Int64(usage.output),
        microdollars: price?.cost(of: usage) ?? 0)
    }
    if attempt.head.status == 0, attempt.finalVerdict?.isUnfinished == true {
      return demand(of: copy, at: attempt.step) ?? .nothing
    }
    guard (200..<300).contains(attempt.head.status) else {
      return Demand(inputTokens: 0, outputTokens: 0, microdollars: 0)
    }
    let estimator = estimators[copy.model] ?? TokenEstimator()
    let (input, output) = (
      estimator.input(copy.seed.request.facts), Int64(attempt.seenTokens ?? 0)
    )
    return Demand(
      inputTokens: input, outputTokens: output,
      microdollars: price?.cost(input: input, output: output) ?? 0)
  }
}
