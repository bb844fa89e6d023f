extension Bundle {
  /// What one version can have otherwise than another. Metadata is none: nothing goes by it.
  package enum Variable: String, Sendable, CaseIterable {
    /// The deployment, or the provider's model behind it.
    case deployment
    case prompt, parameters, tools
  }

  /// In the order of the cases. Traps on a version of another model.
  package func changes(against other: Bundle) -> [Variable] {
    precondition(model == other.model, "versions of two models are compared")
    return Variable.allCases.filter { variable in
      switch variable {
      case .deployment: deployment != other.deployment || providerModel != other.providerModel
      case .prompt: prompt?.sha256 != other.prompt?.sha256
      case .parameters: parameters != other.parameters
      case .tools: tools != other.tools
      }
    }
  }

  /// Throws where two variables or more differ from the active version and nobody says why: whatever then gets worse would have two
  /// causes. A model without an active version has nothing to be compared with.
  package func check(against active: Bundle?, reason: String?) throws(BundleError) {
    guard let active else { return }
    let changes = changes(against: active)
    if let flaw = Variable.flaw(ofChanging: changes, against: active.version, reason: reason) {
      throw BundleError("version \(version)", flaw)
    }
  }
}

extension Bundle.Variable {
  /// Why a version that differs in these may not follow `version`; nil where it may.
  package static func flaw(
    ofChanging variables: [Bundle.Variable], against version: Int, reason: String?
  ) -> String? {
    guard variables.count > 1, reason?.allSatisfy(\.isWhitespace) ?? true else { return nil }
    let names = variables.map(\.rawValue)
    return
      "changes \(names.dropLast().joined(separator: ", ")) and \(names[names.count - 1]) at once against version"
      + " \(version): change one at a time, or give a reason"
  }
}
