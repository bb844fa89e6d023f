import Policy

@testable import Gateway

/// What troubles breakers alone, beside `Troubles`.
extension BreakerSimulation {
  /// Milliseconds that a replica stands still at the longest, and that a former primary takes writes.
  private static let longestPause: Int64 = 60_000
  private static let longestSplit: Int64 = 10_000

  func trouble() {
    world.after(world.between(200, 2_000)) { [self] in
      guard world.now < Self.length else { return }
      if faults.redisForgets || faults.primariesSplit { fail(over: world.random.below(8)) }
      if faults.losesCalls { replicas.randomElement(using: &world.random)?.state.duplicates = 10 }
      if faults.replicasPause, world.chance(15), let replica = replicas.randomElement(using: &world.random) {
        pause(replica)
      }
      trouble()
    }
  }

  /// Redis' replica takes over, or has caught up, or a part of a breaker is gone.
  private func fail(over choice: Int) {
    switch choice {
    case 0 where faults.redisForgets:
      redis.breakers.failOver()
      redis.skew += world.between(-2_000, 2_000)
    case 0...1 where faults.primariesSplit: split()
    case 1 where faults.redisForgets:
      let part = BreakerStore.Part.allCases[world.random.below(3)]
      redis.breakers.forget(part, of: replicas[0].sites[0].keys)
    case 2...5: redis.breakers.replicate()
    default: break
    }
  }

  /// Redis' replica takes over, and the former primary does not hear of it for some seconds: some replicas are still there.
  private func split() {
    guard redis.formerBreakers == nil else { return }
    let audit = BreakerAudit(world) { [self] in fail("at the former primary: \($0)") }
    redis.formerBreakers = redis.breakers.former(audit)
    redis.breakers.failOver()
    for replica in replicas {
      replica.disturbedAt = world.now
      replica.state.isAtFormer = world.chance(50)
      listen(replica)
    }
    world.after(world.between(500, Self.longestSplit)) { [self] in unite() }
  }

  /// What only the former primary knew is lost.
  private func unite() {
    guard redis.formerBreakers != nil else { return }
    for replica in replicas where replica.state.isAtFormer {
      replica.disturbedAt = world.now
      replica.state.isAtFormer = false
      listen(replica)
      // It subscribes anew.
      replica.desk.readAllSoon()
    }
    redis.formerBreakers = nil
  }

  private func pause(_ replica: BreakerReplica) {
    guard !replica.state.standstill.isOn else { return }
    replica.state.standstill.begin()
    world.after(world.between(100, Self.longestPause)) { [self] in goOn(replica) }
  }

  private func goOn(_ replica: BreakerReplica) {
    guard replica.state.standstill.isOn else { return }
    replica.disturbedAt = world.now
    replica.state.standstill.end()
  }

  func healTroubles() {
    troubles.heal(replicas.map(\.state))
    unite()
    for replica in replicas { replica.state.duplicates = 0 }
    for endpoint in endpoints { endpoint.heal() }
    for replica in replicas { goOn(replica) }
  }
}
