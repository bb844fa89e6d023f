import Coordination
import Policy
import Settings
import Upstream

@testable import Gateway

/// Replicas that call endpoints which die, heal, hang and ask to be left alone, by the router's own breakers (`BreakerSite`,
/// `BreakerLink`, `BreakerCall`), plans of attempts, retry budgets and balancer, over a simulated Redis, network and clocks.
///
/// Held at each step: I3 and I4 as Redis sees them (`BreakerAudit`); that no call starts at an endpoint which its replica knows open, nor,
/// where nothing is between it and Redis, at one that has been open for 1.2 s; I9, that attempts stay within the retry budget, none
/// starts after its deadline, and each exchange and each probe has one end. At the end, that all endpoints are closed again in time.
final class BreakerSimulation {
  struct Violation: Error, CustomStringConvertible { let description: String }

  /// An exchange, as the gateway's pipeline takes it from attempt to attempt.
  private final class Asking {
    let replica: BreakerReplica
    let caller: UInt64
    let deadline: Int64
    var plan: AttemptPlan
    var attempts = 0
    var isOver = false

    init(_ replica: BreakerReplica, _ caller: UInt64, deadline: Int64) {
      (self.replica, self.caller, self.deadline) = (replica, caller, deadline)
      let table = replica.snapshot.table
      plan = AttemptPlan(stages: table.stages(for: 0) { _ in true }, limit: table.models[0].attempts)
    }
  }

  /// An attempt that is under way.
  private final class Calling {
    var call: BreakerCall
    var inFlight: InFlight?
    let end: SimulatedEndpoint.End
    let isCutShort: Bool

    init(_ call: BreakerCall, at endpoint: Endpoint, _ end: SimulatedEndpoint.End, isCutShort: Bool) {
      (self.call, self.end, self.isCutShort) = (call, end, isCutShort)
      inFlight = InFlight(at: endpoint)
    }
  }

  let world: World
  let redis: SimulatedRedis
  let faults: Faults
  let troubles: Troubles
  private let settings: Settings
  private let audit: BreakerAudit
  private(set) var replicas: [BreakerReplica] = []
  private(set) var endpoints: [SimulatedEndpoint] = []
  private var started = 0
  /// Percent of what is published that is lost.
  private let deafness: Int
  /// One caller alone has trouble, and nothing else goes wrong.
  private let isPoisonOnly: Bool
  /// One endpoint fails more often than the rest, and seldom enough for its own breaker; nothing else is wrong with any.
  private let hasOutlier: Bool
  private var open = 0
  private var healedAt = Int64.max
  private var deadlines: [BreakerKeys: (generation: Int64, by: Int64)] = [:]

  private(set) var figures = Figures()

  struct Figures {
    var tally = BreakerAudit.Tally()
    /// Of callers that aren't poisoned.
    var requests = 0
    var attempts = 0
    var served = 0
    var panics = 0
    var ownProbes = 0

    static func += (one: inout Figures, other: Figures) {
      one.tally += other.tally
      one.requests += other.requests
      one.attempts += other.attempts
      one.served += other.served
      one.panics += other.panics
      one.ownProbes += other.ownProbes
    }
  }

  private static let callers: [UInt64] = [3, 20, 37, 54, 71]
  static let length: Int64 = 40_000
  private static let calm: Int64 = 30_000
  private static let allowance: Int64 = 4_000
  private static let firstByte: Int64 = 1_000
  private static let longestWait: Int64 = 600
  /// Milliseconds after which a replica that hears Redis goes by what is true there: a read each 1.2 s at the latest, by a clock that
  /// may be 5 % slow.
  private static let patience: Int64 = 1_200 * 1_000 / 950 + 20

