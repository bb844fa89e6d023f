import Coordination
import Policy

/// Replicas that run the router's own decisions about limits over a simulated Redis, clock and network.
///
/// Held after each admission: I1, that no bucket lets through more than it has (what replicas decide alone is held to their share);
/// at the end, I2, that budgets have counted everything exactly once, and that no slot or reservation is left.
final class LimitSimulation {
  struct Violation: Error, CustomStringConvertible {
    let description: String
  }

  private let world: World
  private let redis: SimulatedRedis
  private let faults: Faults
  private let troubles: Troubles
  private var replicas: [SimulatedReplica] = []
  private var violation: Violation?

  private let bucket: Limit
  private let budget: Limit
  private let slots: Limit
  private var group: LimitGroup { LimitGroup(prefix: "sy:{t:a}", limits: [bucket, budget, slots]) }

  /// Of the bucket: what was let through and given back, in order.
  private var flows: [Flow] = []
  private struct Flow {
    var at: Int64
    var tokens: Int64
    /// The replica that decided alone; nil for the shared state.
    var alone: Int?
  }

  /// Micro-dollars that were really spent, and what crashed exchanges had reserved.
  private var spent: Int64 = 0
  private var abandoned: Int64 = 0
  private(set) var admitted = 0
  private(set) var refused = 0
  private(set) var alone = 0

  init(seed: UInt64, faults: Faults) {
    world = World(seed: seed)
    redis = SimulatedRedis(world)
    self.faults = faults
    troubles = Troubles(world, redis, faults)
    let rule = Bucket.Rule(tokens: 50 + Int64(world.random.below(2_000)), window: 60_000)
    bucket = Self.limit("tokens", .tokens, .bucket(rule), "sy:{t:a}:rl:tokens:minute")
    budget = Self.limit(
      "dollars", .dollars, .budget(capacity: 1 << 40, .month, .utc), "sy:{t:a}:budget:dollars:month")
    slots = Self.limit(
      "slots", .concurrent, .slots(Slots.Rule(count: 4 + world.random.below(20), lifetime: 30_000)),
      "sy:{t:a}:sem")
    for number in 0..<(1 + world.random.below(5)) { replicas.append(makeReplica(number)) }
  }

  private static func limit(_ name: String, _ measure: Limit.Measure, _ shape: Limit.Shape, _ key: String)
    -> Limit
  {
    Limit(path: name, name: name, label: name, measure: measure, shape: shape, outage: .share, key: key)
  }

  private func makeReplica(_ number: Int) -> SimulatedReplica {
    let least = replicas.count + 5  // as many as there may ever be
    return SimulatedReplica(world, redis, number: number, leastReplicas: max(5, least))
  }

  // MARK: A run

  private static let length: Int64 = 60_000
  /// Long enough for every reservation, slot and debt to be settled or gone.
  private static let calm: Int64 = 120_000

  func run() throws {
    for replica in replicas { tick(replica) }
    arrive()
    troubles.begin(until: Self.length) { [self] in replicas.map(\.state) }
    world.run(until: Self.length)
    troubles.heal(replicas.map(\.state))
    world.run(until: Self.length + Self.calm)
    if violation == nil { checkEnd() }
    if let violation { throw violation }
  }

  private func tick(_ replica: SimulatedReplica) {
    world.after(100) { [self] in
      guard replica.isAlive else { return }
      replica.limiter.tick()
      tick(replica)
    }
  }

  private func arrive() {
    world.after(world.between(1, 200)) { [self] in
      guard world.now < Self.length, violation == nil else { return }
      let place = world.random.below(replicas.count)
      if faults.replicasCrash, world.chance(2) { crash(place) }
      begin(on: replicas[place])
      arrive()
    }
  }

  private func crash(_ place: Int) {
    let replica = replicas[place]
    replica.isAlive = false
    abandoned += replica.running.values.filter { !$0.isLocal }.reduce(0) { $0 + $1.estimate }
    let next = SimulatedReplica(world, redis, number: replica.number + 100, leastReplicas: 5)
    next.state.loss = replica.state.loss
    replicas[place] = next
    tick(next)
  }

  // MARK: One exchange

