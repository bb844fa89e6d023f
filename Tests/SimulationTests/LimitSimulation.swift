import Coordination
import Policy

/// Replicas that run the router's own decisions about limits over a simulated Redis, clock and network.
///
/// Each exchange asks for a bucket, a budget and a slot of one tag, and for a bucket of another that is hot enough to be leased.
/// Held after each admission: I1, that no bucket lets through more than it has, and a leased one a twentieth more (what replicas
/// decide alone is held to their share); at the end, I2, that budget and hot bucket were charged everything exactly once, and that no
/// slot or reservation is left.
final class LimitSimulation {
  struct Violation: Error, CustomStringConvertible {
    let description: String
  }

  /// What goes wrong in a run.
  struct Faults {
    var losesCalls = false
    var redisFails = false
    var replicasCrash = false
    var clockJumps = false
    var redisForgets = false

    static let none = Faults()
    static let all = Faults(
      losesCalls: true, redisFails: true, replicasCrash: true, clockJumps: true, redisForgets: true)

    var isAny: Bool { losesCalls || redisFails || replicasCrash || clockJumps || redisForgets }
  }

  private let world: World
  private let redis: SimulatedRedis
  private let faults: Faults
  private var replicas: [SimulatedReplica] = []
  private var violation: Violation?

  private let bucket: Limit
  private let budget: Limit
  private let slots: Limit
  private let hot: Limit
  private static let hotKey = "sy:{m:h}:rl:tokens:minute"
  private var group: LimitGroup { LimitGroup(prefix: "sy:{t:a}", limits: [bucket, budget, slots]) }
  private var hotGroup: LimitGroup { LimitGroup(prefix: "sy:{m:h}", limits: [hot]) }

  /// Of the bucket: what was let through and given back, in order.
  private var flows: [Flow] = []
  private var hotFlows: [Flow] = []
  private struct Flow {
    var at: Int64
    var tokens: Int64
    /// The replica that decided alone; nil for the shared state.
    var alone: Int?
  }

  /// Micro-dollars that were really spent, and what crashed exchanges had reserved.
  private var spent: Int64 = 0
  private var hotSpent: Int64 = 0
  private var abandoned: Int64 = 0
  private var crashes: Int64 = 0
  /// Jumps forward of Redis' clock, milliseconds.
  private var jumped: Int64 = 0
  private(set) var admitted = 0
  private(set) var refused = 0
  private(set) var alone = 0
  /// Decisions that no call was needed for.
  private(set) var leased = 0

  init(seed: UInt64, faults: Faults) {
    world = World(seed: seed)
    redis = SimulatedRedis(world, watched: Self.hotKey)
    self.faults = faults
    let rule = Bucket.Rule(tokens: 50 + Int64(world.random.below(2_000)), window: 60_000)
    bucket = Self.limit("tokens", .tokens, .bucket(rule), "sy:{t:a}:rl:tokens:minute")
    budget = Self.limit(
      "dollars", .dollars, .budget(capacity: 1 << 40, .month, .utc), "sy:{t:a}:budget:dollars:month")
    slots = Self.limit(
      "slots", .concurrent, .slots(Slots.Rule(count: 4 + world.random.below(20), lifetime: 30_000)),
      "sy:{t:a}:sem")
    let hotRule = Bucket.Rule(tokens: 5_000 + Int64(world.random.below(60_000)), window: 60_000)
    hot = Self.limit("hot", .tokens, .bucket(hotRule), Self.hotKey)
    for number in 0..<(1 + world.random.below(5)) { replicas.append(makeReplica(number)) }
  }

  private static func limit(_ name: String, _ measure: Limit.Measure, _ shape: Limit.Shape, _ key: String)
    -> Limit
  {
    Limit(path: name, name: name, label: name, measure: measure, shape: shape, outage: .share, key: key)
  }

  private func makeReplica(_ number: Int) -> SimulatedReplica {
    let least = replicas.count + 5  // as many as there may ever be
    return startReplica(number, leastReplicas: max(5, least))
  }

  private func startReplica(_ number: Int, leastReplicas: Int) -> SimulatedReplica {
    SimulatedReplica(world, redis, number: number, leastReplicas: leastReplicas) { [unowned self] in
      leased += 1
    }
  }

