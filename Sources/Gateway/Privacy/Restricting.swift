import Dialects
import Policy
import Telemetry

/// Data goes only where it may be seen.
extension Worker {
  /// Finds the data classes of a request, and narrows what may serve it to the deployments that may see all of them. Whatever chooses
  /// later chooses among those.
  func restrict(
    _ request: PeekedRequest, _ body: PaddedBytes, _ principal: Principal, _ exchange: Exchange
  ) throws(ExchangeError) {
    let snapshot = exchange.snapshot
    let classes = try snapshot.dataClasses(request.facts, exchange.head, principal)
    guard let data = snapshot.data, let permitted = data.classes.permitted(classes) else { return }
    exchange.dataClasses = classes
    if let rule = data.classes.refused(classes) { throw .refusedDataClass(rule.name) }
    exchange.permit(permitted)
  }

  /// Refuses a request for a model that nothing may serve, before anything is asked of limits or the cache.
  func requireDeployment(for position: Int, _ principal: Principal, _ exchange: Exchange)
    throws(ExchangeError)
  {
    guard let data = exchange.snapshot.data, !exchange.dataClasses.isEmpty,
      let permitted = exchange.permitted,
      !exchange.snapshot.hasDeployment(for: position, permitted, principal)
    else { return }
    throw .noPermittedDeployment(data.words(exchange.dataClasses))
  }

  /// Once for each class of a request.
  func countDataClasses(_ exchange: Exchange) {
    guard let rules = exchange.snapshot.data?.classes.rules else { return }
    let isStranded = exchange.answer.error?.code == "no_permitted_deployment"
    for position in exchange.dataClasses.positions {
      let action = isStranded ? "no_deployment" : rules[position].action.rawValue
      shard.increment(registry.series(Catalogue.dataClassRequests, rules[position].name, action))
    }
  }
}

extension Exchange {
  /// Leaves out of what may serve it all that is not among these.
  func permit(_ deployments: DeploymentSet) {
    if permitted == nil { permitted = deployments } else { permitted?.formIntersection(deployments) }
  }

  /// `phi,pii`; nil where it has none.
  var dataClassLabel: String? {
    guard !dataClasses.isEmpty else { return nil }
    return snapshot.data?.classes.names(dataClasses).joined(separator: ",")
  }
}
