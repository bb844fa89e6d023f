import NIOCore
import Telemetry

/// Runs jobs on one event loop: a worker's isolation, and the preference of the tasks that it starts.
///
/// A task that is started without this preference finishes on the global pool, at the price of a context switch per request.
///
/// Under load, jobs are gathered and run together at the end of the loop's tick: each phase of many exchanges in a row, which
/// takes a third less CPU time than exchange by exchange. A loop with little to do runs them right behind the event that made
/// them ready, which takes a quarter less time until the request is on its way.
// @unchecked Sendable: what changes is touched on the loop alone.
final class LoopExecutor: SerialExecutor, TaskExecutor, @unchecked Sendable {
  private let loop: any EventLoop
  private let clock: @Sendable () -> Int64
  private var queue: [UnownedJob] = []
  /// Someone further up the stack, or NIO by the end of the tick, will run what is queued.
  private var isScheduled = false
  private var load = LoopLoad()

  /// `clock` gives monotonic nanoseconds.
  init(loop: any EventLoop, clock: @escaping @Sendable () -> Int64 = SystemClock.monotonicNanoseconds) {
    self.loop = loop
    self.clock = clock
  }

  func enqueue(_ job: consuming ExecutorJob) {
    let job = UnownedJob(job)
    guard loop.inEventLoop else { return loop.execute { self.arrive(job) } }
    queue.append(job)
    guard !isScheduled else { return }
    isScheduled = true
    loop.execute { self.drain() }
  }

  /// A job of another thread's; it runs like those of the loop's own, one after another and never within one.
  private func arrive(_ job: UnownedJob) {
    queue.append(job)
    guard !isScheduled else { return }
    isScheduled = true
    drain()
  }

  /// On the loop: calls `body`, and under light load also the jobs that it makes ready. Within a job, or within itself, it leaves
  /// those to whoever runs already.
  func handle(_ body: () -> Void) {
    guard !isScheduled, !load.isBusy(now: clock()) else { return body() }
    isScheduled = true
    body()
    drain()
  }

  /// Runs what has gathered, and what that adds.
  private func drain() {
    var next = 0
    while next < queue.count {
      run(queue[next])
      next += 1
    }
    queue.removeAll(keepingCapacity: true)
    isScheduled = false
  }

  private func run(_ job: UnownedJob) {
    job.runSynchronously(isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
  }

  func asUnownedSerialExecutor() -> UnownedSerialExecutor { UnownedSerialExecutor(ordinary: self) }

  func checkIsolated() { loop.preconditionInEventLoop() }
}

/// How much a loop has to do: events that exchanges wait for, counted by the millisecond.
struct LoopLoad {
  /// More events in one millisecond than this make the next one busy. A worker that does nothing else handles about 40.
  static let limit = 16
  static let window: Int64 = 1_000_000

  private var windowEnd: Int64 = 0
  private var count = 0
  private var isBusy = false

  /// Counts an event, and tells whether it comes in busy times.
  mutating func isBusy(now: Int64) -> Bool {
    if now >= windowEnd {
      // Of the window that has just ended; one further back says nothing of now.
      isBusy = count > Self.limit && now < windowEnd + Self.window
      windowEnd = now + Self.window
      count = 0
    }
    count += 1
    return isBusy
  }
}
