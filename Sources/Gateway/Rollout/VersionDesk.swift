import NIOConcurrencyHelpers
import Policy
import Telemetry

/// What the workers of a replica share about rollouts: what is judged, for how long weights count, what is to be applied and what is.
final class VersionDesk: Sendable {
  /// How this replica stands.
  struct Standing: Sendable {
    /// What it routes by.
    var position = ControlPosition.none
    var hash = ""
    var config: ControlConfig?
    /// The shared state was heard of, and what it had is applied: before, nobody knows which versions there are.
    var isKnown = false
    var isLeader = false
    /// Configurations that were not taken, as they were not higher.
    var refusals: Int64 = 0
    /// Candidates that this replica's own test has stopped.
    var vetoes: Int64 = 0
  }

  let evidence = EvidenceDesk()
  let shadows = ShadowDesk()
  let audits = AuditDesk()
  let feedback = FeedbackDesk()
  let experiments = ExperimentDesk()
  let lease = WeightLease()
  let staged = StagedVersions()
  /// What is to be applied; of several only the newest.
  let changes: AsyncStream<Rollouts>
  private let sink: AsyncStream<Rollouts>.Continuation
  private let state = NIOLockedValueBox(Standing())

  init() {
    (changes, sink) = AsyncStream.makeStream(of: Rollouts.self, bufferingPolicy: .bufferingNewest(1))
  }

  var standing: Standing { state.withLockedValue { $0 } }
  func note(_ change: (inout Standing) -> Void) { state.withLockedValue { change(&$0) } }

  func deliver(_ rollouts: Rollouts) { sink.yield(rollouts) }

  /// Workers go by it now, and its weights count.
  func noteApplied(_ rollouts: Rollouts) {
    lease.extend(to: rollouts.freshUntil)
    note {
      ($0.position, $0.hash, $0.isKnown) = (rollouts.position, rollouts.hash, true)
      $0.config = rollouts.config
    }
  }

  func close() { sink.finish() }
}

// MARK: Metrics

extension VersionDesk {
  func record(_ snapshot: Snapshot, in shard: MetricsShard, of registry: MetricsRegistry, now: Int64) {
    let standing = standing
    shard.set(registry.series(Catalogue.weightsEpoch), to: standing.position.epoch)
    shard.set(registry.series(Catalogue.weightsVersion), to: standing.position.version)
    shard.set(registry.series(Catalogue.fencingRejections), to: standing.refusals)
    shard.set(registry.series(Catalogue.localVetoes), to: standing.vetoes)
    shard.set(registry.series(Catalogue.leader), to: standing.isLeader ? 1 : 0)
    recordShadows(in: shard, of: registry)
    recordExperiments(in: shard, of: registry)
    guard let versions = snapshot.versions else { return }
    for (route, model) in versions.models.enumerated() {
      guard let model else { continue }
      let weight = model.candidate.map { versions.exposure(of: $0, now: now).weight } ?? .zero
      let copies = model.candidate.map { versions.copies(of: $0, now: now).share } ?? .zero
      let (candidate, isShadowed) = (model.state.candidate?.version, model.candidate?.phase == .shadow)
      let name = snapshot.models[route].name
      let arms = [
        ("baseline", Weight.all.hundredths - weight.hundredths, model.state.active),
        ("canary", weight.hundredths, isShadowed ? nil : candidate),
        ("shadow", copies.hundredths, isShadowed ? candidate : nil),
      ]
      for (arm, share, version) in arms {
        shard.set(registry.series(Catalogue.rolloutWeight, name, arm), to: Int64(share))
        shard.set(registry.series(Catalogue.rolloutVersion, name, arm), to: Int64(version ?? 0))
      }
    }
  }

  private func recordShadows(in shard: MetricsShard, of registry: MetricsRegistry) {
    shard.set(registry.series(Catalogue.shadowsActive), to: Int64(shadows.active))
    for (model, spent) in shadows.spent {
      shard.set(registry.series(Catalogue.shadowSpent, model), to: spent)
    }
  }
}
