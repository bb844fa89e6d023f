import Coordination
import Dialects
import Logging
import NIOCore
import Policy
import Settings
import Telemetry
import Upstream

/// The owner of one event loop and of all that lives on it: client connections, upstream ones, metrics, log lines.
///
/// Its isolation is the loop: NIO and libcurl callbacks enter by `assumeIsolated`, the pipeline runs on it as a task.
actor Worker {
  nonisolated let loop: any EventLoop
  nonisolated let executor: LoopExecutor
  nonisolated var unownedExecutor: UnownedSerialExecutor { executor.asUnownedSerialExecutor() }

  /// When the loop last turned.
  nonisolated let pulse = Pulse(at: SystemClock.monotonicNanoseconds())
  let shared: SharedCounts
  let logger: Logger
  let upstream: UpstreamClient
  let peek = Peek()
  let shard: MetricsShard
  let registry: MetricsRegistry
  let log: AccessLog?
  let limiter: Limiter
  let limitReader: any LimitReading
  let limitSeries: LimitSeries
  let keys: KeyRing
  /// Makes and revokes virtual keys over this worker's way to the shared state.
  let keyManager: KeyManager
  /// Shows and asks for what whoever leads does to versions, the same way.
  let rolloutDesk: RolloutDesk
  let replica: ReplicaState
  let breakers: BreakerLink
  /// The one that hears for all of the replica; nil on all workers but one.
  private var feed: StateFeed?
  /// On one worker of the replica.
  private let checker: HealthChecker?
  /// What the replica's exchanges say of versions.
  let rollouts: VersionDesk
  /// Follows what is decided of versions; nil on all workers but one.
  private let control: ControlLink?
  /// Learns what tickets are sealed with, for all workers; nil on all but one.
  private let feedbackLink: FeedbackLink?
  let feedbackRegister: any FeedbackRegister
  let auditRegister: any AuditRegister
  /// Tells what is seen of experiments, for all workers; nil on all but one.
  private let experimentLink: ExperimentLink?
  /// Keeps what learned choices go by, for all workers; nil on all but one.
  private let choiceLink: ChoiceLink?
  /// Shows what is known of experiments, over this worker's way to the shared state.
  let experimentReader: ExperimentReader
  let decisions: any DecisionRegister
  /// Shows what was decided about requests, over this worker's way to the shared state.
  let decisionReader: DecisionReader
  let cache: any SharedCache
  let desk: FlightDesk
  let cacheSeries: CacheSeries
  let codec = BodyCodec()
  /// Where canonical requests are written, one after another.
  let canonical = PaddedBytes()
  /// By the model's name, milliseconds that its answers took which were stored.
  var medians: [String: RecentMedian] = [:]
  /// Exchanges that go on without a client, or may have to.
  private var unattended: [Exchange] = []
  /// Copies for candidates that are under way.
  var copies: [ShadowCopy] = []
  /// By the model's name, so that what was learnt outlives a reload.
  var estimators: [String: TokenEstimator] = [:]
  /// Where what rules ask of a request is set down.
  var ruleRoom = RuleRoom()
  private(set) var snapshot: Snapshot
  var random = Chance(seed: .random(in: 0...UInt64.max))
  var series: SeriesCache
  var responses = HTTP1ResponseWriter()
  var notices = Notices()
  var shedding = Shedding()
  private(set) var date = HTTPDate(unixSeconds: 0)
  /// The models' pools, as this worker sees them.
  let pools = PoolViews()
  let cluster: ClusterLoads
  let queue: QueueDesk
  let queueSeries: QueueSeries
  private let probes: LoadProbes
  let loadRegister: (any LoadRegister)?
  private var connectionPools: [ObjectIdentifier: EndpointPools] = [:]
  private var connections: [Connection] = []
  /// Answers end their connections.
  private var isEnding = false
  private(set) var isDraining = false
  private(set) var isClosed = false

  /// To be made on `loop`.
  init(
    loop: any EventLoop, upstream: sending UpstreamClient, snapshot: Snapshot, shared: SharedCounts,
    cluster: ClusterLoads, queue: QueueDesk, registry: MetricsRegistry, ways: StateEngine.Ways,
    replica: ReplicaState,
    desk breakers: BreakerDesk, rollouts: VersionDesk, isFirst: Bool,
    log: AccessLogWriter?, logger: Logger
  ) {
    self.loop = loop
    self.upstream = upstream
    self.snapshot = snapshot
    self.shared = shared
    self.cluster = cluster
    self.queue = queue
    queueSeries = QueueSeries(registry: registry)
    loadRegister = ways.loads
    self.registry = registry
    self.logger = logger
    probes = LoadProbes(logger)
    executor = LoopExecutor(loop: loop)
    let shard = MetricsShard(registry: registry)
    self.shard = shard
    let limitSeries = LimitSeries(registry: registry)
    self.limitSeries = limitSeries
    limiter = Limiter(ways.state, replica, leases: replica.isAlone ? nil : LeaseTerms()) { way, limit in
      limitSeries.count(way, limit, in: shard)
    }
    limitReader = ways.state
    keys = KeyRing(ways.state, replica.clock, snapshot)
    keyManager = KeyManager(ways.state, on: loop)
    rolloutDesk = RolloutDesk(ways.state, on: loop)
    self.replica = replica
    self.breakers = BreakerLink(ways.state, breakers, logger) { replica.makeID() }
    self.rollouts = rollouts
    control = isFirst ? ControlLink(ways.state, rollouts, replica: replica.name, logger) : nil
    feedbackLink = isFirst ? FeedbackLink(ways.state, rollouts.feedback) : nil
    feedbackRegister = ways.state
    auditRegister = ways.state
    experimentLink =
      isFirst ? ExperimentLink(ways.state, rollouts.experiments, replica: replica.name) : nil
    choiceLink = isFirst ? ChoiceLink(ways.state, replica: replica.name, logger) : nil
    experimentReader = ExperimentReader(ways.state, on: loop)
    decisions = ways.state
    decisionReader = DecisionReader(ways.state, on: loop)
    checker =
      isFirst
      ? HealthChecker(upstream, snapshot, logger, now: SystemClock.monotonicNanoseconds()) : nil
    cache = ways.cache
    desk = FlightDesk(ways.cache, makeID: { replica.makeID() }, clock: { replica.clock.monotonic })
    cacheSeries = CacheSeries(registry: registry)
    series = SeriesCache(registry: registry)
    self.log = log.map(AccessLog.init(writer:))
    date = HTTPDate(unixSeconds: Int(SystemClock.wallMilliseconds() / 1000))
    peek.readsPrefix = snapshot.usesPrefixes
    peek.notesMembers = snapshot.writesMembers
    control?.traffics = snapshot.traffics
  }

  /// Hears what others do to what is shared, for all of the replica.
  func listen(by engine: StateEngine, _ desk: BreakerDesk) {
    feed = engine.openFeed(on: loop, desk) { [weak self] news in
      self?.assumeIsolated { worker in worker.heard(news) }
    }
    control?.sync()
  }

  /// Nil: messages may have been missed.
  private func heard(_ news: ControlNews?) {
    if let news { control?.hear(news) } else { control?.sync() }
  }

  // MARK: Connections

  func opened(_ connection: Connection) {
    connection.position = connections.count
    connections.append(connection)
    if isEnding { connection.announceEnd() }
    if isDraining { connection.drain() }
  }

  func closed(_ connection: Connection) {
    let position = connection.position
    guard position < connections.count, connections[position] === connection else { return }
    let last = connections.removeLast()
    guard last !== connection else { return }
    last.position = position
    connections[position] = last
  }

  func begin(_ head: RequestHead, on connection: Connection, now: Int64) -> Exchange {
    let exchange = Exchange(
      head, id: requestID(head), snapshot: snapshot, shared: shared, connection: connection, now: now)
    if let terms = snapshot.settings.telemetry.decisions { noteDecision(of: exchange, terms) }
    return exchange
  }

  /// Sends a new exchange down the pipeline, as a task of this loop.
  func run(_ exchange: Exchange) {
    Task(executorPreference: executor) { await self.serve(exchange) }
  }

  private func requestID(_ head: RequestHead) -> String {
    if head.withFirst(.xRequestID, RequestID.isSafe) == true, let id = head.string(.xRequestID) { return id }
    return RequestID.make(&random)
  }

  // MARK: Life

  /// Ten times a second: deadlines, slow clients, the log's buffer, the date.
  func tick() {
    let now = SystemClock.monotonicNanoseconds()
    pulse.beat(now)
    shedding.tickBegins(now: now)
    defer { shedding.tickEnds(now: SystemClock.monotonicNanoseconds()) }
    for connection in connections.reversed() { connection.check(now: now) }
    date = HTTPDate(unixSeconds: Int(SystemClock.wallMilliseconds() / 1000))
    log?.flush()
    upstream.tick()
    checker?.tick(now: now)
    chargeLongStreams()
    limiter.tick()
    keys.tick()
    breakers.tick()
    control?.tick()
    feedbackLink?.tick()
    experimentLink?.tick()
    if snapshot.isLearning { choiceLink?.tick(snapshot.pools) }
    for exchange in unattended { exchange.check(now: now) }
    for copy in copies { copy.check(now: now) }
    cache.beat()
    desk.tick()
    shareLoads()
    queue.tick(now / 1_000_000)
    if !snapshot.loads.isEmpty { probes.tick(snapshot, upstream, now: now / 1_000_000) }
    pools.tick(now / 1_000_000, cluster.sight)
  }

  /// Looks after an exchange that has no connection any more, or may lose it, until it is settled.
  func attend(_ exchange: Exchange) {
    guard !exchange.isAttended else { return }
    exchange.isAttended = true
    unattended.append(exchange)
  }

  func leave(_ exchange: Exchange) {
    if exchange.isAttended { unattended.removeAll { $0 === exchange } }
  }

  /// A stream that runs on beyond what was reserved for it is charged as it goes, and not at its end alone (algorithms §1.2).
  private func chargeLongStreams() {
    for connection in connections { connection.exchangeInHand.map(chargeBeyond) }
    unattended.forEach(chargeBeyond)
  }

  /// New exchanges go by another configuration; those that run keep theirs.
  func apply(_ snapshot: Snapshot) {
    guard snapshot.epoch > self.snapshot.epoch else { return }  // overtaken
    self.snapshot = snapshot
    peek.readsPrefix = snapshot.usesPrefixes
    peek.notesMembers = snapshot.writesMembers
    control?.traffics = snapshot.traffics
    let kept = Set(snapshot.endpoints.map(ObjectIdentifier.init))
    for (endpoint, pools) in connectionPools where !kept.contains(endpoint) {
      pools.retire()
      connectionPools[endpoint] = nil
    }
    probes.forget()
    series.removeAll()
    keys.apply(snapshot)
    checker?.apply(snapshot, now: SystemClock.monotonicNanoseconds())
  }

  /// Each answer ends its connection from now on; none is closed yet.
  func announceEnd() {
    isEnding = true
    for connection in connections { connection.announceEnd() }
  }

  /// Idle connections have their last call, others are closed behind their answer.
  func drain() {
    isDraining = true
    for connection in connections.reversed() { connection.drain() }
  }

  /// What still runs ends now, in well-formed errors where possible.
  func endAll() {
    for connection in connections.reversed() { connection.endNow() }
    for exchange in unattended { exchange.endNow() }
    for copy in copies { copy.attempt?.abort(.stopping) }
  }

  /// Ends everything: what runs in errors, which are settled and logged before the connections are cut.
  func close() async {
    endAll()
    await settled()
    feed?.close()
    feed = nil
    cache.close()
    limiter.close()
    isClosed = true
    for connection in connections.reversed() { connection.cut() }
    log?.flush()
    checker?.close()
    probes.close()
    for endpoint in connectionPools.values { endpoint.retire() }
    connectionPools.removeAll()
    upstream.close()
  }

  /// Until the jobs have run that an end has made ready: they are queued on this loop before the one that waits here.
  private func settled() async {
    await withUnsafeContinuation { continuation in
      loop.execute { continuation.resume() }
    }
  }

  var connectionCount: Int { connections.count }
  var knowsKeys: Bool { keys.isReady }
  /// Asks the shared state for breakers of which nothing is known yet; false where it can't.
  func meetBreakers() -> Bool { breakers.meet() }
  var wakerName: String { upstream.wakerName }

  // MARK: Upstream

  /// `path`: behind the base URL, where that isn't the surface's own. `isAside`: over connections that no client's request uses.
  func pool(
    _ endpoint: Endpoint, _ surface: Surface, _ path: String? = nil, isAside: Bool = false
  ) throws(UpstreamError) -> any TransferPool {
    if let path { return try pool(endpoint, path: path, isAside: isAside) }
    let key = ObjectIdentifier(endpoint)
    if let pool = connectionPools[key]?.pool(surface, isAside: isAside) { return pool }
    var target = endpoint.target(for: surface)
    target.isAside = isAside
    let pool = try upstream.pool(target)
    connectionPools[key, default: EndpointPools(endpoint: endpoint)].set(pool, for: surface, isAside: isAside)
    return pool
  }

  private func pool(
    _ endpoint: Endpoint, path: String, isAside: Bool
  ) throws(UpstreamError) -> any TransferPool {
    let key = ObjectIdentifier(endpoint)
    let place = EndpointPools.Place(path: path, isAside: isAside)
    if let pool = connectionPools[key]?.places[place] { return pool }
    var target = endpoint.target(path: path)
    target.isAside = isAside
    let pool = try upstream.pool(target)
    connectionPools[key, default: EndpointPools(endpoint: endpoint)].places[place] = pool
    return pool
  }
}

/// The pools of one endpoint on one worker: one for each surface whose dialect it speaks, and for each path that other dialects' requests
/// are translated for.
private struct EndpointPools {
  struct Place: Hashable {
    var path: String
    var isAside: Bool
  }

  /// Held, so that its address stays the key's.
  let endpoint: Endpoint
  private var pools: [Surface: any TransferPool] = [:]
  /// For what clients don't wait for.
  private var asides: [Surface: any TransferPool] = [:]
  var places: [Place: any TransferPool] = [:]

  init(endpoint: Endpoint) { self.endpoint = endpoint }

  func pool(_ surface: Surface, isAside: Bool) -> (any TransferPool)? {
    isAside ? asides[surface] : pools[surface]
  }

  mutating func set(_ pool: any TransferPool, for surface: Surface, isAside: Bool) {
    if isAside { asides[surface] = pool } else { pools[surface] = pool }
  }

  func retire() {
    for pool in pools.values { pool.retire() }
    for pool in asides.values { pool.retire() }
    for pool in places.values { pool.retire() }
  }
}
