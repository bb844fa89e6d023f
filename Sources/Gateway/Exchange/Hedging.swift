import Coordination
import NIOCore
import Policy
import Telemetry

/// What became of an attempt beside the first.
enum HedgeEnd: String {
  /// It was sooner.
  case won
  case lost
  /// Neither had an answer.
  case failed
}

/// A second attempt before the first has failed: whichever can be judged a success first is sent, the other is cancelled (algorithms §7).
///
/// One of both is the exchange's own: what it says of its attempt, candidate and grant is that one's. The other's grant is held here.
extension Worker {
  typealias Start = (AttemptPlan.Step, BreakerCall) throws(ExchangeError) -> Attempt

  /// An attempt with what it took of its limits.
  private struct Side {
    var attempt: Attempt
    var grant: Grant?
  }

  /// Waits until an attempt can be judged; if that takes long, for another too. `attempt` is the one to go on with afterwards.
  func hedged(
    _ attempt: inout Attempt, _ plan: inout AttemptPlan, by hedges: HedgeDesk,
    _ choose: AttemptPlan.Choose, _ exchange: Exchange, start: Start
  ) async -> Classification {
    let isStream = exchange.facts?.stream ?? false
    let first = attempt
    if exchange.attempts == 1 {
      hedges.countRequest()
      if let patience = mayHedge(first, exchange) ? hedges.patience(isStream: isStream) : nil,
        await !isJudged(first, within: patience),
        let second = await hedge(first, &plan, by: hedges, choose, exchange, start)
      {
        attempt = await race(first, second, &plan, exchange)
      }
    }
    let verdict = await attempt.judged()
    conclude(attempt, verdict, exchange)
    let now = SystemClock.monotonicNanoseconds()
    if verdict.kind == .success, attempt.step.candidate.model == exchange.model {
      hedges.learn(now - attempt.startedAt, isStream: isStream)
      // What it would have taken isn't known, but that it is longer.
      if attempt !== first, first.finalVerdict == .hedgeLost {
        hedges.learn(now - first.startedAt, isStream: isStream)
      }
    }
    return verdict
  }

  /// Only for a client that waits, and where the model that was asked for is asked.
  private func mayHedge(_ first: Attempt, _ exchange: Exchange) -> Bool {
    !exchange.answer.isFromCache && !exchange.isGone && first.step.candidate.fallback == 0
      && first.step.candidate.model == exchange.model
  }

  // MARK: Waiting

  private func isJudged(_ attempt: Attempt, within patience: Int64) async -> Bool {
    await wait(
      for: [attempt], atMost: max(0, attempt.startedAt + patience - SystemClock.monotonicNanoseconds()))
    return attempt.judgement != nil
  }

  /// Until one of them can be judged, or so many nanoseconds are over.
  private func wait(for attempts: [Attempt], atMost patience: Int64? = nil) async {
    guard attempts.allSatisfy({ $0.judgement == nil }) else { return }
    let bell = Bell()
    for attempt in attempts { attempt.onJudgement = { bell.ring() } }
    let timer = patience.map { time in
      loop.scheduleTask(in: .nanoseconds(time)) { [executor] in executor.handle { bell.ring() } }
    }
    await withUnsafeContinuation { bell.wait($0) }
    timer?.cancel()
    for attempt in attempts { attempt.onJudgement = nil }
  }

  // MARK: The second attempt

  /// Starts it, unless it isn't worth it any more; nil without a trace but for its count.
  private func hedge(
    _ first: Attempt, _ plan: inout AttemptPlan, by hedges: HedgeDesk, _ choose: AttemptPlan.Choose,
    _ exchange: Exchange, _ start: Start
  ) async -> Side? {
    var next = plan
    let (full, metFull) = (exchange.full, exchange.metFull)
    defer { (exchange.full, exchange.metFull) = (full, metFull) }
    guard exchange.obstacle(now: SystemClock.monotonicNanoseconds()) == nil,
      let step = next.hedge(random: &random, choose: choose), shortTime(for: step, exchange) == nil
    else { return nil }
    guard takeSlot(step, exchange) else { return nil }
    defer { exchange.slot = nil }  // unless the attempt has it
    guard hedges.takeHedge(now: SystemClock.monotonicNanoseconds()),
      let grant = await admit(hedge: step, exchange)
    else {
      countHedge("denied", exchange)
      return nil
    }
    // Meanwhile the first may have answered.
    guard first.judgement == nil, let call = await enter(step, exchange) else {
      grant.map { limiter.settle($0, .nothing) }
      return nil
    }
    guard first.judgement == nil, let second = begin(step, call, beside: first, exchange, start) else {
      grant.map { limiter.settle($0, .nothing) }
      return nil
    }
    plan = next
    return Side(attempt: second, grant: grant)
  }

