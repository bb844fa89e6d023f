package import Coordination
package import Logging
package import NIOCore
package import Policy

/// One of all replicas leads: it moves rollouts on, once a second, and does what people ask for. The others watch and wait.
///
/// Each round reads all that it needs, decides by values (`RolloutMachine`, `StageJudge`, `RolloutState`), and writes in the name of
/// its leadership: whatever happens between two writes, the next round of whoever leads comes to the same. Confined to its loop.
package actor Controller {
  private let loop: any EventLoop
  private let openWay: @Sendable (any EventLoop) -> any Way
  private let endpointBreakers: @Sendable (_ deployment: String) -> [BreakerKeys]
  /// What the replica routes by.
  let applied: @Sendable () -> ControlConfig?
  let figures: ControlFigures
  private let clock: @Sendable () -> Int64
  let logger: Logger
  var terms: ControlTerms
  private var ways: (register: any ControlRegister, breakers: any SharedBreakers)?
  private var leadership: Leadership
  private var isStopping = false
  /// A call of this round had no answer.
  private var isAway = false

  /// The newest configuration that was seen, by a leader or not: it outlives a Redis that forgets.
  var known: ControlConfig?
  /// The highest version that anybody has seen.
  var highest: Int64 = 0
  /// It leads, and has looked at what others left.
  var isSettled = false
  var judges: [ControlModel: Judging] = [:]
  /// The second that has to be judged before a candidate's weight counts again, where nobody judged for a while.
  var arrears: [ControlModel: Int64] = [:]
  var registered: [ControlModel: [Int: Bundle]] = [:]
  /// When the registry was last seen to have all that the configuration file declares.
  var registeredAt: Int64?
  var stampedAt: Int64?
  var told: Set<String> = []
  private var vetoes = ControlVetoes(mark: 0)

  /// What it needs of the shared state.
  package typealias Way = ControlRegister & SharedBreakers

  /// `clock` counts milliseconds that only go on, suspension included; `id` is what this start of this replica is called. `breakers`
  /// are those of a deployment's endpoints, where the shared state has them; `applied` is what the replica routes by.
  package init(
    _ id: String, _ terms: ControlTerms, on loop: any EventLoop, _ logger: Logger,
    clock: @escaping @Sendable () -> Int64 = Controller.continuousMilliseconds,
    figures: ControlFigures = ControlFigures(),
    breakers: @escaping @Sendable (_ deployment: String) -> [BreakerKeys] = { _ in [] },
    applied: @escaping @Sendable () -> ControlConfig? = { nil },
    register: @escaping @Sendable (any EventLoop) -> any Way
  ) {
    (self.loop, self.clock, self.logger, self.terms) = (loop, clock, logger, terms)
    (self.figures, endpointBreakers, self.applied, openWay) = (figures, breakers, applied, register)
    leadership = Leadership(id: id, term: terms.term)
  }

  package nonisolated var unownedExecutor: UnownedSerialExecutor { loop.executor.asUnownedSerialExecutor() }

  /// Until `stop`, or until it is cancelled.
  package func run() async {
    await waitForState()
    while !isStopping {
      await round()
      if isStopping { break }
      let pause = leadership.period * Int64.random(in: 80...120) / 100
      try? await Task.sleep(for: .milliseconds(pause), clock: .continuous)
      if Task.isCancelled { break }
    }
    await release()
  }

  /// A way to Redis takes a moment to open; whoever is away for longer is told of in the first round.
  private func waitForState() async {
    for _ in 0..<20 where !register.isAvailable && !isStopping {
      try? await Task.sleep(for: .milliseconds(100))
    }
  }

  /// Gives the lease back at once, so that another replica goes on; `run` returns within a fifth of the lease.
  package func stop() async {
    isStopping = true
    await release()
  }

  /// A new configuration file is in force.
  package func apply(_ terms: ControlTerms) {
    if terms.bundles != self.terms.bundles { registeredAt = nil }
    self.terms = terms
  }

  /// Whether this replica leads now, and in which epoch.
  package var leader: ControlLeader? { leadership.leader(now: clock()) }

  /// One look at everything.
  package func round() async {
    isAway = false
    await takeLease()
    let wasLeading = leader != nil
    let hasEnded = await look()
    let epoch = leader?.epoch ?? 0
    figures.change { figures in
      figures.epoch = epoch
      if wasLeading { figures.rounds += 1 }
      if wasLeading, !hasEnded { figures.unfinished += 1 }
    }
    if !isAway { told.remove("away") }
  }

  /// False where the shared state did not answer.
  private func look() async -> Bool {
    guard let read = await call({ $0.readConfig($1) }) else { return false }
    guard let leader = leader else {
      watch(read)
      return true
    }
    guard let vetoes = await call({ $0.readVetoes($1) }) else { return false }
    self.vetoes = vetoes
    if !isSettled {
      await settle(leader, read)
      return isSettled
    }
    return await lead(leader, read)
  }

  // MARK: The lease

  private func takeLease() async {
    let sent = clock()
    if leadership.check(now: sent) == .ended { ended("the lease could not be prolonged in time") }
    let (id, term) = (leadership.id, leadership.term)
    guard let take = await call({ $0.takeLease(id, for: term, $1) }) else { return }
    switch leadership.took(take, sent: sent, now: clock()) {
    case .none: break
    case .began(let epoch):
      isSettled = false
      judges = [:]
      registeredAt = nil
      logger.info("leading rollouts", metadata: ["epoch": "\(epoch)"])
    case .ended: ended("another replica has the lease")
    }
  }

  private func ended(_ why: String) {
    isSettled = false
    figures.change { $0.epoch = 0 }
    judges = [:]
    logger.info("leading rollouts no more", metadata: ["reason": "\(why)"])
  }

  /// Gives leadership up: somebody else writes, or Redis is another one. The next epoch is a higher one.
  func giveUp(_ why: String) async {
    guard let leader = leader else { return }
    _ = leadership.end()
    ended(why)
    if !isStopping { figures.change { $0.resignations += 1 } }
    _ = await call { $0.releaseLease(leader, $1) }
  }

  private func release() async {
    await giveUp("this replica ends")
  }

  // MARK: What is known

  /// What is in force is remembered, also by who doesn't lead.
  func watch(_ read: ControlConfig?) {
    guard let read, read.isWhole else { return }
    highest = max(highest, read.position.version)
    if known.map({ $0.position < read.position }) ?? true { known = read }
  }

  func isVetoed(_ model: ControlModel, _ version: Int) -> Bool {
    vetoes.vetoed.contains(.init(model, Int64(version)))
  }

  // MARK: Calls

  private var register: any ControlRegister { way.register }

  private var way: (register: any ControlRegister, breakers: any SharedBreakers) {
    if let ways { return ways }
    let opened = openWay(loop)
    let way = (register: opened as any ControlRegister, breakers: opened as any SharedBreakers)
    ways = way
    return way
  }

  /// The shared state's clock.
  var now: Int64 { register.now }
  var monotonic: Int64 { clock() }

  /// Nil where the shared state doesn't answer: the next round tries again.
  func call<Value: Sendable>(
    _ body: (any ControlRegister, @escaping StateCompletion<Value>) -> Void
  ) async -> Value? {
    let register = register
    let result: Result<Value, StateFailure> = await withCheckedContinuation { continuation in
      body(register) { continuation.resume(returning: $0) }
      register.flush()
    }
    switch result {
    case .success(let value): return value
    case .failure(let failure):
      isAway = true
      tellOnce("away", "rollouts wait for the shared state", ["reason": "\(failure)"])
      return nil
    }
  }

  /// Of each breaker at a deployment's endpoints; none where there are too many to be asked each second.
  func breakers(of deployment: String) async -> [BreakerStatus?] {
    let keys = endpointBreakers(deployment)
    guard keys.count <= Self.mostBreakers else { return [] }
    var found: [BreakerStatus?] = []
    for key in keys {
      let status = await status(key)
      found.append(status)
      // What one of them says is enough to know that not all are open.
      if status?.phase != .open { break }
    }
    return found
  }

  private static let mostBreakers = 64

  private func status(_ keys: BreakerKeys) async -> BreakerStatus? {
    let breakers = way.breakers
    let result: Result<BreakerStatus, StateFailure> = await withCheckedContinuation { continuation in
      breakers.readBreaker(keys) { continuation.resume(returning: $0) }
      breakers.flush()
    }
    return try? result.get()
  }

  /// A line for each change, not for each round.
  func tellOnce(_ key: String, _ message: Logger.Message, _ metadata: Logger.Metadata) {
    guard told.insert(key).inserted else { return }
    logger.warning(message, metadata: metadata)
  }

  package static func continuousMilliseconds() -> Int64 {
    let time = ContinuousClock.now - origin
    return time.components.seconds * 1_000 + time.components.attoseconds / 1_000_000_000_000_000
  }

  private static let origin = ContinuousClock.now
}
