/// Chooses the endpoint with the fewest requests in flight for its weight (algorithms §3; within one replica).
///
/// Ties are drawn in proportion to the weights, never by position: an idle pool is shared as its weights say, and replicas
/// that see the same counts don't all choose the same endpoint.
package struct LeastConnections: Sendable {
  package init() {}

  /// The position chosen among `endpoints`, or nil where `isOut` leaves none. `inFlight` says how many requests are in flight at a
  /// position, `isOut` which positions are not to be used.
  package func choose(
    _ endpoints: [RoutingTable.Weighted], inFlight: (Int) -> Int, isOut: (Int) -> Bool,
    random: inout Chance
  ) -> Int? {
    if endpoints.count == 1 { return isOut(endpoints[0].position) ? nil : endpoints[0].position }
    var best: RoutingTable.Weighted?
    var bestLoad = 0
    var weightOfTies = 0
    for endpoint in endpoints where endpoint.weight > 0 && !isOut(endpoint.position) {
      let load = inFlight(endpoint.position)
      switch best.map({ load * $0.weight - bestLoad * endpoint.weight }) ?? -1 {
      case ..<0:
        (best, bestLoad, weightOfTies) = (endpoint, load, endpoint.weight)
      case 0:
        weightOfTies += endpoint.weight
        if random.below(weightOfTies) < endpoint.weight { (best, bestLoad) = (endpoint, load) }
      default: break
      }
    }
    return best?.position
  }
}
