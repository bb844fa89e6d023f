import Coordination
import Policy

/// Which endpoints breakers, cooldowns, refused credentials, health checks and paused callers leave.
extension Snapshot {
  /// How each endpoint of a pool may be used at this moment, for a caller; nil where all may be used as they are.
  func uses(
    ofDeployment deployment: Int, for caller: UInt64,
    now: @autoclosure () -> Int64 = StateClock.monotonicMilliseconds()
  ) -> [PoolUse.Use]? {
    guard !breakers.trouble.isNone else { return nil }
    return standings(ofDeployment: deployment, for: caller, now: now()).uses
  }

  func standings(ofDeployment deployment: Int, for caller: UInt64, now: Int64) -> (
    uses: [PoolUse.Use], views: [BreakerView], pauses: [Int64]
  ) {
    let pool = table.deployments[deployment].endpoints
    let sites = breakers.pools[deployment]
    let views = zip(pool, sites).map { item, site in
      breakers.bars[item.position].isBarred(now: now) ? BreakerView(.barred) : site.view(now: now)
    }
    let pauses = sites.map { $0.pause(of: caller, now: now) }
    let members = zip(pool, views).map {
      PoolUse.Member(weight: $0.weight, $1, isHealthy: endpoints[$0.position].health.isHealthy)
    }
    let use = PoolUse(members, panic: breakers.panic)
    return (zip(use.uses, pauses).map { $1 > 0 ? .out : $0 }, views, pauses)
  }

  /// Of each member of a model's pool: the part of its weight that breakers leave it for a caller, 0 where it is out; nil where all may
  /// be used as they are.
  func shares(
    of pool: ModelPool, for caller: UInt64,
    now: @autoclosure () -> Int64 = StateClock.monotonicMilliseconds()
  ) -> [Double]? {
    guard !breakers.trouble.isNone else { return nil }
    let now = now()
    var known: [Int: [PoolUse.Use]] = [:]
    return pool.members.map { member in
      let deployment = member.place.deployment
      let endpoints = table.deployments[deployment].endpoints
      let uses = known[deployment] ?? standings(ofDeployment: deployment, for: caller, now: now).uses
      known[deployment] = uses
      guard let place = BreakerSites.place(of: member.place.endpoint, in: endpoints) else { return 0 }
      switch uses[place] {
      case .open(let weight), .ask(_, let weight), .askFirst(_, let weight):
        return max(0.001, weight / Double(endpoints[place].weight))
      case .out: return 0
      }
    }
  }

  func site(of step: AttemptPlan.Step) -> BreakerSite? {
    let deployment = step.candidate.deployment
    return BreakerSites.place(of: step.endpoint, in: table.deployments[deployment].endpoints).map {
      breakers.pools[deployment][$0]
    }
  }
}
