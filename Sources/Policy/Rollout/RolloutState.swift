/// What is decided about the versions of one model: one line of the configuration that all replicas apply.
///
/// A version that is registered and stands nowhere here is in STAGING. Instants are Redis' milliseconds.
package struct RolloutState: Equatable, Sendable {
  /// The version of the configuration that changed it last: who asks for a change says which one was seen.
  package var revision: Int64 = 0
  /// The version that serves; nil: the model's own deployments do.
  package var active: Int?
  package var candidate: Candidate?
  /// Versions that served, and until when they may still be asked for by number.
  package var deprecated: [Deprecated] = []
  /// Versions that did harm, or were given up. None of them ever comes back.
  package var rolledBack: [Int] = []
  /// Words of another release: kept as they are.
  package var unknown: [Word] = []

  package init() {}

  package struct Deprecated: Equatable, Sendable {
    package var version: Int
    package var sunset: Int64

    package init(version: Int, sunset: Int64) { (self.version, self.sunset) = (version, sunset) }
  }

  package struct Word: Equatable, Sendable {
    package var name: String
    package var value: String

    package init(name: String, value: String) { (self.name, self.value) = (name, value) }
  }

  /// The version that is tried. One at a time.
  package struct Candidate: Equatable, Sendable {
    package var version: Int
    package var phase: Phase
    /// Of `rollout.steps`; the first is 0.
    package var step = 0
    /// Its share of the traffic now; in SHADOW, the share of the sessions that it gets copies of.
    package var weight = Weight.zero
    /// When its phase or step began.
    package var since: Int64
    /// What slow and dear mean in this step: as the baseline was before it. Nil until the baseline was seen often enough.
    package var thresholds: Thresholds?
    package var hold: Hold?

    package init(version: Int, phase: Phase, since: Int64) {
      (self.version, self.phase, self.since) = (version, phase, since)
    }
  }

  package enum Phase: String, Sendable, CaseIterable { case shadow = "SHADOW", canary = "CANARY" }

  /// Why nothing moves it on.
  package enum Hold: String, Sendable, CaseIterable {
    /// A person said so.
    case paused
    /// The longest time of a step is over, and nothing is proved.
    case inconclusive
  }
}

extension RolloutState {
  package enum Stage: String, Sendable, CaseIterable {
    case staging = "STAGING"
    case shadow = "SHADOW"
    case canary = "CANARY"
    case active = "ACTIVE"
    case deprecated = "DEPRECATED"
    case rolledBack = "ROLLED_BACK"
  }

  /// Where a registered version stands.
  package func stage(of version: Int) -> Stage {
    if version == active { return .active }
    if let candidate, candidate.version == version { return candidate.phase == .shadow ? .shadow : .canary }
    if rolledBack.contains(version) { return .rolledBack }
    return deprecated.contains { $0.version == version } ? .deprecated : .staging
  }

  /// How many versions that were rolled back are remembered here by number; all of them are in the audit.
  static let mostRolledBack = 100

  /// The candidate did harm, or was given up. Nothing of it is served any more.
  package mutating func rollBack() {
    guard let candidate else { return }
    rolledBack.append(candidate.version)
    if rolledBack.count > Self.mostRolledBack { rolledBack.removeFirst() }
    self.candidate = nil
  }

  /// What is rolled back elsewhere is so here, too, unless it serves by now.
  package mutating func keepRolledBack(of other: RolloutState) {
    let gone = other.rolledBack.filter { [.staging, .shadow, .canary].contains(stage(of: $0)) }
    if let version = candidate?.version, gone.contains(version) { candidate = nil }
    rolledBack = Array((gone + rolledBack).suffix(Self.mostRolledBack))
  }

  /// The candidate serves from now on; the version before it may be asked for until `sunset`.
  package mutating func promote(sunset: Int64) {
    guard let candidate else { return }
    if let active { deprecated.insert(Deprecated(version: active, sunset: sunset), at: 0) }
    active = candidate.version
    self.candidate = nil
  }
}

/// What slow and dear mean, from the baseline. Milliseconds and micro-dollars; nil: this is not judged.
package struct Thresholds: Equatable, Sendable {
  package var slow95: Int64?
  package var slow99: Int64?
  package var ttft95: Int64?
  package var cost90: Int64?
  /// What one request counts as at most where means are compared.
  package var cost99: Int64?
  /// Tokens.
  package var long95: Int64?
  /// Grades below it are low: millionths. Nil, as the baseline had too few: those below a half are.
  package var lowq10: Int64?

  package init() {}

  var byMetric: [(RolloutMetric, Int64?)] {
    [(.slow95, slow95), (.slow99, slow99), (.ttft95, ttft95), (.cost90, cost90), (.long95, long95)]
  }
}
