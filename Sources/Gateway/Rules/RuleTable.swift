import Dialects
import Policy
import Settings

/// The routing rules of a configuration, compiled.
struct RuleTable: Sendable {
  /// What a rule does.
  struct Rule: Sendable {
    /// What logs and metrics call it.
    let label: String
    /// Nil: the model that is asked for serves.
    let model: Int?
    /// The models that are asked together, in the place of one.
    let ensemble: Ensemble?
    /// Nil: all deployments may serve.
    let permitted: DeploymentSet?
    /// Nil where requests stay as they are.
    let edits: VersionEdits?
    let priority: Priority?
    /// Nil: the model's own.
    let fallbacks: [Int]?
    /// What answers depend on besides their model and deployments, for the cache; nil where there is nothing.
    let cacheWords: String?
  }

  let rules: [Rule]
  let matcher: RuleMatcher
  /// Members of requests' `metadata` that some rule reads.
  let metadataNames: [String]
  /// Names of the configured classes of data, by position.
  let classNames: [String]
  /// What only some rules ask for.
  let asksTokens: Bool
  let asksLoad: Bool
  /// Some rule asks for what only the prompt's text tells.
  let asksPrompt: Bool
  let asksComplexity: Bool
  /// Some rule asks whether a session has rejected its last answer.
  let asksRejection: Bool
  /// What scores complexity; nil where no rule asks for it, or the heuristic does.
  let complexityModel: ComplexityModel?

  /// Nil where there are none.
  init?(
    _ settings: Settings, _ positions: [String: Int], _ versions: VersionTable?, classNames: [String] = []
  ) {
    let written = settings.routing.rules
    guard !written.isEmpty else { return nil }
    rules = written.enumerated().map { index, rule in
      Rule(rule, label: rule.label(at: index), settings, positions, versions)
    }
    let matcher = RuleMatcher(written.map(\.condition))
    self.matcher = matcher
    self.classNames = classNames
    metadataNames = matcher.texts.compactMap(\.metadataName).reduce(into: []) { names, name in
      if !names.contains(name) { names.append(name) }
    }
    let atoms = matcher.conditions.flatMap(\.atoms)
    asksTokens = atoms.contains { if case .number(.inputTokens, _) = $0 { true } else { false } }
    asksLoad = atoms.contains { if case .number(.load, _) = $0 { true } else { false } }
    asksPrompt = atoms.contains(where: \.asksPrompt)
    asksComplexity = atoms.contains { if case .number(.complexity, _) = $0 { true } else { false } }
    asksRejection = atoms.contains { if case .flag(.rejected, _) = $0 { true } else { false } }
    complexityModel = asksComplexity ? settings.routing.complexity.scoringModel : nil
  }

  /// To be filled in for one request after another.
  var blankFacts: RuleFacts { RuleFacts(asking: matcher.texts, classNames: classNames) }
}

extension RuleTable.Rule {
  fileprivate init(
    _ rule: Settings.Rule, label: String, _ settings: Settings, _ positions: [String: Int],
    _ versions: VersionTable?
  ) {
    self.label = label
    model = rule.model.flatMap { positions[$0] }
    let ensemble = settings.routing.ensembles.first { $0.name == rule.ensemble }
    self.ensemble = ensemble.map { Ensemble($0, positions, parameters: rule.parameters) }
    let passes = settings.deployments.map { rule.deployments?.flaw(of: $0) == nil }
    permitted = passes.allSatisfy { $0 } ? nil : DeploymentSet(count: passes.count) { passes[$0] }
    edits = rule.parameters.isEmpty ? nil : VersionEdits(parameters: rule.parameters, prompt: nil)
    priority = rule.priority
    let places = rule.fallbacks?.compactMap { positions[$0] }
    fallbacks = places.map { versions?.fallbacks($0) ?? $0 }
    let parameters = rule.parameters.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value.text)" }
    let words = parameters + (rule.fallbacks.map { ["then \($0.joined(separator: " "))"] } ?? [])
    cacheWords = words.isEmpty ? nil : words.joined(separator: "\n")
  }
}

extension RuleText {
  /// The member of `metadata` in which it may stand.
  fileprivate var metadataName: String? {
    switch self {
    case .taskType, .domain, .userTier, .taskValue, .optimize: name
    case .metadata(let name): name
    case .model, .language, .tenant, .team, .key, .header: nil
    }
  }
}

extension RuleCondition {
  fileprivate var asksPrompt: Bool {
    switch self {
    case .text(.taskType, _), .text(.domain, _), .text(.language, _), .number(.complexity, _),
      .flag(.code, _):
      true
    default: false
    }
  }
}