  /// `hasOutlier`: whatever chance would say.
  init(seed: UInt64, faults: Faults, hasOutlier: Bool = false) throws {
    let world = World(seed: seed)
    self.world = world
    redis = SimulatedRedis(world)
    self.faults = faults
    troubles = Troubles(world, redis, faults)
    deafness = [0, 10, 100][world.random.below(3)]
    isPoisonOnly = !hasOutlier && faults.isNone && world.chance(25)
    self.hasOutlier = hasOutlier || !isPoisonOnly && world.chance(10)
    let (count, isSlowBad) = (self.hasOutlier ? 5 : 1 + world.random.below(4), world.chance(50))
    settings = try Self.settings(endpoints: count, isSlowBad: isSlowBad)
    let broken = Broken()
    audit = BreakerAudit(world) { text in broken.first = broken.first ?? "at \(world.now) ms: \(text)" }
    self.broken = broken
    redis.breakers.audit = audit
    endpoints = (0..<count).map { _ in SimulatedEndpoint(world) }
    for _ in 0..<(1 + world.random.below(4)) { replicas.append(start()) }
  }

  /// The first thing that went wrong.
  private final class Broken { var first: String? }
  private let broken: Broken

  private static func settings(endpoints: Int, isSlowBad: Bool) throws -> Settings {
    let urls = (0..<endpoints).map { "\"http://e\($0):1/v1\"" }.joined(separator: ", ")
    let yaml = """
      server: { host: 127.0.0.1, first_byte_timeout: \(firstByte)ms }
      providers: { lab: { dialect: openai, endpoints: [\(urls)] } }
      deployments: { d: { provider: lab, model: m } }
      models: { m: { deployments: [d] } }
      breaker: { base: 300ms, max: 3s\(isSlowBad ? ", slow_after: 500ms" : "") }
      """
    return try Settings.load(yaml: yaml, file: "sy.yaml", environment: [:]) { _ in throw NoFiles() }
  }

  private struct NoFiles: Error {}

  // MARK: A run

  /// What all that happened comes to: the same for the same seed.
  var trace: UInt64 { world.trace }

  func run() throws {
    for replica in replicas { arrive(at: replica) }
    if isPoisonOnly {
      world.after(3_000) { [self] in for endpoint in endpoints { endpoint.poisoned = Self.callers[0] } }
    } else {
      if hasOutlier { endpoints[0].becomeFlaky() }
      for endpoint in endpoints where !hasOutlier {
        endpoint.begin(until: Self.length)
        if world.chance(30) { endpoint.poisoned = Self.callers[0] }
      }
      troubles.begin(until: Self.length) { [self] in replicas.map(\.state) }
      trouble()
    }
    world.run(until: Self.length)
    heal()
    world.run(until: Self.length + Self.calm)
    if broken.first == nil { checkEnd() }
    figures.tally = audit.tally
    if let text = broken.first { throw Violation(description: text) }
  }

  private func heal() {
    healTroubles()
    // A replica may not have asked Redis for five seconds.
    healedAt = world.now + 6_000
    watchCalm()
  }

  private func start() -> BreakerReplica {
    started += 1
    let replica = BreakerReplica(world, redis, settings, number: started)
    tick(replica)
    listen(replica)
    return replica
  }

  /// Hears what is published at the Redis that it talks to.
  func listen(_ replica: BreakerReplica) {
    let stores = [redis.breakers, redis.formerBreakers]
    for store in stores { store?.listen(replica.number, nil) }
    let store = stores[replica.state.isAtFormer ? 1 : 0] ?? redis.breakers
    store.listen(replica.number) { [self] keys, status in tell(replica, keys, status) }
  }

  /// What a replica does by itself, unless it stands still.
  private func after(_ milliseconds: Int64, on replica: BreakerReplica, _ body: @escaping () -> Void) {
    world.after(milliseconds) { replica.state.standstill.run(body) }
  }

