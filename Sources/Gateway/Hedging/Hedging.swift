import Coordination
import NIOCore
import Policy
import Telemetry

/// A second attempt before the first has failed: whichever can be judged a success first is sent, the other is cancelled (algorithms §7).
///
/// One of both is the exchange's own: what it says of its attempt, candidate and grant is that one's. The other's grant is held here.
extension Worker {
  /// An attempt with what it took of its limits.
  struct HedgeSide {
    var attempt: Attempt
    var grant: Grant?
  }

  /// Waits until an attempt can be judged; if that takes long, for another too. `attempt` is the one to go on with afterwards.
  func hedged(
    _ attempt: inout Attempt, _ course: inout AttemptCourse, by hedges: HedgeDesk, _ exchange: Exchange
  ) async -> Classification {
    let isStream = course.facts.stream
    let first = attempt
    if exchange.attempts == 1 {
      hedges.countRequest()
      if let patience = mayHedge(first, course, exchange) ? hedges.patience(isStream: isStream) : nil,
        await !isJudged(first, within: patience),
        let second = await hedge(first, &course, by: hedges, exchange)
      {
        attempt = await race(first, second, &course.plan, exchange)
      }
    }
    let verdict = await attempt.judged()
    conclude(attempt, verdict, exchange)
    let now = SystemClock.monotonicNanoseconds()
    if verdict.kind == .success, isOfModel(attempt, exchange) {
      hedges.learn(now - attempt.startedAt, isStream: isStream)
      // What it would have taken isn't known, but that it is longer.
      if attempt !== first, first.finalVerdict == .hedgeLost {
        hedges.learn(now - first.startedAt, isStream: isStream)
      }
    }
    return verdict
  }

  /// Only for a client that waits and wants more than one attempt, and where the model that was asked for is asked.
  private func mayHedge(_ first: Attempt, _ course: AttemptCourse, _ exchange: Exchange) -> Bool {
    course.plan.hasAttemptsLeft && !exchange.answer.isFromCache && !exchange.isGone
      && first.step.candidate.fallback == 0 && isOfModel(first, exchange)
  }

  /// Of the model that was asked for, whichever version.
  private func isOfModel(_ attempt: Attempt, _ exchange: Exchange) -> Bool {
    exchange.snapshot.table.route(of: attempt.step.candidate.model) == exchange.model
  }

  private func conclude(_ attempt: Attempt, _ verdict: Classification, _ exchange: Exchange) {
    guard exchange.hedge != nil, exchange.attempts == 2 else { return }
    let end = HedgeEnd(attempt, verdict)
    exchange.hedge = end
    count(end, exchange)
  }

  // MARK: Waiting

  private func isJudged(_ attempt: Attempt, within patience: Int64) async -> Bool {
    await wait(
      for: [attempt], atMost: max(0, attempt.startedAt + patience - SystemClock.monotonicNanoseconds()))
    return attempt.judgement != nil
  }

  /// Until one of them can be judged, or so many nanoseconds are over.
  func wait(for attempts: [Attempt], atMost patience: Int64? = nil) async {
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

  /// Makes it the one that the exchange speaks of.
  func appoint(_ attempt: Attempt, _ exchange: Exchange) {
    exchange.attempt = attempt
    exchange.answer.candidate = attempt.step.candidate
    exchange.answer.endpoint = attempt.step.endpoint
  }
}

/// Wakes one who waits, whoever rings first.
// @unchecked Sendable: rung and waited for on one worker's loop; a timer of that loop is one of those who ring.
final class Bell: @unchecked Sendable {
  private var signal = Signal<Void>()

  func ring() { signal.fill(()) }
  func wait(_ continuation: UnsafeContinuation<Void, Never>) { signal.wait(continuation) }
}
