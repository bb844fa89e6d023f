import Coordination
import Logging
import Policy
import Settings

@testable import Gateway

/// One start of one replica, with the router's own breakers, attempts' budget and choice of endpoints.
final class BreakerReplica {
  private static let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

  let number: Int
  let state: SimulatedState
  let snapshot: Snapshot
  let desk: BreakerDesk
  let link: BreakerLink
  /// Monotonic milliseconds, as it sees them: it began at another time, and goes a little too fast or too slowly.
  let clock: @Sendable () -> Int64
  let view: PoolView
  var isAlive = true
  var random: Chance
  /// When something was last between it and Redis, in the world's milliseconds.
  var disturbedAt: Int64
  /// Since when nobody has been there whom it could ask.
  var aloneSince: Int64?
  /// What is published comes in order.
  var newsAt: Int64 = 0
  /// When, by its own clock, requests came and retries were granted.
  var requests: [Int64] = []
  var retries: [Int64] = []

  var sites: [BreakerSite] { snapshot.breakers.all }

  init(_ world: World, _ redis: SimulatedRedis, _ settings: Settings, number: Int) {
    self.number = number
    // Sendable for the clock's sake only: a run has one thread.
    nonisolated(unsafe) let time = world
    let (offset, rate) = (world.between(1_000, 10_000_000), world.between(952, 1_050))
    let clock: @Sendable () -> Int64 = { offset + time.now * rate / 1_000 }
    self.clock = clock
    let replica = ReplicaState(
      name: "r\(number)", leastReplicas: 1, clock: StateClock(wall: 1_790_000_000_000, source: clock))
    state = SimulatedState(world, redis, replica)
    random = Chance(seed: world.random.next())
    snapshot = Snapshot(settings, epoch: 1, former: nil)
    desk = BreakerDesk(snapshot, now: clock())
    link = BreakerLink(
      state, desk, Self.logger, makeID: { replica.makeID() }, clock: clock,
      wallClock: { 1_790_000_000_000 + time.now }, chance: Chance(seed: world.random.next()))
    view = PoolView(snapshot.pools[0])
    disturbedAt = world.now
  }

  func choose(_ spent: AttemptPlan.Spent, for caller: UInt64, _ random: inout Chance) -> AttemptPlan.Place? {
    var ask = PoolView.Ask(spent: spent, sight: .none)
    ask.shares = snapshot.shares(of: view.pool, for: caller, now: clock())
    return view.choose(ask, random: &random)
  }

  /// Asks the model's retry budget.
  func mayRetry() -> Bool {
    let model = snapshot.models[0]
    guard model.ledger.takeRetry(model.budget, now: clock() * 1_000_000) else { return false }
    retries.append(clock())
    return true
  }

  func countRequest() {
    requests.append(clock())
    snapshot.models[0].ledger.countRequest(now: clock() * 1_000_000)
  }

  /// Whether the budget was overdrawn: I9. It counts whole seconds, ten of them at most.
  var isOverBudget: Bool {
    let now = clock()
    requests.removeAll { now - $0 > 10_000 }
    retries.removeAll { now - $0 > 9_000 }
    return retries.count > requests.count / 5 + 1 + 100
  }
}
