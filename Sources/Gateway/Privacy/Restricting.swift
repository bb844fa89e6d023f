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
    exchange.permitted.narrow(to: data.classes.permitted(course.bound))
  }

  /// Once for each class of a request.
  func countDataClasses(_ exchange: Exchange) {
    guard let rules = exchange.snapshot.data?.classes.rules else { return }
    let isStranded = exchange.answer.error?.code == ExchangeError.ruledOut.code
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
  /// The same error, with the classes where they may be why nothing is left, or the surface where that is.
  func naming(_ error: ExchangeError) -> ExchangeError {
    snapshot.naming(snapshot.naming(error, facts), dataClasses)
  }

  /// `phi,pii`; nil where it has none.
  var dataClassLabel: String? {
    guard !dataClasses.isEmpty else { return nil }
    return snapshot.data?.classes.names(dataClasses).joined(separator: ",")
  }
}