  // MARK: A run

  private static let length: Int64 = 60_000
  /// Long enough for every reservation, slot and debt to be settled or gone.
  private static let calm: Int64 = 120_000

  func run() throws {
    for replica in replicas { tick(replica) }
    arrive()
    if faults.redisFails || faults.clockJumps || faults.redisForgets || faults.losesCalls { trouble() }
    world.run(until: Self.length)
    heal()
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
    crashes += 1
    let next = startReplica(replica.number + 100, leastReplicas: 5)
    next.state.loss = replica.state.loss
    replicas[place] = next
    tick(next)
  }

  private func trouble() {
    world.after(world.between(500, 8_000)) { [self] in
      guard world.now < Self.length else { return }
      switch world.random.below(5) {
      case 0 where faults.redisFails: redis.health = [.up, .hanging, .gone][world.random.below(3)]
      case 1 where faults.redisFails: replicas.randomElement(using: &world.random)?.state.isCutOff.toggle()
      case 2 where faults.clockJumps: jump()
      case 3 where faults.redisForgets && world.chance(30): redis.loseAll()
      case 4 where faults.losesCalls:
        replicas.randomElement(using: &world.random)?.state.loss = world.random.below(20)
      default: redis.health = .up
      }
      trouble()
    }
  }

  private func jump() {
    let jump = [1_000, 3_600_000, -1_000, -3_600_000][world.random.below(4)] as Int64
    redis.skew += jump
    jumped += abs(jump)
  }

  private func heal() {
    redis.health = .up
    for replica in replicas {
      replica.state.isCutOff = false
      replica.state.loss = 0
    }
  }

  // MARK: One exchange

  private func begin(on replica: SimulatedReplica) {
    let estimate = world.between(1, 120)
    let demand = Demand(inputTokens: estimate, outputTokens: 0, microdollars: estimate)
    replica.limiter.admit(
      .init(exchange: [group], attempt: [hotGroup], demand: demand, lifetime: 60_000)
    ) { [self] answer in
      guard replica.isAlive else {  // what was reserved on its way is abandoned too
        if case .admitted(let grant?, _) = answer, !grant.isLocal { abandoned += estimate }
        return
      }
      guard case .admitted(let grant?, let attempt?) = answer else {
        if case .attemptRefused(let grant?, _) = answer { replica.limiter.settle(grant, .nothing) }
        refused += 1
        return
      }
      admitted += 1
      if grant.isLocal { alone += 1 }
      let id = admitted
      replica.running[id] = .init(estimate: estimate, isLocal: grant.isLocal)
      flow(estimate, grant.isLocal ? replica.number : nil)
      hotFlow(estimate, attempt.isLocal)
      checkBuckets()
      world.after(world.between(5, 20_000)) { [self] in end(id, grant, attempt, estimate, replica) }
    }
  }

  private func end(
    _ id: Int, _ grant: Grant, _ attempt: Grant, _ estimate: Int64, _ replica: SimulatedReplica
  ) {
    guard replica.isAlive else { return }
    replica.running[id] = nil
    let actual = world.between(0, estimate * 3 / 2)
    spent += actual
    hotSpent += actual
    if actual < estimate {
      flow(actual - estimate, grant.isLocal ? replica.number : nil)
      hotFlow(actual - estimate, attempt.isLocal)
    }
    let demand = Demand(inputTokens: actual, outputTokens: 0, microdollars: actual)
    replica.limiter.settle(grant, demand)
    replica.limiter.settle(attempt, demand)
  }

  // MARK: Invariants

  private func flow(_ tokens: Int64, _ alone: Int?) {
    flows.append(Flow(at: world.now, tokens: tokens, alone: alone))
  }

  private func hotFlow(_ tokens: Int64, _ isAlone: Bool) {
    hotFlows.append(Flow(at: world.now, tokens: tokens, alone: isAlone ? 0 : nil))
  }

  /// I1 over every window that ends now. Calls take up to 6 ms, by which what is noted here lags.
  private func checkBuckets() {
    check(bucket, flows, lag: 12, stock: 0, late: 0)
    guard case .bucket(let rule) = hot.shape else { return }
    // A lease tells what was given back in its next call that arrives.
    check(hot, hotFlows, lag: 700, stock: rule.tokens / 20, late: faults.isAny ? 30_000 : 1_000)
  }

