import Control
import Coordination
import Policy
import Settings

@testable import Gateway

/// Replicas that start, judge, promote and roll back versions of a model, by the router's own controller, link, table of versions and
/// evidence, over a simulated Redis, network and clocks; people who ask for this and that, and versions that are good, bad, or turn bad.
///
/// Held at each step: I6 and I7 as Redis sees them (`RolloutAudit`), I8 (`SessionAudit`), and what is checked where a request is served
/// (`ControlSimulation+Checks`). At the end, that all go by the same configuration, and that a version that does harm is rolled back.
final class ControlSimulation {
  struct Violation: Error, CustomStringConvertible { let description: String }

  let world: World
  let redis: SimulatedRedis
  let faults: Faults
  let troubles: Troubles
  let chronicle: RolloutChronicle
  let audit: RolloutAudit
  let sessions: SessionAudit
  private let settings: Settings
  private let terms: ControlTerms
  private let tried: [Int: TriedVersion]
  private(set) var replicas: [ControlReplica] = []
  private var started = 0
  private var asked = 0
  /// Of Redis' losses, those that were noticed.
  private var losses = 0
  /// Percent of what is published that is lost.
  private let deafness: Int
  private var isOutage = false
  /// What was asked for once all was well again, and when.
  var asks: [(id: String, at: Int64)] = []
  /// When somebody was last seen to lead, in the world's milliseconds.
  var ledAt: Int64 = 0
  var figures = Figures()

  struct Figures {
    var tally = RolloutChronicle.Tally()
    var requests = 0
    var canaries = 0
    var copies = 0
    var refusals: Int64 = 0
    var shares: [Weight: (canary: Int64, baseline: Int64)] = [:]

    static func += (one: inout Figures, other: Figures) {
      one.tally += other.tally
      one.requests += other.requests
      one.canaries += other.canaries
      one.copies += other.copies
      one.refusals += other.refusals
      for (weight, counts) in other.shares {
        let sum = one.shares[weight] ?? (0, 0)
        one.shares[weight] = (sum.canary + counts.canary, sum.baseline + counts.baseline)
      }
    }
  }

  /// The lease's milliseconds.
  static let term: Int64 = 5_000
  /// The last one is tried where all is well again, and is worse than any other.
  static let versions = 1...9
  static let length: Int64 = 60_000
  static let calm: Int64 = 60_000
  private static let crowdSize = 400
  /// Other runs have other sessions: the same would fall the same way in each.
  private let crowd: Int

  init(seed: UInt64, faults: Faults) throws {
    let world = World(seed: seed)
    self.world = world
    redis = SimulatedRedis(world)
    self.faults = faults
    troubles = Troubles(world, redis, faults)
    crowd = Int(seed % 1_000_000_000) * Self.crowdSize
    deafness = [0, 10, 100][world.random.below(3)]
    settings = try Self.settings()
    terms = try Self.terms(shadows: world.chance(25))
    let tried = Self.someVersions(world)
    self.tried = tried
    let broken = Broken()
    let fail = { (text: String) in broken.first = broken.first ?? "at \(world.now) ms: \(text)" }
    self.broken = broken
    chronicle = RolloutChronicle()
    audit = RolloutAudit(
      world, chronicle, mayBeFenced: faults.surprisesLeaders, isGood: { tried[$0]?.kind == .good },
      isWorse: { version, active in
        let other = active.flatMap { tried[$0] } ?? .baseline
        return tried[version]?.kind == .failing && !other.fails(now: world.now)
      }, fail: fail)
    sessions = SessionAudit(fail: fail)
    redis.control.audit = audit
    audit.isKnownToAll = { [weak self] since in self?.isKnownToAll(since: since) ?? false }
    for _ in 0..<(1 + world.random.below(4)) { replicas.append(start()) }
  }

  /// The first thing that went wrong.
  private final class Broken { var first: String? }
  private let broken: Broken

  var isBroken: Bool { broken.first != nil }
  func fail(_ text: String) { broken.first = broken.first ?? "at \(world.now) ms: \(text)" }

  private static func settings() throws -> Settings {
    let yaml = """
      server: { host: 127.0.0.1 }
      providers: { lab: { dialect: openai, endpoints: ["http://e:1/v1"] } }
      deployments: { d: { provider: lab, model: m }, e: { provider: lab, model: n } }
      models: { chat: { deployments: [d] } }
      """
    return try Settings.load(yaml: yaml, file: "sy.yaml", environment: [:]) { _ in throw NoFiles() }
  }