  private func tell(_ replica: BreakerReplica, _ keys: BreakerKeys, _ status: BreakerStatus) {
    guard replica.state.isConnected, redis.health == .up, !world.chance(max(deafness, replica.state.loss))
    else { return }
    replica.newsAt = max(replica.newsAt, world.now + world.between(0, world.chance(5) ? 40 : 3))
    for _ in 0..<(world.chance(5) ? 2 : 1) {
      after(replica.newsAt - world.now, on: replica) {
        if replica.isAlive { replica.desk.hear(keys.name, status, now: replica.clock()) }
      }
    }
  }

  private func tick(_ replica: BreakerReplica) {
    after(100, on: replica) { [self] in
      guard replica.isAlive, broken.first == nil else { return }
      let (state, isFormer) = (replica.state, replica.state.isAtFormer)
      if !state.isAvailable || redis.health != .up || state.loss > 0 || isFormer {
        replica.disturbedAt = world.now
      }
      replica.aloneSince = state.isAvailable ? nil : replica.aloneSince ?? world.now
      replica.state.beat()
      replica.link.tick()
      tick(replica)
    }
  }

  private func arrive(at replica: BreakerReplica) {
    after(world.between(1, isImpatient ? 40 : hasOutlier ? 18 : 300), on: replica) { [self] in
      guard replica.isAlive, world.now < Self.length + Self.calm - 5_000, broken.first == nil else { return }
      if faults.replicasCrash, world.now < Self.length, world.chance(1) { return crash(replica) }
      for _ in 0..<(world.random.below(200) == 0 ? 150 : 1) { begin(on: replica) }
      arrive(at: replica)
    }
  }

  /// Nothing closes where nobody calls.
  private var isImpatient: Bool {
    world.now > Self.length
      && replicas[0].sites.contains { redis.breakers.machine($0.keys).state.phase != .closed }
  }

  private func crash(_ replica: BreakerReplica) {
    replica.isAlive = false
    for store in [redis.breakers, redis.formerBreakers] { store?.listen(replica.number, nil) }
    let next = start()
    next.state.loss = replica.state.loss
    replicas = replicas.map { $0 === replica ? next : $0 }
    arrive(at: next)
  }

  // MARK: One exchange

  private func begin(on replica: BreakerReplica) {
    open += 1
    replica.countRequest()
    let caller = someCaller()
    if !isPoisoned(caller) { figures.requests += 1 }
    let asking = Asking(replica, caller, deadline: world.now + Self.allowance)
    goOn(asking) { plan, random, choose in plan.first(random: &random, choose: choose) }
  }

  /// One that is poisoned somewhere makes most of the calls.
  private func someCaller() -> UInt64 {
    if isPoisoned(Self.callers[0]), world.chance(80) { return Self.callers[0] }
    return Self.callers[world.random.below(Self.callers.count)]
  }

  private func isPoisoned(_ caller: UInt64) -> Bool { endpoints.contains { $0.poisoned == caller } }

  private func goOn(
    _ asking: Asking,
    _ next: (inout AttemptPlan, inout Chance, AttemptPlan.Choose) -> AttemptPlan.Next
  ) {
    let (replica, caller) = (asking.replica, asking.caller)
    let next = next(&asking.plan, &replica.random) { replica.choose($1, for: caller, &$2) }
    guard case .attempt(let step) = next else { return finish(asking, isServed: false) }
    after((step.backoff + 999_999) / 1_000_000, on: replica) { [self] in
      guard mayGoOn(asking) else { return }
      enter(step, asking)
    }
  }

  private func enter(_ step: AttemptPlan.Step, _ asking: Asking) {
    let replica = asking.replica
    guard let site = replica.snapshot.site(of: step) else { return fail("no site for \(step)") }
    switch replica.snapshot.entry(to: step, site, for: asking.caller, replica.link) {
    case .out: skip(asking)
    case .call(let kind): start(kind, step, site, asking)
    case .ask(let isPanic):
      replica.link.permit(site) { [self] permission in
        guard replica.isAlive else { return abandon(asking) }
        if case .refused = permission, !replica.state.isAvailable { checkAlone(replica) }
        guard
          let kind = replica.snapshot.entry(
            to: step, site, by: permission, isPanic: isPanic, for: asking.caller, replica.link)
        else { return skip(asking) }
        start(kind, step, site, asking)
      }
    }
  }