  /// `late`: milliseconds after which what was given back is surely known; `stock`: what may have been charged before.
  private func check(_ limit: Limit, _ flows: [Flow], lag: Int64, stock: Int64, late: Int64) {
    guard case .bucket(let rule) = limit.shape else { return }
    // Lost clocks and lost state refill at most the whole bucket each.
    let extra =
      Int64(redis.losses) * (rule.tokens + stock)
      + min(jumped * rule.tokens / rule.window + 1, jumped > 0 ? 40 * rule.tokens : 0)
    var (sum, before, returned): (Int64, Int, Int64) = (0, flows.count, 0)
    for place in flows.indices.reversed() where flows[place].alone == nil {
      let flow = flows[place]
      sum += flow.tokens
      while before > 0, flows[before - 1].at >= flow.at - late {
        before -= 1
        returned += max(0, -flows[before].tokens)
      }
      returned -= max(0, -flow.tokens)
      let refilled = (world.now - flow.at + lag) * rule.tokens / rule.window + 1
      if sum > rule.tokens + refilled + extra + stock + (late > 0 ? returned : 0) {
        return fail(
          "I1: \(sum) tokens in \(world.now - flow.at) ms of \(rule.tokens) a minute (\(limit.name))")
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
      case .slots(let slots) where jumped == 0:
        fail("I5: \(key) still has \(slots.holders.count) holders at \(now)")
      case .reservation where jumped == 0 && entry.expires - now > 600_000: fail("I2: \(key) is left")
      case .bucket(let bucket, let rule):
        if bucket.level > rule.capacity { fail("I2: \(key) holds more than it can") }
      case .slots: break
      case .reservation, .lease: break  // marks, which keep a lost reply from charging a debt twice
      }
    }
    for replica in replicas where replica.limiter.waiting > 0 {
      fail("\(replica.limiter.waiting) settlements wait")
    }
    checkCounted(counted, spent, atMost: abandoned, "budget")
    // What a replica that crashed had in stock is lost.
    guard case .bucket(let rule) = hot.shape else { return }
    checkCounted(redis.charged, hotSpent, atMost: abandoned + crashes * rule.tokens / 20, "hot bucket")
  }

  /// I2: what was spent is counted, once. Fewer only where Redis forgot; more only by what crashed or got no answer.
  private func checkCounted(_ counted: Int64, _ spent: Int64, atMost more: Int64, _ name: String) {
    if redis.losses == 0, jumped == 0, !faults.replicasCrash, counted < spent {
      fail("I2: \(spent) spent, \(counted) counted (\(name))")
    }
    if !faults.losesCalls, !faults.redisFails, !faults.replicasCrash, redis.losses == 0, jumped == 0,
      counted != spent
    {
      fail("I2: \(spent) spent, \(counted) counted, and nothing went wrong (\(name))")
    }
    if counted > spent + more, !faults.losesCalls, !faults.redisFails, redis.losses == 0, jumped == 0 {
      fail("I2: \(spent) spent and at most \(more) abandoned, \(counted) counted (\(name))")
    }
  }

  private func fail(_ text: String) {
    if violation == nil { violation = Violation(description: "at \(world.now) ms: \(text)") }
  }
}

/// One start of one replica.
final class SimulatedReplica {
  struct Running {
    var estimate: Int64
    var isLocal: Bool
  }

  let number: Int
  let state: SimulatedState
  let limiter: Limiter
  var isAlive = true
  var running: [Int: Running] = [:]

  init(
    _ world: World, _ redis: SimulatedRedis, number: Int, leastReplicas: Int, onLeased: @escaping () -> Void
  ) {
    self.number = number
    // Sendable for the clock's sake only: a run has one thread.
    nonisolated(unsafe) let world = world
    let clock = StateClock(wall: 1_790_000_000_000, source: { world.now })
    let replica = ReplicaState(name: "r\(number)", leastReplicas: leastReplicas, clock: clock)
    state = SimulatedState(world, redis, replica)
    limiter = Limiter(state, replica, leases: LeaseTerms(rate: 1)) { way, _ in
      if way == .leased { onLeased() }
    }
  }
}
