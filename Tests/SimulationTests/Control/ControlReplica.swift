import Control
import Coordination
import Logging
import Policy
import Settings

@testable import Gateway

/// One start of one replica, with the router's own controller, way to what is decided, table of versions and desk of evidence.
final class ControlReplica {
  private static let logger = Logger(label: "simulation") { _ in SwiftLogNoOpLogHandler() }

  let number: Int
  let name: String
  let state: SimulatedState
  let desk = VersionDesk()
  let link: ControlLink
  /// Monotonic milliseconds, as it sees them: it began at another time, and goes a little too fast or too slowly.
  let clock: @Sendable () -> Int64
  private let world: World
  private let loop: WorldLoop
  private let controller: Controller
  private let settings: Settings
  /// What it routes by.
  private(set) var rollouts = Rollouts.none
  private(set) var table: VersionTable?
  var isAlive = true
  /// It begins no more rounds.
  var isOver = false
  /// When something was last between it and Redis, in the world's milliseconds.
  var disturbedAt: Int64
  /// What is published comes in order.
  var newsAt: Int64 = 0

  init(_ world: World, _ redis: SimulatedRedis, _ settings: Settings, _ terms: ControlTerms, number: Int) {
    (self.world, self.settings, self.number) = (world, settings, number)
    let name = "r\(number)"
    self.name = name
    // Sendable for the clock's sake only: a run has one thread.
    nonisolated(unsafe) let time = world
    let (offset, rate) = (world.between(1_000, 10_000_000), world.between(952, 1_050))
    let clock: @Sendable () -> Int64 = { offset + time.now * rate / 1_000 }
    self.clock = clock
    let replica = ReplicaState(
      name: name, leastReplicas: 1, clock: StateClock(wall: 1_790_000_000_000, source: clock))
    let state = SimulatedState(world, redis, replica)
    self.state = state
    link = ControlLink(state, desk, replica: name, Self.logger, clock: clock)
    loop = WorldLoop(world)
    nonisolated(unsafe) let way = state
    let versions = desk
    controller = Controller(
      name, terms, on: loop, Self.logger, clock: clock, applied: { versions.standing.config },
      register: { _ in way })
    disturbedAt = world.now
  }

  /// What it does by itself, unless it stands still.
  func after(_ milliseconds: Int64, _ body: @escaping () -> Void) {
    let standstill = state.standstill
    world.after(milliseconds) { standstill.run(body) }
  }

  /// Rounds of the controller, one after the other.
  func lead() {
    guard isAlive, !isOver else { return }
    nonisolated(unsafe) let replica = self
    let controller = controller
    Task(executorPreference: loop) {
      await controller.round()
      replica.after(replica.pause) { replica.lead() }
    }
  }

  private var pause: Int64 { ControlSimulation.term / 5 * world.between(80, 120) / 100 }

  /// Puts in force what is decided, one after the other, each a little later; `check` sees it before.
  func follow(_ check: @escaping (Rollouts) -> Void) {
    nonisolated(unsafe) let replica = self
    nonisolated(unsafe) let check = check
    let changes = desk.changes
    Task(executorPreference: loop) {
      for await next in changes {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
          replica.after(replica.world.between(0, 30)) { continuation.resume() }
        }
        guard replica.isAlive else { continue }
        check(next)
        replica.apply(next)
      }
    }
  }

  private func apply(_ next: Rollouts) {
    rollouts = next
    table = VersionTable(settings, next)
    desk.noteApplied(next)
  }

  func end() {
    (isAlive, state.isCutOff) = (false, true)
    desk.close()
  }
}
