package import Policy

extension Settings {
  /// What is done with requests for which a condition holds. The first rule whose condition holds is the only one.
  package struct Rule: Sendable, Equatable {
    /// What logs and metrics call it.
    package var name: String?
    package var condition = RuleCondition.all([])
    /// The model that serves; nil: the one that was asked for.
    package var model: String?
    /// The models that serve together, in the place of one.
    package var ensemble: String?
    /// Which deployments may serve; nil: all.
    package var deployments: DeploymentFilter?
    /// Members of the request that the router writes.
    package var parameters: [String: JSONLiteral] = [:]
    /// The highest class in which the request waits.
    package var priority: Priority?
    /// In the place of the model's own; nil: those.
    package var fallbacks: [String]?

    package init() {}

    /// `rules[3]` where it has no name; `index` counts from 0.
    package func label(at index: Int) -> String { name ?? "rules[\(index)]" }
  }

  /// Which deployments may serve. What a deployment doesn't say of itself, it hasn't got.
  package struct DeploymentFilter: Sendable, Equatable {
    /// All of these, each one of a deployment's `capabilities`.
    package var capabilities: [String] = []
    /// Nowhere but in these.
    package var regions: [String] = []
    /// Cleared for all of these.
    package var data: [String] = []
    package var maxPrice: PriceCeiling?

    package init() {}

    var isEmpty: Bool { self == DeploymentFilter() }

    /// Why a deployment may not serve, as the rest of a sentence that begins with its name; nil where it may.
    package func flaw(of deployment: Deployment) -> String? {
      if let missing = capabilities.first(where: { !deployment.capabilities.contains($0) }) {
        return "lacks capability '\(missing)'"
      }
      if !regions.isEmpty {
        guard !deployment.regions.isEmpty else { return "says no region" }
        if let other = deployment.regions.first(where: { !regions.contains($0) }) {
          return "runs in region '\(other)'"
        }
      }
      if let missing = data.first(where: { !deployment.data.contains($0) }) {
        return "may not see data of class '\(missing)'"
      }
      guard let maxPrice else { return nil }
      if deployment.prices.isEmpty { return "has no price" }
      // Who may serve is decided once for each configuration, so that its dearest time counts.
      let isDearer = deployment.prices.contains { $0.input > maxPrice.input || $0.output > maxPrice.output }
      return isDearer ? "costs more than max_price" : nil
    }
  }

  /// Micro-dollars per million tokens, of either kind at most.
  package struct PriceCeiling: Sendable, Equatable {
    package var input: Int
    package var output: Int

    package init(input: Int, output: Int) { (self.input, self.output) = (input, output) }
  }
}
