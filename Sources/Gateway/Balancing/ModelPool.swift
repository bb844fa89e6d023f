import Policy
import Settings
import Synchronization

/// All endpoints of a model, over its deployments, and how one of them is chosen.
struct ModelPool: Sendable {
  /// An endpoint as a deployment uses it.
  struct Member: Sendable {
    var place: AttemptPlan.Place
    var endpoint: Endpoint
    var pace: Pace
    /// Its share of the model's traffic: its deployment's weight, of which it has its own weight's part.
    var weight: Double
    /// Not in another zone than this replica.
    var isNear: Bool
    var prices: [Settings.Price]
  }

  let name: String
  let balance: Settings.Model.Balance
  let affinity: Settings.Model.Affinity
  let members: [Member]
  /// Some of its endpoints take only so many requests at a time.
  let isBounded: Bool
  /// Of each member: what it is called on all replicas, hashed.
  let hashes: [UInt64]
  let turns: Turns
  /// Nil unless its deployments are chosen by what is learned.
  let learned: LearnedPool?

  init(
    _ model: Settings.Model, _ deployments: [RoutingTable.Weighted], _ table: [RoutingTable.Deployment],
    _ endpoints: [Endpoint], isNear: [Bool], capacities: [Int?], former: ModelPool?, isVersion: Bool,
    deployment: (AttemptPlan.Place) -> Snapshot.Deployment
  ) {
    (name, balance, affinity) = (model.name, model.balance, model.affinity)
    turns = former?.turns ?? Turns()
    let sums = deployments.map { table[$0.position].endpoints.reduce(0) { $0 + $1.weight } }
    // Whole numbers where that can be, so that equal shares are equal.
    let scale = Self.commonMultiple(sums.filter { $0 > 0 })
    let members = zip(deployments, sums).flatMap { weighted, sum in
      table[weighted.position].endpoints.map { item in
        let place = AttemptPlan.Place(deployment: weighted.position, endpoint: item.position)
        let deployment = deployment(place)
        return Member(
          place: place, endpoint: endpoints[item.position], pace: deployment.pace(place),
          weight: Double(weighted.weight) * Double(item.weight) * (scale / Double(sum)),
          isNear: isNear[item.position], prices: deployment.prices)
      }
    }
    self.members = members
    let positions = isVersion ? [] : deployments.map(\.position)
    learned = LearnedPool(model, positions, table, members, former: former?.learned) {
      deployment(.init(deployment: $0, endpoint: 0)).prices
    }
    isBounded = members.contains { capacities[$0.place.endpoint] != nil }
    hashes = members.map { member in
      var hash = Fingerprint()
      hash.add(member.endpoint.identity.url)
      hash.add("\(member.endpoint.identity.credential) \(table[member.place.deployment].name)")
      return hash.value
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

/// Whose turn it is: a count that all workers of the replica share.
final class Turns: Sendable {
  private let count = Atomic<UInt64>(0)

  func next() -> UInt64 { count.wrappingAdd(1, ordering: .relaxed).oldValue }
  /// The same for who only looks.
  var coming: UInt64 { count.load(ordering: .relaxed) }
}
