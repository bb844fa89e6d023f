import Coordination
import Dialects
import Policy
import Telemetry

/// What an exchange says of the version that it was for.
extension Exchange {
  /// Of each arm the first attempt at its own version counts, whatever was saved by those behind it.
  func note(_ verdict: Classification, of attempt: Attempt, in arm: Arm) {
    guard ownVerdict == nil, attempt.step.candidate.model == arm.position else { return }
    ownVerdict = verdict
  }

  /// Nil where it says nothing: it was answered from elsewhere, or ended by the client or by us.
  fileprivate func sample(_ settlement: Settlement) -> RolloutTally.Sample? {
    guard let arm, arm.candidate != nil, arm.kind != .pinned, let own = ownVerdict, !answer.isFromCache,
      !answer.isFollowed
    else { return nil }
    let end = own.kind == .success ? answer.verdict ?? own : own
    var sample = RolloutTally.Sample(arm.kind == .canary ? .canary : .baseline)
    switch end.kind {
    case .success: break
    case .failure, .cooldown, .credential:
      guard end.fault == .provider else { return nil }
      sample.isError = true
      return sample
    case .ignore: return nil
    }
    sample.latency = (settlement.durationNanoseconds - answer.queued) / 1_000_000
    if answer.isStream { sample.firstToken = settlement.firstTokenNanoseconds.map { $0 / 1_000_000 } }
    sample.cost = cost
    if arm.isShadowed { sample.tokens = answer.usage.map { Int64($0.output) } }
    return sample
  }
}

extension Worker {
  /// What it says, too; nil where that is nothing.
  func tellEvidence(_ exchange: Exchange, _ settlement: Settlement) -> RolloutTally.Sample? {
    guard let sample = exchange.sample(settlement), let arm = exchange.arm, let candidate = arm.candidate,
      let model = exchange.model
    else { return nil }
    rollouts.evidence.add(
      sample, unit: arm.unit, tenant: exchange.principal?.tenant ?? "",
      of: .init(model: exchange.snapshot.models[model].name, version: candidate),
      now: replica.clock.monotonic)
    return sample
  }
}
