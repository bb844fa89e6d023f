import Policy

extension Faults {
  /// A leader may find out by a call that its lease is over.
  var surprisesLeaders: Bool { replicasPause || clockJumps || redisForgets || primariesSplit }
}

/// What troubles rollouts alone, beside `Troubles`.
extension ControlSimulation {
  /// Milliseconds that a replica stands still at the longest, and that a former primary takes writes.
  private static let longestPause: Int64 = 60_000
  private static let longestSplit: Int64 = 10_000

  func trouble() {
    world.after(world.between(200, 2_000)) { [self] in
      guard world.now < Self.length else { return }
      if faults.redisForgets || faults.primariesSplit { fail(over: world.random.below(10)) }
      if faults.losesCalls { replicas.randomElement(using: &world.random)?.state.duplicates = 10 }
      if faults.replicasPause, world.chance(10), let replica = replicas.randomElement(using: &world.random) {
        if world.chance(30) {
          pause(replica)
        } else {
          replica.state.whenItLeads = { [self] in pause(replica) }
        }
      }
      if faults.replicasCrash, world.chance(8), let replica = replicas.randomElement(using: &world.random) {
        crash(replica)
      }
      trouble()
    }
  }

  /// Redis' replica takes over, or has caught up, or a part of what is known is as it was.
  private func fail(over choice: Int) {
    switch choice {
    case 0 where faults.redisForgets:
      redis.control.failOver(now: redis.now)
      redis.skew += world.between(-2_000, 2_000)
      disturbAll()
    case 0...1 where faults.primariesSplit: split()
    case 1 where faults.redisForgets:
      let part = SimulatedControlStore.Part.allCases[world.random.below(5)]
      redis.control.restore(part, now: redis.now)
      disturbAll()
    case 2...6: redis.control.replicate()
    default: break
    }
  }

  /// Redis' replica takes over, and the former primary does not hear of it for some seconds: some replicas are still there.
  private func split() {
    guard redis.formerControl == nil else { return }
    let former = RolloutAudit(
      world, chronicle, mayBeFenced: true, isGood: { _ in false }, isWorse: { _, _ in false },
      fail: { [self] in fail("at the former primary: \($0)") })
    redis.formerControl = redis.control.former(former, now: redis.now)
    redis.control.failOver(now: redis.now)
    for replica in replicas {
      replica.disturbedAt = world.now
      replica.state.isAtFormer = world.chance(50)
      listen(replica)
    }
    world.after(world.between(500, Self.longestSplit)) { [self] in unite() }
  }

  /// What only the former primary knew is lost.
  private func unite() {
    guard redis.formerControl != nil else { return }
    for replica in replicas where replica.state.isAtFormer {
      replica.state.isAtFormer = false
      listen(replica)
    }
    redis.formerControl = nil
    // Versions that only the former primary exposed are so no more.
    redis.control.audit?.hasForgotten(redis.control.store, now: redis.now)
    disturbAll()
  }

  /// Who leads may be stopped in the middle of a round: what it does next was decided before.
  private func pause(_ replica: ControlReplica) {
    guard !replica.state.standstill.isOn, world.now < Self.length else { return }
    replica.state.standstill.begin()
    world.after(world.between(100, Self.longestPause)) { [self] in goOn(replica) }
  }

  private func goOn(_ replica: ControlReplica) {
    guard replica.state.standstill.isOn else { return }
    replica.disturbedAt = world.now
    replica.state.standstill.end()
  }

  func healTroubles() {
    troubles.heal(replicas.map(\.state))
    unite()
    for replica in replicas {
      replica.state.duplicates = 0
      goOn(replica)
    }
  }
}