  private struct NoFiles: Error {}

  /// Steps of seconds, so that whole rollouts fit into a run.
  private static func terms(shadows: Bool) throws -> ControlTerms {
    var rules = RolloutRules()
    rules.steps = [20, 50].compactMap { Weight(hundredths: $0 * 100) }
    (rules.minRequests, rules.minTime, rules.minTimeOfLarge, rules.maxTime) = (60, 5_000, 5_000, 60_000)
    (rules.latencyRatio, rules.negligibleErrors) = (3, 0.05)
    if shadows { rules.shadowShare = .all }
    let bundles = try versions.map {
      try Bundle(model: "chat", version: $0, deployment: "e", providerModel: "n")
    }
    return ControlTerms(
      rules: rules, term: term, bundles: bundles, models: ["chat"], deployments: ["d", "e"],
      baselines: ["chat": ["d"]])
  }

  private static func someVersions(_ world: World) -> [Int: TriedVersion] {
    var tried: [Int: TriedVersion] = [:]
    for version in versions.dropLast() {
      let kinds: [TriedVersion.Kind] = [.good, .good, .good, .failing, .failing, .slow, .turning]
      let kind = kinds[world.random.below(kinds.count)]
      tried[version] = TriedVersion(kind, turnsAt: world.between(10_000, length))
    }
    tried[versions.upperBound] = TriedVersion(.hopeless)
    return tried
  }

  // MARK: A run

  /// What all that happened comes to: the same for the same seed.
  var trace: UInt64 { world.trace }

  func run() throws {
    for replica in replicas { arrive(at: replica) }
    wish()
    haveOutages()
    troubles.begin(until: Self.length) { [self] in replicas.map(\.state) }
    trouble()
    world.run(until: Self.length)
    healTroubles()
    isOutage = false
    tryLast()
    world.run(until: Self.length + Self.calm)
    if !isBroken { checkEnd() }
    end()
    figures.tally = chronicle.tally
    figures.shares = sessions.shares
    if let text = broken.first { throw Violation(description: text) }
  }

  /// Lets all that is under way come to its end.
  private func end() {
    for replica in replicas { replica.isOver = true }
    world.run(until: world.now + 2_000)
    for replica in replicas {
      figures.refusals += replica.desk.standing.refusals
      replica.end()
    }
    world.run(until: world.now + 100)
  }

  private var isOver: Bool { world.now >= Self.length + Self.calm || isBroken }

  // MARK: Replicas

  private func start() -> ControlReplica {
    started += 1
    let replica = ControlReplica(world, redis, settings, terms, number: started)
    replica.follow { [self] in checkApplied($0, on: replica) }
    tick(replica)
    listen(replica)
    replica.lead()
    return replica
  }

  func crash(_ replica: ControlReplica) {
    replica.end()
    replica.state.standstill.end()
    for store in [redis.control, redis.formerControl] { store?.listen(replica.number, nil) }
    let next = start()
    next.state.loss = replica.state.loss
    replicas = replicas.map { $0 === replica ? next : $0 }
    audit.replicaBegins()
    arrive(at: next)
  }

  private func tick(_ replica: ControlReplica) {
    replica.after(100) { [self] in
      guard replica.isAlive, !isOver else { return }
      let state = replica.state
      if !state.isAvailable || redis.health != .up || state.loss > 0 || state.isAtFormer {
        replica.disturbedAt = world.now
      }
      if redis.losses != losses {
        losses = redis.losses
        disturbAll()
      }
      state.beat()
      replica.link.tick()
      check(replica)
      tick(replica)
    }
  }

  func disturbAll() {
    for replica in replicas { replica.disturbedAt = world.now }
  }

  /// Whether whoever may lead has read what was written then.
  private func isKnownToAll(since: Int64) -> Bool {
    let time: Int64 = 3_500
    return world.now - since > time
      && replicas.allSatisfy { world.now - $0.disturbedAt > time && !$0.state.standstill.isOn }
  }

  /// Hears what is published at the Redis that it talks to.
  func listen(_ replica: ControlReplica) {
    let stores = [redis.control, redis.formerControl]
    for store in stores { store?.listen(replica.number, nil) }
    let store = stores[replica.state.isAtFormer ? 1 : 0] ?? redis.control
    store.listen(replica.number) { [self] news in tell(replica, news) }
  }

