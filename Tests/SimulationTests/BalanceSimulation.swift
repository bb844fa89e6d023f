import Policy

/// Replicas that balance over one pool by the shipped `Balancer`, and what their requests wait for: an M/G/k queue at each endpoint.
///
/// The one of algorithms §3.2: 8 replicas, 10 endpoints of 4 slots, two of them at half speed, lognormal service of 1 s on average.
/// The same seed gives the same arrivals and service times, whatever the policy.
final class BalanceSimulation {
  enum Sharing: Equatable {
    /// Each replica in turn, whatever the load.
    case roundRobin
    /// Own counts alone.
    case own
    /// What the others told, that many milliseconds apart.
    case every(Int64)
    /// All counts, as they are.
    case oracle
  }

  private struct Endpoint {
    var isSlow: Bool
    var running = 0
    var queue: [(replica: Int, arrived: Int64, service: Int64)] = []
  }

  private static let slots = 4
  private static let replicas = 8

  private let world: World
  private let sharing: Sharing
  private let spacing: Double
  private var endpoints: [Endpoint]
  /// By replica and endpoint.
  private var counts: [[Int]]
  private var told: [[Int]]
  private var readAt: [Int64?]
  private var choices: Chance
  private var turn = 0
  private(set) var times: [Int64] = []

  /// `load`: of what all slots can serve, 0 to 1.
  init(_ sharing: Sharing, load: Double, seed: UInt64) {
    world = World(seed: seed)
    choices = Chance(seed: seed ^ 0xABCD)
    self.sharing = sharing
    endpoints = (0..<10).map { Endpoint(isSlow: $0 < 2) }
    counts = Array(repeating: Array(repeating: 0, count: 10), count: Self.replicas)
    told = counts
    readAt = Array(repeating: nil, count: Self.replicas)
    // Eight at full speed and two at half: 36 requests a second at most.
    spacing = 1_000 / (load * 36)
  }

  /// Milliseconds of each request, from its arrival to its end.
  func run(requests: Int) -> [Int64] {
    arrive(left: requests, at: 0)
    if case .every(let period) = sharing {
      for replica in 0..<Self.replicas { tell(replica, every: period) }
    }
    world.run(until: 1 << 40)
    return times
  }

  private var isOver = false

  private func arrive(left: Int, at moment: Double) {
    guard left > 0 else { return isOver = true }
    let next = moment + world.random.exponential() * spacing
    let service = Int64(max(1, 1_000 * lognormal()))
    let replica = world.random.below(Self.replicas)
    world.after(max(0, Int64(next) - world.now)) { [self] in
      serve((replica, world.now, service))
      arrive(left: left - 1, at: next)
    }
  }

  /// Of mean 1 and a standard deviation of the logarithm of 0.8.
  private func lognormal() -> Double {
    // A normal number by the central limit of twelve: enough for a service time, and no cosine.
    let normal = (0..<12).reduce(-6.0) { sum, _ in sum + world.random.unit() }
    return exponential(0.8 * normal - 0.32)
  }

  private func exponential(_ power: Double) -> Double {
    var (term, sum) = (1.0, 1.0)
    for n in 1...40 {
      term *= power / Double(n)
      sum += term
    }
    return sum
  }

  private func serve(_ request: (replica: Int, arrived: Int64, service: Int64)) {
    let at = choose(request.replica)
    counts[request.replica][at] += 1
    endpoints[at].running < Self.slots ? start(request, at) : endpoints[at].queue.append(request)
  }

  private func start(_ request: (replica: Int, arrived: Int64, service: Int64), _ at: Int) {
    endpoints[at].running += 1
    world.after(endpoints[at].isSlow ? 2 * request.service : request.service) { [self] in
      times.append(world.now - request.arrived)
      counts[request.replica][at] -= 1
      endpoints[at].running -= 1
      if !endpoints[at].queue.isEmpty { start(endpoints[at].queue.removeFirst(), at) }
    }
  }

  private func choose(_ replica: Int) -> Int {
    let sight: Balancer.Sight
    switch sharing {
    case .roundRobin:
      turn = (turn + 1) % endpoints.count
      return turn
    case .own: sight = .none
    case .oracle: sight = .fresh
    case .every: sight = Balancer.Sight(age: readAt[replica].map { world.now - $0 }, replicas: Self.replicas)
    }
    let options = endpoints.indices.map {
      Balancer.Option(
        position: $0, weight: 1, own: counts[replica][$0], others: others(at: $0, seenBy: replica))
    }
    return Balancer().choose(options, sight, random: &choices) ?? 0
  }

  private func others(at endpoint: Int, seenBy replica: Int) -> Int {
    let known = sharing == .oracle ? counts : seen[replica]
    return known.indices.reduce(0) { $1 == replica ? $0 : $0 + known[$1][endpoint] }
  }

  /// What each replica has read, by replica and endpoint.
  private lazy var seen = Array(repeating: told, count: Self.replicas)

  private func tell(_ replica: Int, every period: Int64) {
    guard !isOver else { return }
    told[replica] = counts[replica]
    seen[replica] = told
    readAt[replica] = world.now
    // Not in step with each other.
    world.after(period - period / 10 + Int64(choices.below(Int(period / 5) + 1))) { [self] in
      tell(replica, every: period)
    }
  }
}
