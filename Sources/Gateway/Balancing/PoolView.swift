import Policy
import Settings

/// A model's pool as one worker sees it, with room for the options of a choice: nothing is allocated for one. Confined to the
/// worker's loop.
final class PoolView {
  /// What an exchange brings to a choice.
  struct Ask {
    var spent = AttemptPlan.Spent()
    var sight = Balancer.Sight.fresh
    /// A hash of what is to stay at one endpoint; nil where nothing is.
    var key: UInt64?
    /// Of each member: the part of its weight that it is left; nil where that is all of it.
    var shares: [Double]?
    /// Where it has a slot already.
    var held: Endpoint?
    /// What it will probably take, where prices decide.
    var tokens: (input: Int64, output: Int64) = (0, 0)
    /// Whose prices count, in milliseconds since 1970.
    var now: Int64 = 0
    /// Prices decide, however the model is balanced.
    var isSteered = false
    /// By what a deployment is drawn; nil where none is.
    var features: ChoiceFeatures?
  }

  /// How much slower an endpoint of another zone counts as.
  private static let distance = 2.0

  let pool: ModelPool
  var options: [Balancer.Option]
  /// Of each member, side by side; the pool keeps the endpoints, so that looking at them counts no references.
  private let endpoints: [Unmanaged<Endpoint>]
  private let weights: [Double]
  /// By endpoints' own reports: requests of others, and a share of the weight. Empty where the model doesn't go by them.
  private var reports: [(foreign: Int, room: Double)] = []
  let hasFar: Bool
  /// Some of its endpoints take only so many requests at a time.
  var isBounded: Bool { pool.isBounded }
  private var isUsed = false
  /// By what deployments are drawn, as of the last tick; nil where nothing is learned.
  private var standing: ChoiceDesk.Standing?
  /// What the last choice has drawn; nil where it has drawn no deployment.
  private(set) var drawn: DrawnDeployment?

  init(_ pool: ModelPool) {
    self.pool = pool
    endpoints = pool.members.map { Unmanaged.passUnretained($0.endpoint) }
    weights = pool.members.map(\.weight)
    hasFar = pool.members.contains { !$0.isNear } && pool.members.contains { $0.isNear }
    options = pool.members.enumerated().map { index, member in
      Balancer.Option(position: index, weight: member.weight, own: 0)
    }
    standing = pool.learned?.desk.standing
    setSlowness(pool.members.map { _ in 1 })
  }

  /// Where the next attempt goes; nil where what is spent leaves nothing.
  func choose(_ ask: Ask, random: inout Chance) -> AttemptPlan.Place? {
    isUsed = true
    if pool.learned != nil { drawn = nil }
    let members = pool.members
    if members.count == 1 {
      let isOut = ask.spent.contains(members[0].place) || ask.shares?[0] == 0 || isBounded && isFull(0, ask)
      return isOut ? nil : members[0].place
    }
    weigh(ask)
    if let key = ask.key,
      let preferred = Affinity().choose(options, names: pool.hashes, key: key, ask.sight)
    {
      return members[preferred].place
    }
    if let features = ask.features { draw(features, &random) }
    let way = way(turn: pool.turns.next())
    if hasFar, way.heedsLoad { preferNear(ask.sight) }
    return Balancer().choose(options, by: way, ask.sight, random: &random).map { members[$0].place }
  }

  /// Sets down what each has to do, and what weight is left of it.
  func weigh(_ ask: Ask) {
    fill(ask.spent)
    if isBounded { leaveOpen(ask) }
    if let shares = ask.shares {
      for index in options.indices { options[index].weight *= shares[index] }
    }
    for (index, report) in reports.enumerated() {
      options[index].own += report.foreign
      options[index].weight *= report.room
    }
    if ask.isSteered || pool.balance == .cost { leaveCheapest(ask) }
  }

  /// What decides; `turn` is asked for where endpoints take turns.
  func way(turn: @autoclosure () -> UInt64) -> Balancer.Way {
    switch pool.balance {
    case .leastConnections, .cost, .resource, .learned: .leastConnections
    case .latency: .lowestCost
    case .weighted: .weights
    case .random: .equalChance
    case .roundRobin: .turn(turn())
    }
  }

  private func fill(_ spent: AttemptPlan.Spent) {
    options.withUnsafeMutableBufferPointer { options in
      for index in options.indices {
        let (own, others) = endpoints[index]._withUnsafeGuaranteedRef { ($0.inFlight, $0.others) }
        options[index].own = own
        options[index].others = others
        options[index].weight = weights[index]
      }
    }
    guard !spent.isEmpty else { return }
    for index in options.indices where spent.contains(pool.members[index].place) { options[index].weight = 0 }
  }

  func isFull(_ index: Int, _ ask: Ask) -> Bool {
    let endpoint = pool.members[index].endpoint
    return endpoint.isFull && ask.held !== endpoint
  }

  private func leaveOpen(_ ask: Ask) {
    for index in options.indices where isFull(index, ask) { options[index].weight = 0 }
  }

  /// Those that could be used, if they weren't full.
  func full(_ ask: Ask) -> [Endpoint] {
    pool.members.indices.filter { index in
      isFull(index, ask) && !ask.spent.contains(pool.members[index].place) && ask.shares?[index] != 0
    }.map { pool.members[$0].endpoint }
  }

