import Logging
import NIOConcurrencyHelpers
package import Settings
import Synchronization

/// The configuration in force, and the endpoints that were found by it.
extension Replica {
  /// Puts another configuration in force for new exchanges; those that run keep theirs. Ports, workers and TLS files are read at
  /// the start only.
  package func apply(_ settings: Settings) async {
    await change(isNews: true) { current in
      var settings = settings
      // The keys' prefix too: replicas that differ in it would not share.
      settings.state = current.state
      settings.cache?.redis = current.cache?.redis
      current = settings
    }
    await discovery.withLockedValue { $0 }?.watch(settings.providers)
    reloadsApplied.wrappingAdd(1, ordering: .relaxed)
    isRefused.store(false, ordering: .relaxed)
  }

  /// Puts other endpoints of a provider in force.
  func take(_ found: Settings.Found, of provider: String) async {
    self.found.withLockedValue { $0[provider] = found }
    await change(isNews: false) { _ in }
  }

  /// Puts other versions of models in force, or others' weights.
  func take(_ rollouts: Rollouts) async {
    await change(isNews: false, rollouts) { _ in }
    self.rollouts.noteApplied(rollouts)
    for absent in snapshot.withLockedValue({ $0.versions?.absent ?? [] }) {
      surroundings.logger.warning(
        "a version can't be served here",
        metadata: ["model": "\(absent.model)", "version": "\(absent.version)", "reason": "\(absent.why)"])
    }
  }

  /// Compiles changed settings, what was found and what was decided of versions, and puts them in force.
  private func change(isNews: Bool, _ rollouts: Rollouts? = nil, _ edit: (inout Settings) -> Void) async {
    let next = snapshot.withLockedValue { current in
      var settings = current.settings
      edit(&settings)
      settings.fill(found.withLockedValue { $0 })
      current = Snapshot(
        settings, epoch: current.epoch + 1, former: current, isNews: isNews,
        rollouts: rollouts ?? current.rollouts)
      breakers.apply(current)
      cluster.apply(current)
      queue.apply(settings.queue)
      return current
    }
    await meetBreakers(of: next, within: .milliseconds(250))
    for worker in workers { await worker.apply(next) }
  }

  /// Waits until it is known how new endpoints' breakers stand, before anything goes there; false at once where no worker has a way to
  /// the shared state.
  @discardableResult
  func meetBreakers(of snapshot: Snapshot, within patience: Duration) async -> Bool {
    let end = ContinuousClock.now + patience
    for worker in workers where await worker.meetBreakers() {
      while ContinuousClock.now < end, snapshot.breakers.all.contains(where: { !$0.isAcquainted }) {
        try? await Task.sleep(for: .milliseconds(1))
      }
      return true
    }
    return false
  }

  /// Counts a configuration that was not valid; the running one stays in force.
  package func countRefusedReload() {
    reloadsRefused.wrappingAdd(1, ordering: .relaxed)
    isRefused.store(true, ordering: .relaxed)
  }
}
