import Coordination
import Policy
import Telemetry

/// Two attempts of one exchange, until one of them decides.
extension Worker {
  /// The one to go on with: it can be judged, or is the only one left.
  func race(
    _ first: Attempt, _ second: HedgeSide, _ plan: inout AttemptPlan, _ exchange: Exchange
  ) async -> Attempt {
    exchange.rival = second.attempt
    exchange.hedge = .failed
    await wait(for: [first, second.attempt])
    exchange.rival = nil
    let own = HedgeSide(attempt: first, grant: exchange.attemptGrant)
    let (winner, other) = order(own, second)
    guard let verdict = winner.attempt.judgement else {
      preconditionFailure("a race has ended without an end")
    }
    if verdict.kind == .success || verdict.retry == .never {
      appoint(winner, exchange)
      dismiss(other, exchange)
      return winner.attempt
    }
    // It failed: the other is the next attempt, which is under way already.
    appoint(winner, exchange)
    note(winner.attempt, verdict, exchange)
    giveBack(after: verdict, exchange)
    plan.drop(winner.attempt.step, after: verdict, leaving: other.attempt.step)
    appoint(other, exchange)
    return other.attempt
  }

  /// The one that decides comes first: a success, else the first of those that can be judged.
  private func order(_ first: HedgeSide, _ second: HedgeSide) -> (HedgeSide, HedgeSide) {
    if first.attempt.judgement?.kind == .success { return (first, second) }
    if second.attempt.judgement?.kind == .success { return (second, first) }
    return first.attempt.judgement != nil ? (first, second) : (second, first)
  }

  private func appoint(_ side: HedgeSide, _ exchange: Exchange) {
    appoint(side.attempt, exchange)
    exchange.attemptGrant = side.grant
  }

  /// Cancels the other, and charges it for what it has taken of its deployment.
  private func dismiss(_ loser: HedgeSide, _ exchange: Exchange) {
    let attempt = loser.attempt
    attempt.abort(.hedgeLost)
    settle(loser.grant, of: attempt, exchange)
    guard let end = attempt.finalVerdict else { return }
    shard.increment(series.result(attempt.step.candidate.deployment, end.reason, in: exchange.snapshot))
    let now = SystemClock.monotonicNanoseconds()
    if end == .hedgeLost { learnDelay(attempt, exchange.snapshot, now: now) }
  }
}
