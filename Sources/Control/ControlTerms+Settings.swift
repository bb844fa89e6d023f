import Coordination
package import Policy
package import Settings

extension ControlTerms {
  /// Throws where a declared version can't be registered, such as one that is too large as a line.
  package init(_ settings: Settings) throws(BundleError) {
    let declared = try settings.declaredBundles(sha256: ContentDigest.sha256)
    var rules = settings.rollout.rules
    rules.gate = settings.rollout.wantedGate(sha256: ContentDigest.sha256)
    let baselines = settings.models.map { ($0.name, Set($0.deployments.map(\.name))) }
    self.init(
      rules: rules, term: settings.rollout.term, bundles: declared.map { $0.bundle },
      models: Set(settings.models.map(\.name)), deployments: Set(settings.deployments.map(\.name)),
      baselines: Dictionary(baselines, uniquingKeysWith: { first, _ in first }))
  }
}
