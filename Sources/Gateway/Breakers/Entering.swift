import Coordination
import Policy
import Telemetry

/// Past the breaker: what an attempt needs before it may start.
extension Worker {
  /// Who asks, as breakers tell callers apart.
  func caller(_ exchange: Exchange) -> UInt64 { exchange.principal?.caller ?? 0 }

  /// The attempt's way past its endpoint's breaker; nil where it may not start there, or no longer.
  func enter(_ step: AttemptPlan.Step, _ exchange: Exchange) async -> BreakerCall? {
    let (snapshot, caller) = (exchange.snapshot, caller(exchange))
    guard let site = snapshot.site(of: step) else { return nil }
    let bar = snapshot.breakers.bars[step.endpoint]
    guard let isTrial = bar.enter(now: StateClock.monotonicMilliseconds()) else { return nil }
    let kind = await permission(step, site, caller, exchange)
    if kind == nil, isTrial { bar.giveBack(now: StateClock.monotonicMilliseconds()) }
    return kind.map { BreakerCall($0, at: site, bar, isTrial: isTrial, caller: caller, breakers) }
  }

  /// The breaker's part of it.
  private func permission(
    _ step: AttemptPlan.Step, _ site: BreakerSite, _ caller: UInt64, _ exchange: Exchange
  ) async -> BreakerCall.Kind? {
    let snapshot = exchange.snapshot
    switch use(of: step, in: snapshot, for: caller) {
    case .out: return nil
    case .open: return .call(site.stamp(isCounted: !isPanic(site, snapshot)))
    case .ask(.own, _):
      let id = breakers.makePermitID()
      let stamp = site.ownPermit(id, now: StateClock.monotonicMilliseconds())
      return stamp.map { .probe(id: id, generation: 0, .own, $0) }
    case .ask(.shared, _):
      switch await permit(site, exchange) {
      case .refused: return nil
      case .closed: return .call(site.stamp())
      case .probe(let id, let generation):
        return .probe(id: id, generation: generation, .shared, site.probeStamp())
      }
    }
  }

  private func use(of step: AttemptPlan.Step, in snapshot: Snapshot, for caller: UInt64) -> PoolUse.Use {
    let deployment = step.candidate.deployment
    guard let uses = snapshot.uses(ofDeployment: deployment, for: caller),
      let place = BreakerSites.place(of: step.endpoint, in: snapshot.table.deployments[deployment].endpoints)
    else { return .open(weight: 1) }
    return uses[place]
  }

  /// Whether the endpoint is used though its breaker isn't closed.
  private func isPanic(_ site: BreakerSite, _ snapshot: Snapshot) -> Bool {
    guard !snapshot.breakers.trouble.isNone else { return false }
    return site.view(now: StateClock.monotonicMilliseconds()).standing != .closed
  }

  private func permit(_ site: BreakerSite, _ exchange: Exchange) async -> BreakerLink.Permission {
    await waitForState(exchange) { fill in breakers.permit(site, fill) }
  }
}
