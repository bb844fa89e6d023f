internal import Policy

extension Settings {
  /// What is valid, and perhaps not meant.
  package struct Warning: Sendable, Equatable {
    /// `tenants.acme.limits[2]`
    package var path: String
    package var message: String
  }

  /// Where money is counted and prices are missing, and what nobody asks for. `now`: milliseconds since 1970.
  package func warnings(now: Int64) -> [Warning] {
    let used = Set(models.flatMap { $0.deployments.map(\.name) })
    let served = deployments.filter { used.contains($0.name) }
    let ends = served.compactMap { deployment -> Warning? in
      let path = "deployments.\(deployment.name).price"
      if !deployment.prices.isEmpty, deployment.prices.inForce(at: now) == nil {
        return Warning(path: path, message: "none is in force today: budgets don't see what it costs")
      }
      guard let until = deployment.prices.last?.until else { return nil }
      return Warning(
        path: path,
        message: "ends on \(CivilDate(days: until).text): from then on budgets don't see what it costs")
    }
    let others = idleEnsembles + ends
    let unpriced = served.filter(\.prices.isEmpty).map { "'\($0.name)'" }
    guard !unpriced.isEmpty, let limit = allLimits.first(where: \.isOfDollars) else { return others }
    let more = unpriced.count > 3 ? " …" : ""
    return [
      Warning(
        path: limit.path,
        message:
          "counts dollars, and doesn't see deployments without a price: \(unpriced.prefix(3).joined(separator: ", "))"
          + "\(more); write their price, of your own { input: 0, output: 0 }")
    ] + others
  }

  private var idleEnsembles: [Warning] {
    let named = Set(routing.rules.compactMap(\.ensemble))
    return routing.ensembles.filter { !named.contains($0.name) }.map {
      Warning(path: "routing.ensembles.\($0.name)", message: "is named by no rule, so that it is never asked")
    }
  }

  private var allLimits: [Limit] {
    var limits: [Limit] = []
    for tenant in tenants {
      limits += tenant.limits
      for team in tenant.teams { limits += team.limits }
      for key in tenant.keys { limits += key.limits }
    }
    for model in models { limits += model.limits }
    return limits
  }
}

extension Settings.Limit {
  fileprivate var isOfDollars: Bool { if case .dollars = amount { true } else { false } }
}