  /// What its limits gave, which may be nothing as there are none; nil where they have no room.
  private func admit(hedge step: AttemptPlan.Step, _ exchange: Exchange) async -> Grant?? {
    guard let facts = exchange.facts, let principal = exchange.principal, let model = exchange.model else {
      return nil
    }
    let own = exchange.attemptGrant
    exchange.attemptGrant = nil
    defer { exchange.attemptGrant = own }
    do throws(ExchangeError) {
      let refusal = try await admit(step, facts, model, principal, exchange)
      return refusal == nil ? .some(exchange.attemptGrant) : nil
    } catch {
      return nil  // the exchange's own limits have let it through long ago
    }
  }

  private func begin(
    _ step: AttemptPlan.Step, _ call: BreakerCall, beside first: Attempt, _ exchange: Exchange, _ start: Start
  ) -> Attempt? {
    defer { appoint(first, exchange) }
    return try? start(step, call)
  }

  /// Makes it the one that the exchange speaks of.
  private func appoint(_ attempt: Attempt, _ exchange: Exchange) {
    exchange.attempt = attempt
    exchange.answer.candidate = attempt.step.candidate
    exchange.answer.endpoint = attempt.step.endpoint
  }

  // MARK: The race

  /// The one to go on with: it can be judged, or is the only one left.
  private func race(
    _ first: Attempt, _ second: Side, _ plan: inout AttemptPlan, _ exchange: Exchange
  ) async -> Attempt {
    exchange.rival = second.attempt
    exchange.hedge = .failed
    await wait(for: [first, second.attempt])
    exchange.rival = nil
    let own = Side(attempt: first, grant: exchange.attemptGrant)
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
  private func order(_ first: Side, _ second: Side) -> (Side, Side) {
    if first.attempt.judgement?.kind == .success { return (first, second) }
    if second.attempt.judgement?.kind == .success { return (second, first) }
    return first.attempt.judgement != nil ? (first, second) : (second, first)
  }

  private func appoint(_ side: Side, _ exchange: Exchange) {
    appoint(side.attempt, exchange)
    exchange.attemptGrant = side.grant
  }

  /// Cancels the other, and charges it for what it has taken of its deployment.
  private func dismiss(_ loser: Side, _ exchange: Exchange) {
    let attempt = loser.attempt
    attempt.abort(.hedgeLost)
    settle(loser.grant, of: attempt, exchange)
    guard let end = attempt.finalVerdict else { return }
    shard.increment(series.result(attempt.step.candidate.deployment, end.reason, in: exchange.snapshot))
    let now = SystemClock.monotonicNanoseconds()
    if end == .hedgeLost { learnDelay(attempt, exchange.snapshot, now: now) }
  }

  private func conclude(_ attempt: Attempt, _ verdict: Classification, _ exchange: Exchange) {
    guard exchange.hedge != nil, exchange.attempts == 2 else { return }
    if verdict.kind == .success { exchange.hedge = attempt.step.reason == .hedge ? .won : .lost }
    if let end = exchange.hedge { countHedge(end.rawValue, exchange) }
  }

  private func countHedge(_ outcome: String, _ exchange: Exchange) {
    guard let model = exchange.model else { return }
    shard.increment(series.hedge(model, outcome, in: exchange.snapshot))
  }
}

/// Wakes one who waits, whoever rings first.
// @unchecked Sendable: rung and waited for on one worker's loop; a timer of that loop is one of those who ring.
private final class Bell: @unchecked Sendable {
  private var signal = Signal<Void>()

  func ring() { signal.fill(()) }
  func wait(_ continuation: UnsafeContinuation<Void, Never>) { signal.wait(continuation) }
}
