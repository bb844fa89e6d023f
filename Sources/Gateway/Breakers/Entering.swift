import Coordination
import Policy

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
    switch snapshot.entry(to: step, site, for: caller, breakers) {
    case .out: return nil
    case .call(let kind): return kind
    case .ask(let isPanic):
      let permission = await permit(site, exchange)
      return snapshot.entry(to: step, site, by: permission, isPanic: isPanic, for: caller, breakers)
    }
  }

  private func permit(_ site: BreakerSite, _ exchange: Exchange) async -> BreakerLink.Permission {
    await waitForState(exchange) { fill in breakers.permit(site, fill) }
  }
}

/// Whether an attempt may start at an endpoint.
enum BreakerEntry {
  case out
  case call(BreakerCall.Kind)
  /// The shared breaker says. `isPanic`: what it refuses is let through.
  case ask(isPanic: Bool)
}

extension Snapshot {
  func entry(
    to step: AttemptPlan.Step, _ site: BreakerSite, for caller: UInt64, _ link: BreakerLink
  ) -> BreakerEntry {
    switch use(of: step, for: caller, link) {
    case .out: return .out
    case .open: return .call(.call(site.stamp(isCounted: !isPanic(site, link))))
    case .ask(.own, _): return site.ownProbe(link).map { .call($0) } ?? .out
    case .askFirst(.own, _): return .call(site.ownProbe(link) ?? .call(site.stamp(isCounted: false)))
    case .ask(.shared, _): return .ask(isPanic: false)
    case .askFirst(.shared, _): return .ask(isPanic: true)
    }
  }

  /// What the shared breaker's answer comes to; nil where the attempt may not start.
  func entry(
    to step: AttemptPlan.Step, _ site: BreakerSite, by permission: BreakerLink.Permission, isPanic: Bool,
    for caller: UInt64, _ link: BreakerLink
  ) -> BreakerCall.Kind? {
    switch permission {
    case .refused where isPanic:
      switch use(of: step, for: caller, link) {
      case .open, .askFirst: return .call(site.stamp(isCounted: false))
      case .ask, .out: return nil
      }
    case .refused: return nil
    case .probe(let id, let generation):
      return .probe(id: id, generation: generation, .shared, site.probeStamp())
    case .closed, .alone:
      // The replica's own may be open all the same, or is probed.
      guard case .call(let kind) = entry(to: step, site, for: caller, link) else { return nil }
      return kind
    }
  }

  private func use(of step: AttemptPlan.Step, for caller: UInt64, _ link: BreakerLink) -> PoolUse.Use {
    let deployment = step.candidate.deployment
    guard let uses = uses(ofDeployment: deployment, for: caller, now: link.now),
      let place = BreakerSites.place(of: step.endpoint, in: table.deployments[deployment].endpoints)
    else { return .open(weight: 1) }
    return uses[place]
  }

  /// Whether the endpoint is used though its breaker isn't closed.
  private func isPanic(_ site: BreakerSite, _ link: BreakerLink) -> Bool {
    guard !breakers.trouble.isNone else { return false }
    return site.view(now: link.now).standing != .closed
  }
}

extension BreakerSite {
  /// A probe of the replica's own breaker; nil where all of its permits are given.
  fileprivate func ownProbe(_ link: BreakerLink) -> BreakerCall.Kind? {
    let id = link.makePermitID()
    return ownPermit(id, now: link.now).map { .probe(id: id, generation: 0, .own, $0) }
  }
}
