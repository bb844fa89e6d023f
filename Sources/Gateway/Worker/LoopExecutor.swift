import NIOCore

/// Runs jobs on one event loop: a worker's isolation, and the preference of the tasks that it starts.
///
/// A task that is started without this preference finishes on the global pool, at the price of a context switch per request. Jobs
/// of the loop's own are gathered and run together at the end of its tick: one entry in NIO's queue for all of them.
final class LoopExecutor: SerialExecutor, TaskExecutor {
  private let loop: any EventLoop
  private let queue: NIOLoopBoundBox<[UnownedJob]>

  /// To be made on `loop`.
  init(loop: any EventLoop) {
    self.loop = loop
    queue = NIOLoopBoundBox([], eventLoop: loop)
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    guard loop.inEventLoop else { return loop.execute { self.run(job) } }
    if queue.value.isEmpty { loop.execute { self.drain() } }
    queue.value.append(job)
  }

  /// Runs what has gathered, and what that adds: the queue is empty only when nothing is left to schedule.
  private func drain() {
    var next = 0
    while next < queue.value.count {
      run(queue.value[next])
      next += 1
    }
    queue.value.removeAll(keepingCapacity: true)
  }

  private func run(_ job: UnownedJob) {
    job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  func checkIsolated() { loop.preconditionInEventLoop() }
}
