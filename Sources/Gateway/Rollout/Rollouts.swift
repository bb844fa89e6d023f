import Policy
import Synchronization

/// What is decided about versions, as far as this replica knows: what a snapshot is compiled from beside its settings.
struct Rollouts: Sendable {
  var position = ControlPosition.none
  /// As its writer computed it; empty before anything is known.
  var hash = ""
  /// All of it as it was told; nil before anything is known.
  var config: ControlConfig?
  /// By the model's name.
  var models: [String: Model] = [:]
  /// For how long weights count.
  var lease = WeightLease()
  /// Until when they do by the stamp that came with them, in milliseconds of the lease's clock; 0: by none.
  var freshUntil: Int64 = 0

  struct Model: Sendable {
    var state: RolloutState
    /// What the registry has of its versions, as far as they may serve.
    var bundles: [Int: Bundle] = [:]
    /// Further ones, which were asked for by who may: the registry has them, and nobody is served by them.
    var staged: [Int: Bundle] = [:]
    /// Of the candidate.
    var gate: CandidateGate?

    init(_ state: RolloutState, bundles: [Int: Bundle] = [:], gate: CandidateGate? = nil) {
      (self.state, self.bundles, self.gate) = (state, bundles, gate)
    }
  }

  /// Nothing is decided.
  static let none = Rollouts()
}

extension RolloutState {
  /// Versions that may serve somebody: the others need no bundle here.
  var served: [Int] {
    let known = [active, candidate?.version].compactMap { $0 } + deprecated.map(\.version)
    return known.reduce(into: []) { if !$0.contains($1) { $0.append($1) } }
  }
}

/// Whether a candidate may serve here. Closed by a veto, this replica's or all replicas', and opened by nobody but a person.
final class CandidateGate: Sendable {
  private let closed = Atomic<Bool>(false)

  var isOpen: Bool { !closed.load(ordering: .relaxed) }
  func close() { closed.store(true, ordering: .relaxed) }
  func open() { closed.store(false, ordering: .relaxed) }
}

/// A weight is on loan: it counts until nothing was heard of a leader for thirty seconds.
final class WeightLease: Sendable {
  /// Milliseconds of `StateClock.monotonicMilliseconds`, which counts the time in which the machine slept, too.
  private let until = Atomic<Int64>(0)

  /// Never back.
  func extend(to time: Int64) { until.max(time, ordering: .relaxed) }

  func isFresh(now: Int64) -> Bool { now < until.load(ordering: .relaxed) }
}
