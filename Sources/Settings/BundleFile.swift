package import Policy

/// Versions of models in a file of their own, `bundles: { MODEL: [ { version: 1, … } ] }` as in the configuration, or one version by
/// itself: `{ model: MODEL, version: 1, … }`. YAML, or JSON.
package struct BundleFile: Sendable, Equatable {
  package var bundles: [Settings.Bundle] = []

  package init() {}

  /// Reads what somebody sent: it names no files and no variables of ours.
  package static func parse(_ text: String) throws(SettingsErrors) -> BundleFile {
    if isSingle(text) { return BundleFile(bundles: [try Form<Settings.Bundle>.single.read(body: text)]) }
    return try Form<BundleFile>.bundleFile.read(body: text)
  }

  /// Reads a file of this machine; prompts may stand in files beside it. `name` is what errors call it.
  package static func parse(_ text: String, at name: String) throws(SettingsErrors) -> BundleFile {
    let files = Files(besides: Disk.absolute(name)) { try Disk.bytes(of: $0, limit: Document.limit) }
    if isSingle(text) {
      return BundleFile(
        bundles: [try Form<Settings.Bundle>.single.read(text, name: name, files: files)])
    }
    return try Form<BundleFile>.bundleFile.read(text, name: name, files: files)
  }

  /// What can't be read at all is told by the other form.
  private static func isSingle(_ text: String) -> Bool {
    guard let tree = try? Document.parse(text), case .mapping(let entries) = tree.content else {
      return false
    }
    return entries.contains { $0.key == "model" }
  }

  private init(bundles: [Settings.Bundle]) { self.bundles = bundles }

  /// As YAML, which `parse` reads again; templates stand in it.
  package init(_ bundles: [Policy.Bundle]) {
    self.bundles = bundles.map(Settings.Bundle.init(registered:))
  }

  package var text: String { Emitter.text(of: Form<BundleFile>.bundleFile.write(self)) }

  /// The versions as they are registered, by the deployments of a configuration; in their order. `sha256` hashes bytes to 32.
  package func refined(
    by settings: Settings, sha256: ([UInt8]) -> [UInt8]
  ) throws(BundleError) -> [(bundle: Policy.Bundle, reason: String?)] {
    for bundle in bundles where !settings.models.contains(where: { $0.name == bundle.model }) {
      throw BundleError("model", "'\(bundle.model)' is not in the configuration")
    }
    var own = settings
    own.bundles = bundles
    return try own.declaredBundles(sha256: sha256)
  }
}

extension Settings.Bundle {
  /// What a newer release wrote into it is left out: see `Policy.Bundle.others`.
  fileprivate init(registered bundle: Policy.Bundle) {
    self.init()
    (model, version, deployment) = (bundle.model, bundle.version, bundle.deployment)
    if let prompt = bundle.prompt {
      if let template = prompt.template {
        self.prompt = .template(template, file: nil)
      } else {
        self.prompt = .sha256(prompt.sha256.bytes)
      }
    }
    parameters = bundle.parameters
    toolsSHA256 = bundle.tools?.bytes
    metadata = bundle.metadata
  }
}
