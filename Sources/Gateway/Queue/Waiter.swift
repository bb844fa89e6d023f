import NIOCore
import Policy

/// One exchange that waits for a place at any of some endpoints.
// @unchecked Sendable: what changes is touched on its loop alone; others come by `tell`, which goes there.
final class Waiter: @unchecked Sendable {
  enum Outcome: Sendable {
    /// It has a place.
    case slot(Slot)
    /// It is to look again where it can go. Until it leaves, it keeps its place in the queue.
    case look
    /// It has waited in vain.
    case late
    /// Another was given its room to wait.
    case displaced
    /// Its client has gone, its time is up, or the replica stops.
    case left
  }

  /// What it brings to the queue.
  let entry: WaitQueue.Entry
  /// The model whose queue it is in.
  let line: String
  private let desk: QueueDesk
  private let loop: any EventLoop
  private let executor: LoopExecutor
  /// Why it is in the queue no longer.
  private var told: Outcome?
  /// Ends one wait of it.
  private var bell = Waiting<Void>()
  /// Milliseconds: when it last looked where it can go.
  private var lookedAt: Int64

  /// Milliseconds after which what can be used may have changed, where there is trouble with endpoints.
  private static let patience: Int64 = 500

  init(
    _ entry: WaitQueue.Entry, in line: String, at desk: QueueDesk, now: Int64,
    on loop: any EventLoop, _ executor: LoopExecutor
  ) {
    (self.entry, self.line) = (entry, line)
    (self.desk, self.loop, self.executor, lookedAt) = (desk, loop, executor, now)
  }

  nonisolated(nonsending) func wait() async -> Outcome {
    if told == nil {
      await withUnsafeContinuation { bell.wait($0) }
      bell = Waiting()
    }
    return told ?? .look
  }

  /// From any thread, for one that is no longer in the queue. A place that comes too late is free again.
  func tell(_ outcome: Outcome) {
    loop.execute { self.end(outcome) }
  }

  /// On its loop: it waits no longer, unless it is being told something else already.
  func leave(_ outcome: Outcome) {
    if desk.remove(self) { end(outcome) }
  }

  private func end(_ outcome: Outcome) {
    guard told == nil else { return }
    told = outcome
    ring()
  }

  private func ring() {
    guard bell.isAwaited else { return }
    executor.handle { bell.fill(()) }
  }

  /// Ten times a second, in monotonic milliseconds.
  func check(_ now: Int64, isTroubled: Bool) {
    if now >= entry.until { return leave(.late) }
    guard isTroubled, now - lookedAt >= Self.patience else { return }
    lookedAt = now
    ring()
  }
}
