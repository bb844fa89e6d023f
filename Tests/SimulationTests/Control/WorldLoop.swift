import Dispatch
import NIOCore

/// Runs what actors and tasks do as events of a world, one after the other and on the thread that runs it: the same seed gives the same
/// run, of code that awaits too.
// @unchecked Sendable: a run has one thread.
final class WorldLoop: NIOSerialEventLoopExecutor, TaskExecutor, @unchecked Sendable {
  private let world: World

  init(_ world: World) { self.world = world }

  var inEventLoop: Bool { true }

  func execute(_ task: @escaping @Sendable () -> Void) { world.after(0, task) }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    world.after(0) { [self] in
      job.runSynchronously(
        isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
    }
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  // MARK: What nobody asks of it

  func scheduleTask<T>(deadline: NIODeadline, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    preconditionFailure("time passes by the world's events alone")
  }

  func scheduleTask<T>(in time: TimeAmount, _ task: @escaping @Sendable () throws -> T) -> Scheduled<T> {
    preconditionFailure("time passes by the world's events alone")
  }

  func shutdownGracefully(queue: DispatchQueue, _ callback: @Sendable @escaping ((any Error)?) -> Void) {
    queue.async { callback(nil) }
  }
}
