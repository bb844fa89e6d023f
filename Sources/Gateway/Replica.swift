import Coordination
import Glibc
package import Logging
import NIOConcurrencyHelpers
package import NIOCore
import NIOPosix
import Policy
package import Settings
import Synchronization
package import Telemetry
package import Upstream

/// One running `switchyard serve`: its workers, its two ports, the configuration in force.
package final class Replica: Sendable {
  /// What a replica is given besides its configuration.
  package struct Surroundings: Sendable {
    package var logger: Logger
    /// Where access-log lines go; nil writes none.
    package var accessLog: AccessLogWriter?
    package var version: String
    /// How readiness of upstream sockets reaches the loops; other than automatic in tests only.
    package var readiness: ReadinessBridge.Mode

    package init(
      logger: Logger, accessLog: AccessLogWriter?, version: String,
      readiness: ReadinessBridge.Mode = .automatic
    ) {
      self.logger = logger
      self.accessLog = accessLog
      self.version = version
      self.readiness = readiness
    }
  }

  enum Phase: Int { case starting, ready, draining, stopped }

  let surroundings: Surroundings
  let state: ReplicaState
  let shared = SharedCounts()
  let cluster: ClusterLoads
  let queue = QueueDesk()
  let registry = MetricsRegistry()
  let breakers: BreakerDesk
  private let loops: MultiThreadedEventLoopGroup
  private let adminLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  private let workers: [Worker]
  private let snapshot: NIOLockedValueBox<Snapshot>
  /// What was found of the endpoints that the configuration names but doesn't list.
  private let found = NIOLockedValueBox<[String: Settings.Found]>([:])
  private let discovery = NIOLockedValueBox<Discovery?>(nil)
  private let phaseValue = Atomic<Int>(Phase.starting.rawValue)
  private let listener = NIOLockedValueBox<(any Channel)?>(nil)
  private let adminListener = NIOLockedValueBox<(any Channel)?>(nil)
  private let stopped = AsyncStream.makeStream(of: Never.self)

  var phase: Phase { Phase(rawValue: phaseValue.load(ordering: .relaxed)) ?? .stopped }
  var epoch: Int { snapshot.withLockedValue { $0.epoch } }
  /// Configurations applied and refused since the start.
  private let reloadsApplied = Atomic<Int>(0)
  private let reloadsRefused = Atomic<Int>(0)
  /// The configuration that was read last is not the one in force.
  private let isRefused = Atomic<Bool>(false)

  /// Makes the workers; nothing listens yet. `settings` must have been validated and hold nothing unbuilt.
  package init(_ settings: Settings, _ surroundings: Surroundings) async throws {
    self.surroundings = surroundings
    let snapshot = Snapshot(settings, epoch: 1, former: nil)
    let (state, engine) = try StateEngine.make(
      settings, workers: settings.server.workers ?? System.coreCount, surroundings.logger)
    self.state = state
    cluster = ClusterLoads(state)
    self.snapshot = NIOLockedValueBox(snapshot)
    cluster.apply(snapshot)
    queue.apply(settings.queue)
    loops = MultiThreadedEventLoopGroup(numberOfThreads: settings.server.workers ?? System.coreCount)
    let (shared, cluster, queue, registry) = (shared, cluster, queue, registry)
    let breakers = BreakerDesk(snapshot, now: StateClock.monotonicMilliseconds())
    self.breakers = breakers
    var workers: [Worker] = []
    for loop in loops.makeIterator() {
      let worker = try await Self.worker(
        on: loop, snapshot, shared, cluster, queue, registry, state, engine, breakers,
        isFirst: workers.isEmpty,
        surroundings)
      workers.append(worker)
    }
    self.workers = workers
  }

  private static func worker(
    on loop: any EventLoop, _ snapshot: Snapshot, _ shared: SharedCounts, _ cluster: ClusterLoads,
    _ queue: QueueDesk,
    _ registry: MetricsRegistry, _ state: ReplicaState, _ engine: StateEngine, _ breakers: BreakerDesk,
    isFirst: Bool, _ surroundings: Surroundings
  ) async throws -> Worker {
    try await loop.flatSubmit {
      do {
        let upstream = try UpstreamClient(loop: loop, mode: surroundings.readiness)
        let started = upstream.start()
        let worker = Worker(
          loop: loop, upstream: upstream, snapshot: snapshot, shared: shared, cluster: cluster,
          queue: queue, registry: registry, ways: engine.open(on: loop), replica: state, desk: breakers,
          feed: isFirst ? engine.openFeed(on: loop, breakers) : nil, checksHealth: isFirst,
          log: surroundings.accessLog,
          logger: surroundings.logger)
        loop.scheduleRepeatedTask(initialDelay: .milliseconds(100), delay: .milliseconds(100)) { task in
          worker.executor.handle {
            worker.assumeIsolated { $0.isClosed ? task.cancel() : $0.tick() }
          }
        }
        return started.map { worker }
      } catch {
        return loop.makeFailedFuture(error)
      }
    }.get()
  }

  package var workerCount: Int { workers.count }
  /// How readiness of upstream sockets reaches the loops.
  package var wakerName: String { get async { await workers[0].wakerName } }

  // MARK: Ports

  /// Binds both ports and begins to serve. The addresses that were bound are returned (port 0 chooses one).
  package func listen() async throws -> (data: SocketAddress, admin: SocketAddress) {
    let settings = snapshot.withLockedValue { $0.settings }
    let admin = try await ListenError.naming("admin", settings.admin.host, settings.admin.port) {
      try await AdminServer.bind(self, settings.admin, on: adminLoop)
    }
    adminListener.withLockedValue { $0 = admin }
    // Before the data port: a balancer that asks nobody sends requests as soon as it is open.
    await discover(settings, within: .seconds(5))
    await keysAreKnown(within: .seconds(2))
    let data = try await ListenError.naming("server", settings.server.host, settings.server.port) {
      try await bind(settings.server)
    }
    listener.withLockedValue { $0 = data }
    phaseValue.store(Phase.ready.rawValue, ordering: .relaxed)
    guard let dataAddress = data.localAddress, let adminAddress = admin.localAddress else {
      throw IOError(errnoCode: EADDRNOTAVAIL, reason: "a listening socket has no address")
    }
    return (dataAddress, adminAddress)
  }

  /// Waits until every worker can judge keys; in vain where the shared state is away, as a replica starts without it too.
  private func keysAreKnown(within patience: Duration) async {
    let end = ContinuousClock.now + patience
    for worker in workers {
      while await !worker.knowsKeys, ContinuousClock.now < end {
        try? await Task.sleep(for: .milliseconds(10))
      }
    }
  }

  /// Begins to look for endpoints, and waits for the first answers; in vain where a name server is away.
  private func discover(_ settings: Settings, within patience: Duration) async {
    let discovery = Discovery(surroundings.logger) { [weak self] provider, found in
      await self?.take(found, of: provider)
    }
    self.discovery.withLockedValue { $0 = discovery }
    await discovery.watch(settings.providers)
    let end = ContinuousClock.now + patience
    while !discovery.hasLooked, ContinuousClock.now < end { try? await Task.sleep(for: .milliseconds(10)) }
  }

  private func bind(_ server: Settings.Server) async throws -> any Channel {
    let byLoop = Dictionary(uniqueKeysWithValues: workers.map { (ObjectIdentifier($0.loop), $0) })
    return try await ServerBootstrap(group: loops)
      .serverChannelOption(.backlog, value: 4096)
      .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
      .childChannelOption(.tcpOption(.tcp_nodelay), value: 1)
      .childChannelInitializer { channel in
        channel.eventLoop.makeCompletedFuture {
          guard let worker = byLoop[ObjectIdentifier(channel.eventLoop)] else { return }
          try channel.pipeline.syncOperations.addHandler(Connection(worker: worker))
        }
      }
      .bind(host: server.host, port: server.port).get()
  }

  /// Nanoseconds without a turn of its loop after which a worker is taken for stuck: nothing that it does takes a second.
  private static let longestTurn: Int64 = 30_000_000_000

  /// Whether every worker's loop turns.
  package func isAlive(now: Int64) -> Bool {
    phase == .stopped || workers.allSatisfy { $0.pulse.silence(at: now) <= Self.longestTurn }
  }

  // MARK: Configuration

  /// Puts another configuration in force for new exchanges; those that run keep theirs. Ports, workers and TLS files are read at
  /// the start only.
  package func apply(_ settings: Settings) async {
    await change(isNews: true) { current in
      var settings = settings
      // The keys' prefix too: replicas that differ in it would not share.
      settings.state = current.state
      settings.cache?.redis = current.cache?.redis
      current = settings
    }
    await discovery.withLockedValue { $0 }?.watch(settings.providers)
    reloadsApplied.wrappingAdd(1, ordering: .relaxed)
    isRefused.store(false, ordering: .relaxed)
  }

  /// Puts other endpoints of a provider in force.
  private func take(_ found: Settings.Found, of provider: String) async {
    self.found.withLockedValue { $0[provider] = found }
    await change(isNews: false) { _ in }
  }

  /// Compiles changed settings, and what was found, and puts them in force.
  private func change(isNews: Bool, _ edit: (inout Settings) -> Void) async {
    let next = snapshot.withLockedValue { current in
      var settings = current.settings
      edit(&settings)
      settings.fill(found.withLockedValue { $0 })
      current = Snapshot(settings, epoch: current.epoch + 1, former: current, isNews: isNews)
      breakers.apply(current)
      cluster.apply(current)
      queue.apply(settings.queue)
      return current
    }
    for worker in workers { await worker.apply(next) }
  }

  /// Counts a configuration that was not valid; the running one stays in force.
  package func countRefusedReload() {
    reloadsRefused.wrappingAdd(1, ordering: .relaxed)
    isRefused.store(true, ordering: .relaxed)
  }

  // MARK: The end

  /// Readiness fails and answers end their connections for `server.drain_notice`, then no new ones, then what runs may finish for
  /// `server.drain_timeout`; the rest ends in well-formed errors. Returns when everything is closed.
  package func drain() async {
    phaseValue.store(Phase.draining.rawValue, ordering: .relaxed)
    let server = snapshot.withLockedValue { $0.settings.server }
    for worker in workers { await worker.announceEnd() }
    try? await Task.sleep(for: server.drainNotice)
    guard phase == .draining else { return }  // told to end at once meanwhile
    await listener.withLockedValue { $0 }.map(ListenerDoor.init)?.shut(on: workers.map(\.loop))
    await close(listener)
    for worker in workers { await worker.drain() }
    if await !connectionsEnd(within: server.drainTimeout) {
      surroundings.logger.warning("draining took too long; ending what still runs")
      for worker in workers { await worker.endAll() }
      _ = await connectionsEnd(within: .seconds(2))
    }
    await stop()
  }

  /// Closes everything at once.
  package func stop() async {
    guard phaseValue.exchange(Phase.stopped.rawValue, ordering: .relaxed) != Phase.stopped.rawValue else {
      return
    }
    await close(listener)
    await close(adminListener)
    await discovery.withLockedValue { $0 }?.stop()
    for worker in workers { await worker.close() }
    try? await loops.shutdownGracefully()
    try? await adminLoop.shutdownGracefully()
    stopped.continuation.finish()
  }

  /// Returns once `stop()` or `drain()` has closed everything. One caller only.
  package func untilStopped() async {
    for await _ in stopped.stream {}
  }

  private func connectionsEnd(within limit: Duration) async -> Bool {
    let end = ContinuousClock.now + limit
    while ContinuousClock.now < end {
      var open = 0
      for worker in workers { open += await worker.connectionCount }
      if open == 0 { return true }
      try? await Task.sleep(for: .milliseconds(20))
    }
    return false
  }

  private func close(_ listener: NIOLockedValueBox<(any Channel)?>) async {
    let channel = listener.withLockedValue { channel in
      defer { channel = nil }
      return channel
    }
    try? await channel?.close().get()
  }

  // MARK: Keys

  /// What makes and revokes virtual keys, by the configuration in force.
  func adminKeys() -> AdminKeys {
    AdminKeys(
      manager: workers[0].keyManager, settings: snapshot.withLockedValue { $0.settings },
      now: SystemClock.wallMilliseconds())
  }

  // MARK: Explaining

  /// Where a request would go now; nothing is changed by it.
  func explain(_ ask: ExplainAsk) async throws(ExplainAsk.Refusal) -> Explanation {
    try await workers[0].explain(ask, at: "\(phase)", of: workers.count)
  }

  // MARK: Metrics

  /// Everything counted, in Prometheus' text format.
  func metrics() async -> String {
    let own = MetricsShard(registry: registry)
    var snapshots: [MetricsSnapshot] = []
    var gauges = WorkerGauges()
    for worker in workers {
      let (snapshot, figures) = await worker.figures()
      snapshots.append(snapshot)
      gauges.add(figures)
    }
    record(gauges, in: own)
    ProcessFigures.read().record(in: own, of: registry)
    return PrometheusText.render(snapshots + [own.snapshot()], of: registry)
  }

  private func record(_ gauges: WorkerGauges, in shard: MetricsShard) {
    let current = snapshot.withLockedValue { $0 }
    var permits = 0
    for endpoint in current.endpoints {
      permits += endpoint.inFlight
      shard.set(registry.series(Catalogue.inflight, endpoint.id), to: Int64(endpoint.inFlight))
    }
    recordBreakers(of: current, in: shard)
    queue.record(current, in: shard, of: registry)
    let values: [(MetricFamily, Int)] = [
      (Catalogue.exchangesActive, shared.exchanges.load(ordering: .relaxed)),
      (Catalogue.bufferedBytes, shared.buffered.load(ordering: .relaxed)),
      (Catalogue.connectionsOpen, gauges.connections), (Catalogue.transfersActive, gauges.transfers),
      (Catalogue.permitsOutstanding, permits), (Catalogue.configEpoch, current.epoch),
      (Catalogue.configRefused, isRefused.load(ordering: .relaxed) ? 1 : 0),
      (Catalogue.draining, phase == .ready ? 0 : 1),
      (Catalogue.accessLogDropped, surroundings.accessLog?.dropped ?? 0),
      (Catalogue.redisMode, gauges.isAlone ? 1 : 0), (Catalogue.replicasKnown, state.replicas),
      (Catalogue.unsettled, gauges.unsettled), (Catalogue.lostSettlements, gauges.lostSettlements),
      (Catalogue.slotsHeld, state.slotsHeld), (Catalogue.cacheFlights, gauges.flights),
      (Catalogue.cacheWaiting, gauges.waiting),
    ]
    for (family, value) in values { shard.set(registry.series(family), to: Int64(value)) }
    shard.set(registry.series(Catalogue.loopLag), to: gauges.lag)
    cluster.record(current, in: shard, of: registry)
    record(gauges.keys, in: shard)
    recordHealth(of: current, in: shard)
    recordDiscovery(discovery.withLockedValue { $0 }?.figures.withLockedValue { $0 } ?? [:], in: shard)
    shard.set(
      registry.series(Catalogue.configReloads, "applied"), to: Int64(reloadsApplied.load(ordering: .relaxed)))
    shard.set(
      registry.series(Catalogue.configReloads, "refused"), to: Int64(reloadsRefused.load(ordering: .relaxed)))
    shard.set(registry.series(Catalogue.buildInfo, surroundings.version), to: 1)
  }
}

