import Policy
import Settings

/// The experiments of a configuration, compiled: who takes part, and what serves each arm.
struct ExperimentTable: Sendable {
  struct Entry: Sendable {
    let plan: ExperimentPlan
    let arms: ExperimentArms
    /// By arm.
    let targets: [Target]
    /// By arm: `bigger=chat-large`.
    let labels: [String]
  }

  /// What serves an arm: positions of a model and, where the arm is a version, of that.
  struct Target: Sendable, Equatable {
    var model: Int
    var version: Int?
  }

  /// An exchange's place in an experiment.
  struct Part: Sendable, Equatable {
    /// In `entries`.
    var entry: Int
    var arm: Int
    /// What of its session is left behind hashing.
    var unit: UInt64
  }

  /// An experiment in which nobody takes part here: an arm can't be served.
  struct Idle: Sendable, Equatable {
    var name: String
    var why: String
  }

  /// Experiments of one model are of one layer.
  private struct Layer: Sendable {
    var salt: [UInt8]
    var entries: [Int]
  }

  let entries: [Entry]
  let idle: [Idle]
  /// By the model that is asked for.
  private let layers: [Layer?]

  /// Nil where there are none.
  init?(_ settings: Settings, _ versions: VersionTable?) {
    guard !settings.routing.experiments.isEmpty else { return nil }
    let positions = Dictionary(
      settings.models.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    var (entries, idle) = ([Entry](), [Idle]())
    var layers = [Layer?](repeating: nil, count: settings.models.count)
    for plan in settings.experimentPlans {
      guard let asked = positions[plan.model], let arms = ExperimentArms(plan.arms.map(\.share)) else {
        continue
      }
      var targets: [Target] = []
      var why: String?
      for arm in plan.arms {
        let found = Self.target(arm, positions, versions)
        if let target = found.target { targets.append(target) } else { why = why ?? found.why }
      }
      if let why {
        idle.append(Idle(name: plan.name, why: why))
        continue
      }
      layers[asked] = layers[asked] ?? Layer(salt: plan.salt, entries: [])
      layers[asked]?.entries.append(entries.count)
      let labels = plan.arms.map { "\(plan.name)=\($0.name)" }
      entries.append(Entry(plan: plan, arms: arms, targets: targets, labels: labels))
    }
    (self.entries, self.idle, self.layers) = (entries, idle, layers)
  }

  private static func target(
    _ arm: ExperimentPlan.Arm, _ positions: [String: Int], _ versions: VersionTable?
  ) -> (target: Target?, why: String) {
    guard let model = positions[arm.model] else { return (nil, "there is no model '\(arm.model)'") }
    guard let version = arm.version else { return (Target(model: model), "") }
    let name = "version \(version) of \(arm.model)"
    guard let position = versions?.position(of: version, route: model),
      let entry = versions?.entry(at: position), !entry.isOnRequest
    else {
      let absent = versions?.absent.first { $0.model == arm.model && $0.version == version }
      return (nil, "\(name) can't serve here: \(absent?.why ?? "it is neither declared nor serving")")
    }
    switch entry.stage {
    case .staging, .active, .deprecated: return (Target(model: model, version: position), "")
    case .shadow, .canary: return (nil, "\(name) is being rolled out")
    case .rolledBack: return (nil, "\(name) was rolled back")
    }
  }

  /// Nil for who takes no part: another session, or a key that may not use what serves one of the arms. `hash` takes a salt.
  func part(_ asked: Int, _ principal: Principal, hash: ([UInt8]) -> UInt64) -> Part? {
    guard let layer = layers[asked] else { return nil }
    let unit = hash(layer.salt)
    for position in layer.entries {
      let entry = entries[position]
      guard let arm = entry.arms.arm(hash: unit, from: entry.plan.offset) else { continue }
      guard entry.targets.allSatisfy({ principal.allows($0.model) }) else { return nil }
      return Part(entry: position, arm: arm, unit: unit)
    }
    return nil
  }

  /// Those that requests for a model may be in.
  func plans(of asked: Int) -> [ExperimentPlan] {
    layers[asked].map { $0.entries.map { entries[$0].plan } } ?? []
  }

  func target(of part: Part) -> Target { entries[part.entry].targets[part.arm] }
  func label(of part: Part) -> String { entries[part.entry].labels[part.arm] }

  /// What is counted as this now; nil where it is another experiment by now, or none.
  func plan(of subject: ExperimentSubject) -> ExperimentPlan? {
    entries.first { $0.plan.subject == subject }?.plan
  }
}

extension Settings {
  /// Versions that experiments compare, by model.
  var comparedVersions: [String: [Int]] {
    routing.experiments.flatMap(\.allArms).reduce(into: [:]) { versions, arm in
      guard let version = arm.version, versions[arm.model]?.contains(version) != true else { return }
      versions[arm.model, default: []].append(version)
    }
  }
}