  private func tell(_ replica: ControlReplica, _ news: ControlNews) {
    guard replica.state.isConnected, redis.health == .up, !world.chance(max(deafness, replica.state.loss))
    else { return }
    replica.newsAt = max(replica.newsAt, world.now + world.between(0, world.chance(5) ? 40 : 3))
    replica.after(replica.newsAt - world.now) {
      if replica.isAlive { replica.link.hear(news) }
    }
  }

  // MARK: Requests

  private func arrive(at replica: ControlReplica) {
    replica.after(world.between(5, 75)) { [self] in
      guard replica.isAlive, !isOver else { return }
      serve(on: replica)
      arrive(at: replica)
    }
  }

  private func serve(on replica: ControlReplica) {
    figures.requests += 1
    let session = crowd + world.random.below(Self.crowdSize)
    guard let table = replica.table,
      let arm = table.arm(0, now: replica.clock(), hash: { SessionAudit.hash($0, session) }),
      let candidate = arm.candidate
    else { return }
    check(arm, candidate, session, table, on: replica)
    let served = arm.kind == .canary ? candidate : table.models[0]?.state.active
    let sample = answer(of: served, arm.kind == .canary ? .canary : .baseline)
    let copy = arm.mirror.map { _ in answer(of: candidate, .shadow) }
    replica.after(max(sample.latency, copy?.latency ?? 0)) { [self] in
      if replica.isAlive { count(sample, copy, of: candidate, arm.unit, "t\(session % 8)", on: replica) }
    }
  }

  private func answer(of version: Int?, _ arm: EvidenceArm) -> RolloutTally.Sample {
    let end = (version.flatMap { tried[$0] } ?? .baseline).answer(world, outage: isOutage)
    var sample = RolloutTally.Sample(arm)
    (sample.isError, sample.latency) = (end.isError, end.latency)
    return sample
  }

  private func count(
    _ sample: RolloutTally.Sample, _ copy: RolloutTally.Sample?, of version: Int, _ unit: UInt64,
    _ tenant: String, on replica: ControlReplica
  ) {
    let (evidence, now) = (replica.desk.evidence, replica.clock())
    let subject = EvidenceDesk.Subject(model: "chat", version: version)
    if let copy {
      figures.copies += 1
      evidence.add(sample, beside: copy, unit: unit, tenant: tenant, of: subject, now: now)
    } else {
      evidence.add(sample, unit: unit, tenant: tenant, of: subject, now: now)
    }
  }

  /// A few seconds in which both arms fail: no version's fault.
  private func haveOutages() {
    world.after(world.between(5_000, 40_000)) { [self] in
      guard world.now < Self.length else { return }
      isOutage = true
      world.after(world.between(1_000, 6_000)) { [self] in isOutage = false }
      haveOutages()
    }
  }

  // MARK: People

  private func wish() {
    world.after(world.between(500, 5_000)) { [self] in
      guard world.now < Self.length else { return }
      var next = someWish()
      if world.chance(70) { next.reason = "a whim" }
      if world.chance(10) { next.expected = max(0, audit.state.revision - (world.chance(50) ? 1 : 0)) }
      ask(next)
      wish()
    }
  }

  private func someWish() -> RolloutAsk {
    let any = 1 + world.random.below(Self.versions.count - 1)
    let candidate = audit.state.candidate?.version
    let version = candidate.map { world.chance(85) ? $0 : any } ?? any
    let deeds: [RolloutAsk.Deed] =
      candidate == nil
      ? [.start, .start, .start, .start, .unveto]
      : [.promote, .promote, .pause, .resume, .resume, .abort, .unveto, .start]
    var wish = RolloutAsk(deeds[world.random.below(deeds.count)], "chat", version: version, by: "ann")
    wish.isForced = world.chance(20)
    wish.skipsShadow = world.chance(50)
    return wish
  }

  /// Any replica takes it to Redis; its id, where it is one line.
  @discardableResult
  func ask(_ wish: RolloutAsk) -> String? {
    asked += 1
    let id = "a\(asked)"
    guard let replica = replicas.randomElement(using: &world.random),
      let ask = ControlAsk(id: id, text: wish.text)
    else { return nil }
    replica.state.ask(ask) { _ in }
    return id
  }
}