extension Replica {
  private func record(_ keys: KeyFigures, in shard: MetricsShard) {
    let results: [(String, Int64)] = [
      ("used", keys.counts.used), ("used_stale", keys.counts.usedStale), ("asked", keys.counts.asked),
      ("waited", keys.counts.waited), ("refused", keys.counts.refused.values.reduce(0, +)),
      ("busy", keys.counts.busy), ("unavailable", keys.counts.unavailable),
    ]
    for (result, count) in results { shard.set(registry.series(Catalogue.keyLookups, result), to: count) }
    shard.set(registry.series(Catalogue.keysKnown), to: Int64(keys.known))
    shard.set(registry.series(Catalogue.keyAge), to: keys.oldest)
  }
}

/// What a worker has at this moment.
struct WorkerGauges: Sendable {
  var connections = 0
  var transfers = 0
  var unsettled = 0
  var lostSettlements = 0
  var flights = 0
  var waiting = 0
  /// Some worker goes on without the shared state.
  var isAlone = false
  var keys = KeyFigures()
  /// Nanoseconds that the slowest loop is behind.
  var lag: Int64 = 0

  mutating func add(_ other: WorkerGauges) {
    connections += other.connections
    transfers += other.transfers
    unsettled += other.unsettled
    lostSettlements += other.lostSettlements
    flights += other.flights
    waiting += other.waiting
    isAlone = isAlone || other.isAlone
    keys.add(other.keys)
    lag = max(lag, other.lag)
  }
}

extension Worker {
  func figures() -> (MetricsSnapshot, WorkerGauges) {
    let gauges = WorkerGauges(
      connections: connectionCount, transfers: upstream.activeCount, unsettled: limiter.waiting,
      lostSettlements: limiter.lostSettlements, flights: desk.flights.count, waiting: desk.waiting,
      isAlone: !limiter.isShared, keys: keys.figures(), lag: shedding.lag.median)
    return (shard.snapshot(), gauges)
  }
}
