/// What a person wants done to the versions of a model. The leader does it, or says why not.
package struct RolloutAsk: Equatable, Sendable {
  package enum Deed: String, Sendable, CaseIterable {
    /// A registered version becomes the candidate.
    case start
    case pause, resume
    /// On to the next step, whatever is proved; with force: to ACTIVE.
    case promote
    /// Back, for ever.
    case abort
    /// A version that did harm may be tried after all.
    case unveto
  }

  package var deed: Deed
  package var model: String
  package var version: Int
  /// The revision that the person has seen; nil: any.
  package var expected: Int64?
  package var by: String
  package var reason: String?
  package var isForced = false
  /// Start without shadowing.
  package var skipsShadow = false

  package init(_ deed: Deed, _ model: String, version: Int, by: String) {
    (self.deed, self.model, self.version, self.by) = (deed, model, version, by)
  }
}

/// Why what was asked for is not done.
package enum RolloutRefusal: Error, Equatable, Sendable {
  case notRegistered
  /// What is registered was written by another release, or by hand.
  case unreadable(String)
  /// It stands somewhere from where this can't be done.
  case wrongStage(RolloutState.Stage)
  /// Another version is tried already.
  case otherCandidate(Int)
  /// The model was changed since the person looked.
  case conflict(revision: Int64)
  case vetoed
  case needsReason
  case notPaused
  /// The deployment that it names is none of this cluster's configuration.
  case noDeployment(String)
  /// Nobody has shown that it is as good as the version that serves; what is missing, behind its name.
  case notEvaluated(String)
  /// Two variables or more differ from the version that serves, and no reason was given.
  case changesTooMuch([String])

  package func text(_ ask: RolloutAsk) -> String {
    let version = "version \(ask.version) of \(ask.model)"
    return switch self {
    case .notRegistered: "\(version) is not registered: 'switchyard bundles list' shows those that are"
    case .unreadable(let why): "\(version) can't be read by this leader: \(why)"
    case .wrongStage(.staging): "\(version) is in STAGING: start it first, with 'switchyard rollout start'"
    case .wrongStage(.rolledBack):
      "\(version) was rolled back, which is for ever: register what you have mended as a new version"
    case .wrongStage(let stage): "\(version) is \(stage.rawValue), from where it can't \(ask.deed.rawValue)"
    case .otherCandidate(let other):
      "version \(other) of \(ask.model) is being tried: promote or abort it first"
    case .conflict(let revision):
      "\(ask.model) was changed meanwhile (revision \(revision), you saw \(ask.expected ?? 0)): look at it again"
    case .vetoed:
      "\(version) is vetoed, as replicas saw it do harm: 'switchyard rollout unveto --reason …' comes first"
    case .needsReason: "say why, with --reason: it is kept in the audit"
    case .notPaused: "\(version) is not held: there is nothing to resume"
    case .noDeployment(let name):
      "\(version) runs at the deployment '\(name)', which the configuration hasn't got"
    case .notEvaluated(let flaw):
      "\(version) \(flaw): 'switchyard bundles evaluate \(ask.model) \(ask.version)' comes first, "
        + "or give --force and --reason"
    case .changesTooMuch(let names):
      "\(version) differs from the one that serves in \(names.joined(separator: " and ")): change one at a time, "
        + "or give --force and --reason"
    }
  }
}
