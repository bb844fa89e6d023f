import Policy
import Settings
import Synchronization

/// All endpoints of a model, over its deployments.
struct ModelPool: Sendable {
  /// An endpoint as a deployment uses it.
  struct Member: Sendable {
    var place: AttemptPlan.Place
    var endpoint: Endpoint
    var pace: Pace
    /// Its share of the model's traffic: its deployment's weight, of which it has its own weight's part.
    var weight: Double
  }

  let members: [Member]

  /// `paces` has those of the endpoint's positions at a deployment.
  init(
    _ deployments: [RoutingTable.Weighted], _ table: [RoutingTable.Deployment], _ endpoints: [Endpoint],
    pace: (AttemptPlan.Place) -> Pace
  ) {
    let sums = deployments.map { table[$0.position].endpoints.reduce(0) { $0 + $1.weight } }
    // Whole numbers where that can be, so that equal shares are equal.
    let scale = Self.commonMultiple(sums.filter { $0 > 0 })
    members = zip(deployments, sums).flatMap { deployment, sum in
      table[deployment.position].endpoints.map { item in
        let place = AttemptPlan.Place(deployment: deployment.position, endpoint: item.position)
        let weight = Double(deployment.weight) * Double(item.weight) * (scale / Double(sum))
        return Member(
          place: place, endpoint: endpoints[item.position], pace: pace(place), weight: weight)
      }
    }
  }

  /// 1 where it would be too large to be of use.
  private static func commonMultiple(_ numbers: [Int]) -> Double {
    var multiple = 1
    for number in numbers {
      var (one, other) = (multiple, number)
      while other != 0 { (one, other) = (other, one % other) }
      multiple *= number / one
      if multiple > 1 << 24 { return 1 }
    }
    return Double(multiple)
  }
}