  /// Of those that are left, the ones whose price is the lowest for that many tokens.
  private func leaveCheapest(_ ask: Ask) {
    let members = pool.members
    func cost(_ index: Int) -> Int64 {
      members[index].prices.inForce(at: ask.now)?.cost(input: ask.tokens.input, output: ask.tokens.output)
        ?? .max
    }
    var lowest = Int64.max
    for index in members.indices where options[index].weight > 0 { lowest = min(lowest, cost(index)) }
    for index in members.indices where cost(index) > lowest { options[index].weight = 0 }
  }

  /// While one of the own zone is idle, nothing goes elsewhere.
  func preferNear(_ sight: Balancer.Sight) {
    let members = pool.members
    let isIdle = members.indices.contains {
      members[$0].isNear && options[$0].weight > 0 && options[$0].load(sight) == 0
    }
    guard isIdle else { return }
    for index in members.indices where !members[index].isNear { options[index].weight = 0 }
  }

  /// Ten times a second: how slow each is, where that was asked for since, and what each says of itself. `now`: monotonic milliseconds.
  func tick(_ now: Int64, _ sight: Balancer.Sight) {
    if let learned = pool.learned { standing = learned.desk.standing }
    guard isUsed || pool.balance == .resource, pool.members.count > 1 else { return }
    isUsed = false
    if pool.balance == .resource {
      reports = Self.reports(pool.members.map { $0.endpoint.reported.value(now: now) })
    }
    let firstTokens = pool.members.map { $0.pace.firstToken.value(at: now) }
    if pool.balance == .latency {
      let isKnown = firstTokens.contains { $0 != nil }
      let times = isKnown ? firstTokens : pool.members.map { $0.pace.whole.value(at: now) }
      setSlowness(Balancer.relativeTimes(times))
    } else {
      setSlowness(Balancer.slowness(zip(firstTokens, options).map { ($0, $1.load(sight)) }))
    }
  }

  /// One that says nothing counts as the others' average; where none does, connections alone count.
  private static func reports(_ told: [(foreign: Int, room: Double)?]) -> [(foreign: Int, room: Double)] {
    let known = told.compactMap { $0 }
    guard !known.isEmpty else { return [] }
    let foreign = known.reduce(0) { $0 + $1.foreign } / known.count
    let room = known.reduce(0) { $0 + $1.room } / Double(known.count)
    return told.map { $0 ?? (foreign, room) }
  }

  private func setSlowness(_ slowness: [Double]) {
    for (index, value) in slowness.enumerated() {
      options[index].slowness = hasFar && !pool.members[index].isNear ? value * Self.distance : value
    }
  }
}

// MARK: Learned

extension PoolView {
  /// How often each deployment is chosen for such a request, of those that have some weight left; nil where none has.
  func odds(_ features: ChoiceFeatures) -> (odds: ChoiceOdds, standing: ChoiceVerdict.Standing)? {
    guard let learned = pool.learned, let standing else { return nil }
    var (weights, whole) = (SIMD8<Double>.zero, SIMD8<Double>.zero)
    for index in options.indices where options[index].weight > 0 {
      weights[learned.arms[index]] += options[index].weight
      whole[learned.arms[index]] += self.weights[index]
    }
    // A reload that switches it off counts at once.
    let verdict = learned.terms.steering == .never ? .stopped : standing.verdict.standing
    let explore = learned.terms.exploration
    // What starts slowly, as its breaker has just closed, does so here too.
    if verdict == .steering,
      let odds = ChoiceOdds(
        by: standing.model, for: features, weights: weights, parts: weights / whole, explore: explore)
    {
      return (odds: odds, standing: verdict)
    }
    return ChoiceOdds(weights: weights, explore: explore).map { (odds: $0, standing: verdict) }
  }

  /// Leaves the endpoints of one deployment.
  private func draw(_ features: ChoiceFeatures, _ random: inout Chance) {
    guard let arms = pool.learned?.names.count, let found = odds(features) else { return }
    let arm = found.odds.draw(&random)
    leave(arm)
    let context = ChoiceContext(
      features: features, arm: arm, propensity: found.odds.shares[arm], least: found.odds.least(of: arms))
    drawn = DrawnDeployment(context: context, standing: found.standing)
  }

  func leave(_ arm: Int) {
    guard let learned = pool.learned else { return }
    for index in options.indices where learned.arms[index] != arm { options[index].weight = 0 }
  }
}

/// The pools of the configuration in force, as one worker sees them.
final class PoolViews {
  private var epoch = 0
  private var views: [PoolView] = []

  /// Exchanges that began under a former configuration keep its pools, seen anew.
  func view(ofModel model: Int, in snapshot: Snapshot) -> PoolView {
    if snapshot.epoch < epoch { return PoolView(snapshot.pools[model]) }
    if snapshot.epoch > epoch {
      epoch = snapshot.epoch
      views = snapshot.pools.map(PoolView.init)
    }
    return views[model]
  }

  func tick(_ now: Int64, _ sight: Balancer.Sight) {
    for view in views { view.tick(now, sight) }
  }
}
