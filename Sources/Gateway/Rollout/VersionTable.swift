import Crypto
import Dialects
import Policy
import Settings

/// The versions that may serve, compiled: each is one more model of the routing table, behind the configured ones.
struct VersionTable: Sendable {
  struct Entry: Sendable {
    /// The position of the model that it is a version of.
    var route: Int
    var bundle: Bundle
    /// The position of its deployment.
    var deployment: Int
    var stage: RolloutState.Stage
    /// Milliseconds since 1970; nil unless it is deprecated.
    var sunset: Int64?
    /// Nil where requests stay as they are.
    var edits: VersionEdits?
    /// It is here only because somebody asked this replica for it by number: others needn't have it.
    var isOnRequest = false

    var version: Int { bundle.version }
  }

  struct Model: Sendable {
    var state: RolloutState
    /// The position of the version that serves everybody; nil: the model's own deployments do.
    var active: Int?
    var candidate: Candidate?
  }

  struct Candidate: Sendable {
    var version: Int
    var position: Int
    var phase: RolloutState.Phase
    var weight: Weight
    /// What sessions are hashed with: another candidate meets other sessions first.
    var salt: [UInt8]
    var gate: CandidateGate
  }

  /// A version that can't serve here.
  struct Absent: Sendable, Equatable {
    var model: String
    var version: Int
    var why: String
    /// What it is isn't known here: who asks for it by number may have it read.
    var isUnread = false
  }

  /// The position of the first entry: as many models are configured.
  let base: Int
  let entries: [Entry]
  /// By the model's position; nil where nothing was decided about it.
  let models: [Model?]
  let absent: [Absent]
  let lease: WeightLease

  /// Nil where nothing was decided about any model that there is, and no experiment compares versions.
  init?(_ settings: Settings, _ rollouts: Rollouts) {
    let compared = settings.comparedVersions
    guard settings.models.contains(where: { rollouts.models[$0.name] != nil || compared[$0.name] != nil })
    else { return nil }
    let declared = Self.declared(settings)
    let deployments = Dictionary(
      uniqueKeysWithValues: settings.deployments.enumerated().map { ($1.name, $0) })
    var (entries, absent) = ([Entry](), [Absent]())
    let base = settings.models.count
    models = settings.models.enumerated().map { route, settings -> Model? in
      let known = rollouts.models[settings.name]
      let state = known?.state ?? RolloutState()
      // Versions in STAGING serve nobody but who is in an arm of an experiment.
      let others = (compared[settings.name] ?? []).filter { state.stage(of: $0) == .staging }
      var positions: [Int: Int] = [:]
      let staged = known?.staged.keys.sorted() ?? []
      let own = Set(state.served + others.filter { declared[settings.name]?[$0] != nil })
      for version in state.served + others + staged where positions[version] == nil {
        let bundle =
          known?.bundles[version] ?? known?.staged[version] ?? declared[settings.name]?[version]
        guard let bundle, let deployment = deployments[bundle.deployment] else {
          let why = bundle.map { "there is no deployment '\($0.deployment)'" } ?? "it is not registered"
          absent.append(
            Absent(model: settings.name, version: version, why: why, isUnread: bundle == nil))
          continue
        }
        positions[version] = base + entries.count
        var entry = Entry(bundle, route: route, deployment: deployment, state)
        entry.isOnRequest = !own.contains(version)
        entries.append(entry)
      }
      return known.map { Model($0, settings.name, positions) }
    }
    (self.base, self.entries, self.absent, lease) = (base, entries, absent, rollouts.lease)
  }

  /// What the file says of versions, for those that nobody has registered yet.
  private static func declared(_ settings: Settings) -> [String: [Int: Bundle]] {
    let all = try? settings.declaredBundles { SHA256.bytes(of: $0) }
    var bundles: [String: [Int: Bundle]] = [:]
    for (bundle, _) in all ?? [] { bundles[bundle.model, default: [:]][bundle.version] = bundle }
    return bundles
  }

  /// Nil for the position of a model itself.
  func entry(at position: Int) -> Entry? { position >= base ? entries[position - base] : nil }

  /// Where requests for a model go that are no candidate's: to the version that serves, or to the model itself.
  func serving(_ route: Int) -> Int { models[route]?.active ?? route }

  func position(of version: Int, route: Int) -> Int? {
    entries.firstIndex { $0.route == route && $0.version == version }.map { base + $0 }
  }
}

extension VersionTable.Entry {
  init(_ bundle: Bundle, route: Int, deployment: Int, _ state: RolloutState) {
    (self.bundle, self.route, self.deployment) = (bundle, route, deployment)
    let stage = state.stage(of: bundle.version)
    self.stage = stage
    if stage == .deprecated {
      sunset = state.deprecated.first { $0.version == bundle.version }?.sunset
    }
    let template = bundle.prompt?.template
    edits =
      template == nil && bundle.parameters.isEmpty
      ? nil : VersionEdits(parameters: bundle.parameters, prompt: template)
  }

  /// Whether anybody may ask for it by number.
  func isPinnable(now: Int64) -> Bool {
    switch stage {
    case .active: true
    case .deprecated: sunset.map { now < $0 } ?? true
    case .staging, .shadow, .canary, .rolledBack: false
    }
  }
}

extension VersionTable.Model {
  /// `positions`: of the versions that can serve here.
  init(_ known: Rollouts.Model, _ name: String, _ positions: [Int: Int]) {
    state = known.state
    active = known.state.active.flatMap { positions[$0] }
    candidate = known.state.candidate.flatMap { candidate in
      guard let position = positions[candidate.version] else { return nil }
      return VersionTable.Candidate(
        version: candidate.version, position: position, phase: candidate.phase, weight: candidate.weight,
        salt: Self.salt(name, candidate), gate: known.gate ?? CandidateGate())
    }
  }
}

extension VersionTable.Model {
  /// Copies are made of other sessions than those that the candidate serves first.
  private static func salt(_ name: String, _ candidate: RolloutState.Candidate) -> [UInt8] {
    let phase = candidate.phase == .shadow ? "/shadow" : ""
    return Array("\(name)@\(candidate.version)\(phase)|".utf8)
  }
}

// MARK: What it adds to the routing table

extension VersionTable {
  /// A model's fallbacks lead to the versions that serve there.
  func fallbacks(_ fallbacks: [Int]) -> [Int] { fallbacks.map(serving) }

  /// Its versions as models. A candidate has one attempt, and then its baseline's: it costs its users an attempt, not their answer.
  func models(_ configured: [RoutingTable.Model]) -> [RoutingTable.Model] {
    entries.map { entry in
      let model = configured[entry.route]
      let isTrial = entry.stage == .canary
      // Who evaluates a version wants its own answers; who is in an arm of an experiment wants one at all.
      let fallbacks = entry.isOnRequest ? [] : model.fallbacks
      return RoutingTable.Model(
        name: model.name, deployments: [.init(position: entry.deployment, weight: 1)],
        fallbacks: (isTrial ? [serving(entry.route)] : []) + fallbacks,
        attempts: isTrial ? max(2, model.attempts) : model.attempts, retryPercent: model.retryPercent,
        route: entry.route, isTrial: isTrial)
    }
  }
}