  private func skip(_ asking: Asking) {
    guard mayGoOn(asking) else { return }
    goOn(asking) { plan, random, choose in plan.skip(deployment: false, random: &random, choose: choose) }
  }

  private func start(
    _ kind: BreakerCall.Kind, _ step: AttemptPlan.Step, _ site: BreakerSite, _ asking: Asking
  ) {
    let replica = asking.replica
    check(kind, site, replica)
    let bar = replica.snapshot.breakers.bars[step.endpoint]
    var call = BreakerCall(kind, at: site, bar, caller: asking.caller, replica.link)
    guard mayGoOn(asking) else { return call.abandon() }
    asking.attempts += 1
    figures.attempts += 1
    world.note(4, Int64(replica.number), Int64(step.endpoint))
    if world.now > asking.deadline { fail("I9: an attempt after its deadline") }
    var end = endpoints[step.endpoint].call(by: asking.caller, firstByte: Self.firstByte)
    let isCutShort = world.now + end.after > asking.deadline || world.chance(2)
    if isCutShort { end.after = min(end.after / 2, asking.deadline - world.now) }
    let calling = Calling(
      call, at: replica.snapshot.endpoints[step.endpoint], end, isCutShort: isCutShort)
    after(end.after, on: replica) { [self] in judge(calling, asking) }
  }

  private func judge(_ calling: Calling, _ asking: Asking) {
    let (replica, end) = (asking.replica, calling.end)
    guard replica.isAlive else { return abandon(asking) }
    var head = UpstreamHead(status: end.failure == nil ? end.status : 0)
    if let seconds = end.retryAfter {
      "retry-after: \(seconds)".utf8.withContiguousStorageIfAvailable {
        head.append(line: UnsafeRawBufferPointer($0))
      }
    }
    let verdict: Classification =
      if calling.isCutShort {
        world.now >= asking.deadline ? .deadline(isClients: false) : .clientGone
      } else {
        end.failure.map { .transport($0) }
          ?? Classification(status: end.status, .init(asksToWait: end.retryAfter != nil))
      }
    let took = end.after * 1_000_000
    if verdict.kind == .success { calling.call.answers(after: took, isStream: true) }
    calling.call.ended(verdict, head, after: took, isStream: true)
    calling.inFlight = nil
    world.note(5, Int64(replica.number), Int64(head.status))
    if verdict.kind == .success || verdict.reason == .clientGone {
      return finish(asking, isServed: verdict.kind == .success)
    }
    goOn(asking) { plan, random, choose in
      plan.next(after: verdict, random: &random, choose: choose) {
        guard replica.mayRetry() else { return false }
        if replica.isOverBudget { fail("I9: \(replica.retries.count) retries in nine seconds") }
        return true
      }
    }
  }

  private func mayGoOn(_ asking: Asking) -> Bool {
    guard asking.replica.isAlive else {
      abandon(asking)
      return false
    }
    guard world.now <= asking.deadline else {
      finish(asking, isServed: false)
      return false
    }
    return true
  }

  private func abandon(_ asking: Asking) {
    if asking.isOver { fail("I9: an exchange has two ends") }
    asking.isOver = true
    open -= 1
  }

  private func finish(_ asking: Asking, isServed: Bool) {
    abandon(asking)
    if isServed, !isPoisoned(asking.caller) { figures.served += 1 }
    if asking.attempts > asking.replica.snapshot.table.models[0].attempts {
      fail("I9: \(asking.attempts) attempts")
    }
  }

  // MARK: Invariants

