package import Policy

/// What the configuration file says to whoever leads.
package struct ControlTerms: Equatable, Sendable {
  package var rules: RolloutRules
  /// The lease's milliseconds.
  package var term: Int64
  /// Versions that the file declares; the leader registers them.
  package var bundles: [Bundle]
  /// Names of all models and deployments that there are.
  package var models: Set<String>
  package var deployments: Set<String>

  package init(
    rules: RolloutRules = .init(), term: Int64 = 5_000, bundles: [Bundle] = [], models: Set<String> = [],
    deployments: Set<String> = []
  ) {
    (self.rules, self.term, self.bundles) = (rules, term, bundles)
    (self.models, self.deployments) = (models, deployments)
  }
}
