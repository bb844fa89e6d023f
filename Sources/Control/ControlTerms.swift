package import Policy

/// What the configuration file says to whoever leads.
package struct ControlTerms: Equatable, Sendable {
  package var rules: RolloutRules
  /// The lease's milliseconds; a changed one is for the next start.
  package var term: Int64
  /// Versions that the file declares; the leader registers them.
  package var bundles: [Bundle]
  /// Names of all models and deployments that there are.
  package var models: Set<String>
  package var deployments: Set<String>
  /// By model: deployments that serve it where no version does.
  package var baselines: [String: Set<String>]

  package init(
    rules: RolloutRules = .init(), term: Int64 = 5_000, bundles: [Bundle] = [], models: Set<String> = [],
    deployments: Set<String> = [], baselines: [String: Set<String>] = [:]
  ) {
    (self.rules, self.term, self.bundles) = (rules, term, bundles)
    (self.models, self.deployments, self.baselines) = (models, deployments, baselines)
  }
}
