import Coordination
import Dialects
import Policy
import Telemetry

/// The attempt beside the first: what it needs before it may begin.
extension Worker {
  /// Starts it; nil where it isn't worth it any more, or where something is in its way, which is counted. Nothing is kept of what
  /// it took until then.
  func hedge(
    _ first: Attempt, _ course: inout AttemptCourse, by hedges: HedgeDesk, _ exchange: Exchange
  ) async -> HedgeSide? {
    let (full, metFull) = (exchange.full, exchange.metFull)
    defer { (exchange.full, exchange.metFull) = (full, metFull) }
    defer { exchange.slot = nil }  // unless the attempt has it
    do throws(HedgeDenial) {
      var plan = course.plan
      let step = try step(beside: first, &plan, by: hedges, exchange)
      let grant = try await grant(for: step, exchange)
      do throws(HedgeDenial) {
        let second = try await begin(step, beside: first, course, by: hedges, exchange)
        course.plan = plan
        return HedgeSide(attempt: second, grant: grant)
      } catch {
        grant.map { limiter.settle($0, .nothing) }
        throw error
      }
    } catch {
      count(error, exchange)
      return nil
    }
  }

  /// Where it goes, with a place there.
  private func step(
    beside first: Attempt, _ plan: inout AttemptPlan, by hedges: HedgeDesk, _ exchange: Exchange
  ) throws(HedgeDenial) -> AttemptPlan.Step {
    let now = SystemClock.monotonicNanoseconds()
    guard exchange.obstacle(now: now) == nil else { throw .pointless }
    guard hedges.hasBudget(now: now) else { throw .budget }
    let step = plan.hedge(random: &random) { self.choose(ofModel: $0, $1, for: exchange, random: &$2) }
    guard let step else { throw whyNobody(beside: first, exchange) }
    guard shortTime(for: step, exchange) == nil else { throw .deadline }
    guard takeSlot(step, exchange) else { throw .full }
    return step
  }

  /// Why no other endpoint of the model could be chosen.
  private func whyNobody(beside first: Attempt, _ exchange: Exchange) -> HedgeDenial {
    guard exchange.full.isEmpty else { return .full }
    let pool = exchange.snapshot.pools[first.step.candidate.model]
    guard let shares = exchange.snapshot.shares(of: pool, for: caller(exchange)) else { return .pointless }
    let isLeftOut = zip(pool.members, shares).contains {
      $0.place.endpoint != first.step.endpoint && $1 == 0
    }
    return isLeftOut ? .breakerOpen : .pointless
  }

  /// What its limits gave; nil as there are none.
  private func grant(for step: AttemptPlan.Step, _ exchange: Exchange) async throws(HedgeDenial) -> Grant? {
    guard let facts = exchange.facts, let principal = exchange.principal, let model = exchange.model else {
      throw .pointless
    }
    let own = exchange.attemptGrant
    exchange.attemptGrant = nil
    defer { exchange.attemptGrant = own }
    let refusal: Refusal?
    do throws(ExchangeError) {
      refusal = try await admit(step, facts, model, principal, exchange)
    } catch {
      throw .limited  // the exchange's own limits, which have let it through long ago
    }
    guard refusal == nil else { throw .limited }
    return exchange.attemptGrant
  }

  /// Past the breaker. The budget is taken last: what was refused elsewhere takes nothing of it.
  private func begin(
    _ step: AttemptPlan.Step, beside first: Attempt, _ course: AttemptCourse, by hedges: HedgeDesk,
    _ exchange: Exchange
  ) async throws(HedgeDenial) -> Attempt {
    // The first may have answered while its limits were asked, or while its breaker was.
    guard first.judgement == nil else { throw .pointless }
    let sent: Sent?
    do throws(PeekError) { sent = try translated(step, course, exchange) } catch {
      throw HedgeDenial.pointless
    }
    guard var call = await enter(step, exchange) else { throw .breakerOpen }
    do throws(HedgeDenial) {
      guard first.judgement == nil else { throw .pointless }
      guard hedges.takeHedge(now: SystemClock.monotonicNanoseconds()) else { throw .budget }
    } catch {
      call.abandon()
      throw error
    }
    defer { appoint(first, exchange) }
    return start(step, call, course, sent, exchange)
  }
}
