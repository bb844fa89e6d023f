package import Policy

extension Settings {
  /// A version of a model, as the document declares it.
  package struct Bundle: Sendable, Equatable {
    /// What the client's messages are preceded by.
    package enum Prompt: Sendable, Equatable {
      /// The text itself, and the file that it came from, if any.
      case template(String, file: String?)
      /// The client sends it; 32 bytes tell which one is meant.
      case sha256([UInt8])
    }

    package var model = ""
    package var version = 0
    package var deployment = ""
    package var prompt: Prompt?
    /// Members of a request that the router writes.
    package var parameters: [String: JSONLiteral] = [:]
    /// SHA-256 of the tools that clients offer with it.
    package var toolsSHA256: [UInt8]?
    package var metadata: [String: String] = [:]
    /// Why it may change several things at once.
    package var reason: String?

    package init() {}
  }
}

extension Settings {
  /// The declared bundles, in their order, as they are registered. `sha256` hashes bytes to 32.
  package func declaredBundles(
    sha256: ([UInt8]) -> [UInt8]
  ) throws(BundleError) -> [(bundle: Policy.Bundle, reason: String?)] {
    var declared: [(bundle: Policy.Bundle, reason: String?)] = []
    for bundle in bundles {
      let deployment = deployments.first { $0.name == bundle.deployment }
      guard let deployment else {
        throw BundleError("deployment", "'\(bundle.deployment)' is not in the configuration")
      }
      declared.append((try bundle.refined(providerModel: deployment.model, sha256: sha256), bundle.reason))
    }
    return declared
  }
}

extension Settings.Bundle {
  fileprivate func refined(
    providerModel: String, sha256: ([UInt8]) -> [UInt8]
  ) throws(BundleError) -> Policy.Bundle {
    var prompt: Policy.Bundle.Prompt?
    switch self.prompt {
    case .template(let text, _):
      prompt = .init(template: text, sha256: try digest(sha256(Array(text.utf8)), "prompt"))
    case .sha256(let bytes): prompt = .init(sha256: try digest(bytes, "prompt"))
    case nil: break
    }
    var tools: ContentDigest?
    if let toolsSHA256 { tools = try digest(toolsSHA256, "tools_sha256") }
    return try Policy.Bundle(
      model: model, version: version, deployment: deployment, providerModel: providerModel, prompt: prompt,
      parameters: parameters, tools: tools, metadata: metadata)
  }

  /// Whether it is too large to be registered; whatever else is wrong with it is told where it stands.
  var isTooLong: Bool {
    var bundle = self
    (bundle.model, bundle.deployment) = ("m", "d")
    do throws(BundleError) {
      _ = try bundle.refined(providerModel: "m", sha256: { _ in [UInt8](repeating: 0, count: 32) })
      return false
    } catch {
      return error == BundleError.tooLong
    }
  }

  private func digest(_ bytes: [UInt8], _ field: String) throws(BundleError) -> ContentDigest {
    guard let digest = ContentDigest(bytes: bytes) else { throw BundleError(field, "has no SHA-256") }
    return digest
  }

  /// As `Policy.Bundle.changes(against:)`, of two versions of one document: a template and a hash can't be compared without hashing.
  func changes(against other: Settings.Bundle) -> [Policy.Bundle.Variable] {
    Policy.Bundle.Variable.allCases.filter { variable in
      switch variable {
      case .deployment: deployment != other.deployment
      case .prompt: (prompt?.bytes ?? []) != (other.prompt?.bytes ?? [])
      case .parameters: parameters != other.parameters
      case .tools: toolsSHA256 != other.toolsSHA256
      }
    }
  }
}

extension Settings.Bundle.Prompt {
  fileprivate var bytes: [UInt8] {
    switch self {
    case .template(let text, _): Array(text.utf8)
    case .sha256(let bytes): bytes
    }
  }
}