  private func check(_ kind: BreakerCall.Kind, _ site: BreakerSite, _ replica: BreakerReplica) {
    let standing = site.view(now: replica.clock()).standing
    var isPanic = false
    switch kind {
    case .call where standing == .closed: break
    case .call:
      isPanic = true
      figures.panics += 1
      if !mayPanic(replica, standing) { fail("I3: a call at an endpoint that is known as \(standing)") }
    case .probe(let id, let generation, .shared, _):
      // By a clock that may be 5 % slow.
      if let age = audit.age(ofPermit: id), age > site.settings.probeTime * 106 / 100 {
        fail("I4: a probe starts \(age) ms after its permit was given")
      }
      if !site.mayProbe(generation, now: replica.clock()) {
        fail("I3: a probe of \(generation), which is known to be over")
      }
    case .probe(_, _, .own, _): figures.ownProbes += 1
    }
    if case .cooling = standing { fail("I3: a call where the endpoint asked for none") }
    guard world.now - replica.disturbedAt > Self.patience else { return }
    if case .call = kind, !isPanic, let time = audit.timeNotClosed(site.keys), time > Self.patience {
      fail("I3: a call at an endpoint that has been open for \(time) ms")
    }
    if let time = audit.timeCooling(site.keys), time > Self.patience {
      fail("I3: a call at an endpoint that asked \(time) ms ago to be left alone")
    }
  }

  /// Where there is nobody to ask, a replica judges alone before long.
  private func checkAlone(_ replica: BreakerReplica) {
    guard let since = replica.aloneSince, world.now - since > Self.longestWait else { return }
    fail("I4: a call has no permit, and for \(world.now - since) ms there has been nobody to give one")
  }

  /// Fewer than half are closed, and some are.
  private func mayPanic(_ replica: BreakerReplica, _ standing: BreakerView.Standing) -> Bool {
    let closed = replica.sites.count { $0.view(now: replica.clock()).standing == .closed }
    return closed > 0 && closed * 2 < replica.sites.count && standing != .barred
  }

  /// Where all is well again, each phase ends when it should.
  private func watchCalm() {
    guard broken.first == nil, world.now < Self.length + Self.calm else { return }
    for site in replicas[0].sites {
      let state = redis.breakers.machine(site.keys).state
      if state.phase == .closed { continue }
      let left = max(state.left(redis.now), state.coolLeft(redis.now))
      let known = deadlines[site.keys]
      if known?.generation != state.generation || world.now <= healedAt {
        deadlines[site.keys] = (state.generation, max(world.now, healedAt) + left + 1_000)
      } else if let known, world.now > known.by {
        return fail("I4: \(state.phase) since \(redis.now - state.since) ms, \(state.issued) probes")
      }
    }
    world.after(100) { [self] in watchCalm() }
  }

  private func checkEnd() {
    if open != 0 { fail("I9: \(open) exchanges have no end") }
    for replica in replicas {
      for (site, endpoint) in zip(replica.sites, replica.snapshot.endpoints) {
        let (state, view) = (redis.breakers.machine(site.keys).state, site.view(now: replica.clock()))
        if state.phase != .closed { fail("I4: \(site.keys.name) is \(state.phase) for good") }
        if view.standing != .closed {
          fail("I4: replica \(replica.number) has \(site.keys.name) \(view.standing)")
        }
        if endpoint.inFlight != 0 { fail("I5: \(endpoint.inFlight) in flight are left") }
      }
    }
    if faults.isNone, !audit.outliers.isSubset(of: hasOutlier ? [replicas[0].sites[0].keys.name] : []) {
      fail("\(audit.outliers) are no outliers")
    }
    guard isPoisonOnly else { return }
    if audit.tally.opened > audit.tally.alone {
      fail("breakers opened, and nothing was wrong but one caller")
    }
  }

  func fail(_ text: String) {
    broken.first = broken.first ?? "at \(world.now) ms: \(text)"
  }
}