  private func begin(on replica: SimulatedReplica) {
    let estimate = world.between(1, 120)
    let demand = Demand(inputTokens: estimate, outputTokens: 0, microdollars: estimate)
    replica.limiter.admit(
      .init(exchange: [group], attempt: [], demand: demand, lifetime: 60_000)
    ) { [self] answer in
      guard replica.isAlive else {  // what was reserved on its way is abandoned too
        if case .admitted(let grant?, _) = answer, !grant.isLocal { abandoned += estimate }
        return
      }
      guard case .admitted(let grant?, _) = answer else {
        refused += 1
        return
      }
      admitted += 1
      if grant.isLocal { alone += 1 }
      let id = admitted
      replica.running[id] = .init(estimate: estimate, isLocal: grant.isLocal)
      flow(estimate, grant.isLocal ? replica.number : nil)
      checkBucket()
      world.after(world.between(5, 20_000)) { [self] in end(id, grant, estimate, replica) }
    }
  }

  private func end(_ id: Int, _ grant: Grant, _ estimate: Int64, _ replica: SimulatedReplica) {
    guard replica.isAlive else { return }
    replica.running[id] = nil
    let actual = world.between(0, estimate * 3 / 2)
    spent += actual
    if actual < estimate { flow(actual - estimate, grant.isLocal ? replica.number : nil) }
    replica.limiter.settle(grant, Demand(inputTokens: actual, outputTokens: 0, microdollars: actual))
  }

  // MARK: Invariants

  private func flow(_ tokens: Int64, _ alone: Int?) {
    flows.append(Flow(at: world.now, tokens: tokens, alone: alone))
  }

  /// I1 over every window that ends now. Calls take up to 6 ms, by which what is noted here lags.
  private func checkBucket() {
    guard case .bucket(let rule) = bucket.shape else { return }
    // Lost clocks and lost state refill at most the whole bucket each.
    let extra =
      Int64(redis.losses) * rule.tokens
      + min(troubles.jumped * rule.tokens / rule.window + 1, troubles.jumped > 0 ? 40 * rule.tokens : 0)
    var sum: Int64 = 0
    for flow in flows.reversed() where flow.alone == nil {
      sum += flow.tokens
      let refilled = (world.now - flow.at + 12) * rule.tokens / rule.window + 1
      if sum > rule.tokens + refilled + extra {
        return fail("I1: \(sum) tokens in \(world.now - flow.at) ms of \(rule.tokens) a minute")
      }
    }
  }

  private func checkEnd() {
    let (entries, now) = (redis.store.entries.filter { $0.value.expires > redis.now }, redis.now)
    var counted: Int64 = 0
    for (key, entry) in entries {
      switch entry.value {
      case .budget(let spent, _): counted += spent
      // One that a clock gone back left too long is cut by the next that looks, and nobody does any more.
      case .slots(let slots) where troubles.jumped == 0:
        fail("I5: \(key) still has \(slots.holders.count) holders at \(now)")
      case .reservation where troubles.jumped == 0 && entry.expires - now > 600_000:
        fail("I2: \(key) is left")
      case .bucket(let bucket, let rule):
        if bucket.level > rule.capacity { fail("I2: \(key) holds more than it can") }
      case .slots: break
      case .reservation, .lease: break  // marks, which keep a lost reply from charging a debt twice
      }
    }
    for replica in replicas where replica.limiter.waiting > 0 {
      fail("\(replica.limiter.waiting) settlements wait")
    }
    checkBudget(counted)
  }

  /// I2: what was spent is counted, once. Fewer only where Redis forgot; more only by what crashed or got no answer.
  private func checkBudget(_ counted: Int64) {
    if redis.losses == 0, troubles.jumped == 0, !faults.replicasCrash, counted < spent {
      fail("I2: \(spent) spent, \(counted) counted")
    }
    if !faults.losesCalls, !faults.redisFails, !faults.replicasCrash, redis.losses == 0, troubles.jumped == 0,
      counted != spent
    {
      fail("I2: \(spent) spent, \(counted) counted, and nothing went wrong")
    }
    if counted > spent + abandoned, !faults.losesCalls, !faults.redisFails, redis.losses == 0,
      troubles.jumped == 0
    {
      fail("I2: \(spent) spent and \(abandoned) abandoned, \(counted) counted")
    }
  }

  private func fail(_ text: String) {
    if violation == nil { violation = Violation(description: "at \(world.now) ms: \(text)") }
  }
}
