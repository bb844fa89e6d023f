import NIOCore
import Policy

/// One exchange that waits for a place at any of some endpoints.
// @unchecked Sendable: what changes is touched on its loop alone; others come by `tell`, which goes there.
final class Waiter: @unchecked Sendable {
  enum Outcome: Sendable {
    /// It has a place.
    case slot(Slot)
    /// It is to look again where it can go.
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
  let endpoints: [Endpoint]
  private let desk: QueueDesk
  private let loop: any EventLoop
  private let executor: LoopExecutor
  private let outcome = Waiting<Outcome>()
  /// Milliseconds: when it last looked where it can go.
  private let lookedAt: Int64

  /// Milliseconds after which what can be used may have changed, where there is trouble with endpoints.
  private static let patience: Int64 = 500

  init(
    _ entry: WaitQueue.Entry, in line: String, for endpoints: [Endpoint], at desk: QueueDesk, now: Int64,
    on loop: any EventLoop, _ executor: LoopExecutor
  ) {
    (self.entry, self.line, self.endpoints) = (entry, line, endpoints)
    (self.desk, self.loop, self.executor, lookedAt) = (desk, loop, executor, now)
  }

  func wants(_ endpoint: Endpoint) -> Bool { endpoints.contains { $0 === endpoint } }

  nonisolated(nonsending) func wait() async -> Outcome {
    if let outcome = outcome.value { return outcome }
    return await withUnsafeContinuation { outcome.wait($0) }
  }

  /// From any thread, for one that is no longer in the queue. A place that comes too late is free again.
  func tell(_ outcome: Outcome) {
    loop.execute { self.end(outcome) }
  }

  /// On its loop: it waits no longer, unless it is being told something else already.
  func leave(_ outcome: Outcome) {
    if desk.remove(self) { end(outcome) }
  }

  private func end(_ value: Outcome) {
    guard outcome.value == nil else { return }
    if outcome.isAwaited { executor.handle { outcome.fill(value) } } else { outcome.fill(value) }
  }

  /// Ten times a second, in monotonic milliseconds.
  func check(_ now: Int64, isTroubled: Bool) {
    if now >= entry.until { return leave(.late) }
    if isTroubled, now - lookedAt >= Self.patience { leave(.look) }
  }
}
