import Coordination
import Policy

/// Which endpoints breakers, cooldowns, refused credentials, health checks and paused callers leave.
extension Snapshot {
  /// How each endpoint of a pool may be used at this moment, for a caller; nil where all may be used as they are.
  func uses(ofDeployment deployment: Int, for caller: UInt64) -> [PoolUse.Use]? {
    guard !breakers.trouble.isNone else { return nil }
    return standings(ofDeployment: deployment, for: caller, now: StateClock.monotonicMilliseconds()).uses
  }

  func standings(ofDeployment deployment: Int, for caller: UInt64, now: Int64) -> (
    uses: [PoolUse.Use], views: [BreakerView], pauses: [Int64]
  ) {
    let pool = table.deployments[deployment].endpoints
    let sites = breakers.pools[deployment]
    let views = zip(pool, sites).map { item, site in
      breakers.bars[item.position].isSet ? BreakerView(.barred) : site.view(now: now)
    }
    let pauses = sites.map { $0.pause(of: caller, now: now) }
    let members = zip(pool, views).map {
      PoolUse.Member(weight: $0.weight, $1, isHealthy: endpoints[$0.position].health.isHealthy)
    }
    let use = PoolUse(members, panic: breakers.panic)
    return (zip(use.uses, pauses).map { $1 > 0 ? .out : $0 }, views, pauses)
  }

  /// Where an attempt at a deployment goes, among those that `isOut` and the breakers leave; nil where they leave none.
  func choose(
    ofDeployment deployment: Int, for caller: UInt64, isOut: (Int) -> Bool, random: inout Chance
  ) -> Int? {
    guard let uses = uses(ofDeployment: deployment, for: caller) else {
      return choose(ofDeployment: deployment, isOut: isOut, random: &random)
    }
    let left = zip(table.deployments[deployment].endpoints, uses).compactMap {
      item, use -> RoutingTable.Weighted? in
      switch use {
      case .open(let weight), .ask(_, let weight):
        RoutingTable.Weighted(position: item.position, weight: max(1, Int(weight * Self.fineness)))
      case .out: nil
      }
    }
    return LeastConnections().choose(
      left, inFlight: { endpoints[$0].inFlight }, isOut: isOut, random: &random)
  }

  /// Weights are whole; shares of them aren't.
  private static var fineness: Double { 1_000 }

  func site(of step: AttemptPlan.Step) -> BreakerSite? {
    let deployment = step.candidate.deployment
    return BreakerSites.place(of: step.endpoint, in: table.deployments[deployment].endpoints).map {
      breakers.pools[deployment][$0]
    }
  }
}
