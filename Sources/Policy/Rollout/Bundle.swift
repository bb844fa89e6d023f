/// One version of a model: what is released, promoted and rolled back as a whole. It never changes once it is registered.
package struct Bundle: Sendable {
  /// The public name that clients ask for.
  package let model: String
  package let version: Int
  package let deployment: String
  /// The provider's own name of the model, as the deployment had it when the bundle was made.
  package let providerModel: String
  package let prompt: Prompt?
  /// Members of a request that the router writes, by name.
  package let parameters: [String: JSONLiteral]
  /// SHA-256 of the tools that clients offer with this version.
  package let tools: ContentDigest?
  /// Words for people: owner, training data, environment, links. Nothing goes by them.
  package let metadata: [String: String]
  /// What a newer release wrote into the line and this one does not know: kept, without effect.
  package let others: [JSONLiteral.Member]

  /// Put before the client's messages where there is a template; with a hash alone, the client sends it.
  package struct Prompt: Sendable {
    package let template: String?
    /// Of the template's UTF-8, by whoever can hash.
    package let sha256: ContentDigest

    package init(template: String? = nil, sha256: ContentDigest) {
      (self.template, self.sha256) = (template, sha256)
    }
  }

  /// Throws what no bundle may hold; see `BundleRule`.
  package init(
    model: String, version: Int, deployment: String, providerModel: String, prompt: Prompt? = nil,
    parameters: [String: JSONLiteral] = [:], tools: ContentDigest? = nil, metadata: [String: String] = [:],
    others: [JSONLiteral.Member] = []
  ) throws(BundleError) {
    self.model = model
    self.version = version
    self.deployment = deployment
    self.providerModel = providerModel
    self.prompt = prompt
    self.parameters = parameters
    self.tools = tools
    self.metadata = metadata
    self.others = others
    try check()
  }

  private func check() throws(BundleError) {
    for (field, name) in [("model", model), ("deployment", deployment)] where !RecordRule.isName(name) {
      throw BundleError(field, "is no name: \(RecordRule.name)")
    }
    guard BundleRule.versions.contains(version) else {
      throw BundleError("version", "is out of range: \(BundleRule.versions.upperBound) is the highest")
    }
    guard (1...256).contains(providerModel.utf8.count), providerModel.utf8.allSatisfy({ $0 >= 0x20 }) else {
      throw BundleError("provider_model", "is empty, longer than 256 bytes or of control characters")
    }
    if let flaw = prompt?.template.flatMap(BundleRule.flaw(ofTemplate:)) {
      throw BundleError("prompt.template", flaw)
    }
    for name in parameters.keys.sorted() {
      if let flaw = BundleRule.flaw(ofParameter: name) { throw BundleError("parameters.\(name)", flaw) }
    }
    if let flaw = BundleRule.flaw(of: parameters) { throw BundleError("parameters", flaw) }
    if let flaw = BundleRule.flaw(of: metadata) { throw BundleError("metadata", flaw) }
    for (name, value) in metadata.sorted(by: { $0.key < $1.key }) {
      if let flaw = BundleRule.flaw(ofMetadata: name, value) { throw BundleError("metadata.\(name)", flaw) }
    }
    guard line.utf8.count <= BundleRule.longestLine else {
      throw .tooLong
    }
  }
}

/// The same line: only then may one be registered where the other stands.
extension Bundle: Equatable {
  package static func == (a: Bundle, b: Bundle) -> Bool { a.line.utf8.elementsEqual(b.line.utf8) }
}
