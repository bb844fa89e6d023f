import Coordination
import Policy

/// One start of one replica.
final class SimulatedReplica {
  struct Running {
    var estimate: Int64
    var isLocal: Bool
  }

  let number: Int
  let state: SimulatedState
  let limiter: Limiter
  var isAlive = true
  var running: [Int: Running] = [:]

  init(
    _ world: World, _ redis: SimulatedRedis, number: Int, leastReplicas: Int, leases: LeaseTerms? = nil,
    onLeased: @escaping () -> Void = {}
  ) {
    self.number = number
    // Sendable for the clock's sake only: a run has one thread.
    nonisolated(unsafe) let world = world
    let clock = StateClock(wall: 1_790_000_000_000, source: { world.now })
    let replica = ReplicaState(name: "r\(number)", leastReplicas: leastReplicas, clock: clock)
    state = SimulatedState(world, redis, replica)
    limiter = Limiter(state, replica, leases: leases) { way, _ in
      if way == .leased { onLeased() }
    }
  }
}
