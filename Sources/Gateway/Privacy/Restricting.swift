import Dialects
import Policy
import Telemetry

/// Data goes only where it may be seen.
extension Worker {
  /// Finds the data classes of a request, and narrows what may serve it to the deployments that may see all of them. Whatever chooses
  /// later chooses among those.
  ///
  /// Where a class is to be masked, the request and its body become copies without what was found.
  func restrict(
    _ request: inout PeekedRequest, _ body: inout PaddedBytes, _ principal: Principal, _ exchange: Exchange
  ) throws(ExchangeError) {
    let course = try exchange.snapshot.dataCourse(request, body, exchange.head, principal, peek)
    guard let data = exchange.snapshot.data, !course.classes.isEmpty else { return }
    exchange.dataClasses = course.classes
    if let rule = data.classes.refused(course.classes) { throw .refusedDataClass(rule.name) }
    if let masked = course.masked {
      (request, body) = (masked.request, masked.body)
      exchange.facts = masked.request.facts
      exchange.placeholders = masked.placeholders
    }
    if let permitted = data.classes.permitted(course.bound) { exchange.permit(permitted) }
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
    let isStranded = exchange.answer.error?.code == ExchangeError.noPermittedDeployment("").code
    for position in exchange.dataClasses.positions {
      var action = rules[position].action
      if action == .redact, exchange.placeholders == nil { action = .restrict }
      shard.increment(
        registry.series(
          Catalogue.dataClassRequests, rules[position].name,
          isStranded ? "no_deployment" : action.rawValue))
    }
  }
}

extension Exchange {
  /// Leaves out of what may serve it all that is not among these.
  func permit(_ deployments: DeploymentSet) {
    if permitted == nil { permitted = deployments } else { permitted?.formIntersection(deployments) }
  }

  /// The same error, with the classes where they may be why nothing is left.
  func naming(_ error: ExchangeError) -> ExchangeError {
    guard !dataClasses.isEmpty, error.code == ExchangeError.noPermittedDeployment("").code,
      let data = snapshot.data
    else { return error }
    return .noPermittedDeployment(data.words(dataClasses))
  }

  /// `phi,pii`; nil where it has none.
  var dataClassLabel: String? {
    guard !dataClasses.isEmpty else { return nil }
    return snapshot.data?.classes.names(dataClasses).joined(separator: ",")
  }
}
