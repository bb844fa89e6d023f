import Coordination
import Policy

/// Replicas that lease one hot bucket, asked for in bursts of many times what it refills, by exchanges of which many end with less than
/// they reserved.
///
/// Held after each admission: I1, that the bucket lets through no more than 1.05 times its capacity and its refill; at the end, I2,
/// that everything was charged exactly once.
final class LeaseSimulation {
  struct Violation: Error, CustomStringConvertible {
    let description: String
  }

  private let world: World
  private let redis: SimulatedRedis
  private let faults: Faults
  private let troubles: Troubles
  private let rule: Bucket.Rule
  private let group: LimitGroup
  private var audit: BucketAudit
  private var replicas: [SimulatedReplica] = []
  private var violation: Violation?

  /// Tokens that were really spent, and what replicas that crashed may have left charged.
  private var spent: Int64 = 0
  private var abandoned: Int64 = 0
  /// Given back to a lease lately: a crash loses it.
  private var returned: [ObjectIdentifier: [(at: Int64, tokens: Int64)]] = [:]
  /// All that was given back: what a full bucket gets back it loses.
  private var returnedInAll: Int64 = 0
  private(set) var admitted = 0
  private(set) var refused = 0
  private(set) var leased = 0
  private var isBurst = true

  init(seed: UInt64, faults: Faults) {
    world = World(seed: seed)
    self.faults = faults
    rule = Bucket.Rule(tokens: 6_000 + Int64(world.random.below(60_000)), window: 10_000)
    let key = "sy:{m:h}:rl:tokens:tens"
    group = LimitGroup(
      prefix: "sy:{m:h}",
      limits: [
        Limit(
          path: "hot", name: "hot", label: "hot", measure: .tokens, shape: .bucket(rule), outage: .share,
          key: key)
      ])
    redis = SimulatedRedis(world, watched: (key, rule))
    troubles = Troubles(world, redis, faults)
    // Counts are whole tokens, and noted up to 6 ms late.
    audit = BucketAudit(rule, slack: rule.tokens / 20 + 100)
    for number in 0..<(1 + world.random.below(5)) { replicas.append(start(number)) }
  }

  private func start(_ number: Int) -> SimulatedReplica {
    SimulatedReplica(
      world, redis, number: number, leastReplicas: faults.redisFails ? 6 : 1, leases: LeaseTerms(rate: 5)
    ) { [unowned self] in leased += 1 }
  }

  // MARK: A run

  private static let length: Int64 = 40_000
  private static let calm: Int64 = 120_000
  /// Milliseconds after which what was given back is surely told, while Redis answers.
  private static let late: Int64 = 1_200

  func run() throws {
    for replica in replicas { tick(replica) }
    arrive()
    alternate()
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

  private func alternate() {
    world.after(world.between(1_000, 6_000)) { [self] in
      isBurst.toggle()
      if world.now < Self.length { alternate() }
    }
  }

  private func arrive() {
    world.after(isBurst ? world.between(1, 10) : world.between(50, 400)) { [self] in
      guard world.now < Self.length, violation == nil else { return }
      let place = world.random.below(replicas.count)
      if faults.replicasCrash, world.random.below(300) == 0 { crash(place) }
      begin(on: replicas[place])
      arrive()
    }
  }

  private func crash(_ place: Int) {
    let replica = replicas[place]
    replica.isAlive = false
    abandoned += replica.running.values.reduce(0) { $0 + $1.estimate } + rule.tokens / 20
    abandoned += (returned[ObjectIdentifier(replica)] ?? []).filter { world.now - $0.at <= Self.late }
      .reduce(0) { $0 + $1.tokens }
    replicas[place] = start(replica.number + 100)
    tick(replicas[place])
  }

  // MARK: One exchange

  private func begin(on replica: SimulatedReplica) {
    let estimate = world.between(1, 120)
    let demand = Demand(inputTokens: estimate, outputTokens: 0, microdollars: 0)
    replica.limiter.admit(.init(exchange: [group], attempt: [], demand: demand, lifetime: 60_000)) {
      [self] answer in
      guard replica.isAlive else {  // what was reserved on its way is abandoned too
        if case .admitted(let grant?, _) = answer, !grant.isLocal { abandoned += estimate }
        return
      }
      guard case .admitted(let grant?, _) = answer else {
        refused += 1
        return
      }
      admitted += 1
      let id = admitted
      replica.running[id] = .init(estimate: estimate, isLocal: grant.isLocal)
      if !grant.isLocal { check(estimate) }
      world.after(world.between(5, 20_000)) { [self] in end(id, grant, estimate, replica) }
    }
  }

  private func end(_ id: Int, _ grant: Grant, _ estimate: Int64, _ replica: SimulatedReplica) {
    guard replica.isAlive else { return }
    replica.running[id] = nil
    let actual = world.chance(30) ? 0 : world.between(0, estimate * 3 / 2)
    if actual > estimate, world.chance(50) {  // a stream that is charged as it goes
      let demand = Demand(requests: 0, inputTokens: 0, outputTokens: actual - estimate, microdollars: 0)
      replica.limiter.charge(grant, demand)
    }
    spent += actual
    if actual < estimate, !grant.isLocal { giveBack(estimate - actual, replica) }
    let demand = Demand(
      inputTokens: min(actual, estimate), outputTokens: max(0, actual - estimate), microdollars: 0)
    replica.limiter.settle(grant, demand)
  }

  private func giveBack(_ tokens: Int64, _ replica: SimulatedReplica) {
    returnedInAll += tokens
    returned[ObjectIdentifier(replica), default: []].append((world.now, tokens))
    audit.beginGift(tokens, now: world.now)
    // Until it is told: with faults nobody knows how long that takes.
    let isCertain = !(faults.redisFails || faults.losesCalls || faults.clockJumps)
    world.after(isCertain ? Self.late : 30_000) { [self] in audit.endGift(tokens, now: world.now) }
  }

  // MARK: Invariants

  /// I1. Lost state and a clock that jumps ahead fill the bucket, once each.
  private func check(_ tokens: Int64) {
    let excess = audit.take(tokens, now: world.now)
    let gifts = Int64(redis.losses) + (troubles.jumped > 0 ? 40 : 0)
    if excess > gifts * rule.tokens * 21 / 20 {
      fail("I1: \(excess) tokens more than 1.05 times \(rule.tokens) and \(rule.tokens) in ten seconds")
    }
  }

  /// I2: what was spent is counted, once.
  private func checkEnd() {
    for replica in replicas where replica.limiter.waiting > 0 {
      fail("\(replica.limiter.waiting) settlements wait")
    }
    guard redis.losses == 0, troubles.jumped == 0 else { return }
    if !faults.replicasCrash, redis.charged < spent {
      fail("I2: \(spent) spent, \(redis.charged) counted")
    }
    let most = spent + abandoned + returnedInAll
    if !faults.losesCalls, !faults.redisFails, redis.charged > most {
      fail("I2: \(spent) spent, \(redis.charged) counted, and no more than \(most) may be")
    }
  }

  private func fail(_ text: String) {
    if violation == nil { violation = Violation(description: "at \(world.now) ms: \(text)") }
  }
}
