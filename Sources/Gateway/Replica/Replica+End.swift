import Logging
import NIOConcurrencyHelpers
import NIOCore
import Settings
import Synchronization

/// How it ends: told beforehand, or at once.
extension Replica {
  /// Readiness fails and answers end their connections for `server.drain_notice`, then no new ones, then what runs may finish for
  /// `server.drain_timeout`; the rest ends in well-formed errors. Returns when everything is closed.
  package func drain() async {
    phaseValue.store(Phase.draining.rawValue, ordering: .relaxed)
    let server = snapshot.withLockedValue { $0.settings.server }
    for worker in workers { await worker.announceEnd() }
    try? await Task.sleep(for: server.drainNotice)
    guard phase == .draining else { return }  // told to end at once meanwhile
    await listener.withLockedValue { $0 }.map(ListenerDoor.init)?.shut(on: workers.map(\.loop))
    await close(listener)
    for worker in workers { await worker.drain() }
    if await !connectionsEnd(within: server.drainTimeout) {
      surroundings.logger.warning("draining took too long; ending what still runs")
      for worker in workers { await worker.endAll() }
      _ = await connectionsEnd(within: .seconds(2))
    }
    await stop()
  }

  /// Closes everything at once.
  package func stop() async {
    guard phaseValue.exchange(Phase.stopped.rawValue, ordering: .relaxed) != Phase.stopped.rawValue else {
      return
    }
    await close(listener)
    await close(adminListener)
    await discovery.withLockedValue { $0 }?.stop()
    rollouts.close()
    for worker in workers { await worker.close() }
    try? await loops.shutdownGracefully()
    try? await adminLoop.shutdownGracefully()
    stopped.continuation.finish()
  }

  /// Returns once `stop()` or `drain()` has closed everything. One caller only.
  package func untilStopped() async {
    for await _ in stopped.stream {}
  }

  private func connectionsEnd(within limit: Duration) async -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      var open = 0
      for worker in workers { open += await worker.connectionCount }
      if open == 0 { return true }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  private func close(_ listener: NIOLockedValueBox<(any Channel)?>) async {
    let channel = listener.withLockedValue { channel in
      defer { channel = nil }
      return channel
    }
    try? await channel?.close().get()
  }
}
