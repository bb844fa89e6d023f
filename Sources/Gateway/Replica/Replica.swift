package import Coordination
package import Logging
import NIOConcurrencyHelpers
import NIOCore
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
  let engine: StateEngine
  /// Of the controller that leads rollouts in this replica's name, where there is one.
  package let controlFigures = ControlFigures()
  let shared = SharedCounts()
  let cluster: ClusterLoads
  let queue = QueueDesk()
  let registry = MetricsRegistry()
  let breakers: BreakerDesk
  let rollouts = VersionDesk()
  let loops: MultiThreadedEventLoopGroup
  let adminLoop = MultiThreadedEventLoopGroup(numberOfThreads: 1)
  let workers: [Worker]
  let snapshot: NIOLockedValueBox<Snapshot>
  /// What was found of the endpoints that the configuration names but doesn't list.
  let found = NIOLockedValueBox<[String: Settings.Found]>([:])
  let discovery = NIOLockedValueBox<Discovery?>(nil)
  let phaseValue = Atomic<Int>(Phase.starting.rawValue)
  let listener = NIOLockedValueBox<(any Channel)?>(nil)
  let adminListener = NIOLockedValueBox<(any Channel)?>(nil)
  let stopped = AsyncStream.makeStream(of: Never.self)

  var phase: Phase { Phase(rawValue: phaseValue.load(ordering: .relaxed)) ?? .stopped }
  var epoch: Int { snapshot.withLockedValue { $0.epoch } }
  /// Configurations applied and refused since the start.
  let reloadsApplied = Atomic<Int>(0)
  let reloadsRefused = Atomic<Int>(0)
  /// The configuration that was read last is not the one in force.
  let isRefused = Atomic<Bool>(false)

  /// Makes the workers; nothing listens yet. `settings` must have been validated and hold nothing unbuilt.
  package init(_ settings: Settings, _ surroundings: Surroundings) async throws {
    self.surroundings = surroundings
    let snapshot = Snapshot(settings, epoch: 1, former: nil)
    let (state, engine) = try StateEngine.make(
      settings, workers: settings.server.workers ?? System.coreCount, surroundings.logger)
    (self.state, self.engine) = (state, engine)
    cluster = ClusterLoads(state)
    self.snapshot = NIOLockedValueBox(snapshot)
    cluster.apply(snapshot)
    queue.apply(settings.queue)
    loops = MultiThreadedEventLoopGroup(numberOfThreads: settings.server.workers ?? System.coreCount)
    let (shared, cluster, queue, registry, rollouts) = (shared, cluster, queue, registry, rollouts)
    let breakers = BreakerDesk(snapshot, now: StateClock.monotonicMilliseconds())
    self.breakers = breakers
    var workers: [Worker] = []
    for loop in loops.makeIterator() {
      let worker = try await Self.worker(
        on: loop, snapshot, shared, cluster, queue, registry, state, engine, breakers, rollouts,
        isFirst: workers.isEmpty, surroundings)
      workers.append(worker)
    }
    self.workers = workers
  }

  private static func worker(
    on loop: any EventLoop, _ snapshot: Snapshot, _ shared: SharedCounts, _ cluster: ClusterLoads,
    _ queue: QueueDesk,
    _ registry: MetricsRegistry, _ state: ReplicaState, _ engine: StateEngine, _ breakers: BreakerDesk,
    _ rollouts: VersionDesk, isFirst: Bool, _ surroundings: Surroundings
  ) async throws -> Worker {
    try await loop.flatSubmit {
      do {
        let upstream = try UpstreamClient(loop: loop, mode: surroundings.readiness)
        let started = upstream.start()
        let worker = Worker(
          loop: loop, upstream: upstream, snapshot: snapshot, shared: shared, cluster: cluster,
          queue: queue, registry: registry, ways: engine.open(on: loop), replica: state, desk: breakers,
          rollouts: rollouts, isFirst: isFirst, log: surroundings.accessLog, logger: surroundings.logger)
        if isFirst { worker.assumeIsolated { $0.listen(by: engine, breakers) } }
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

  /// Nanoseconds without a turn of its loop after which a worker is taken for stuck: nothing that it does takes a second.
  private static let longestTurn: Int64 = 30_000_000_000

  /// Whether every worker's loop turns.
  package func isAlive(now: Int64) -> Bool {
    phase == .stopped || workers.allSatisfy { $0.pulse.silence(at: now) <= Self.longestTurn }
  }

  // MARK: Keys

  /// What makes and revokes virtual keys, by the configuration in force.
  func adminKeys() -> AdminKeys {
    AdminKeys(
      manager: workers[0].keyManager, settings: snapshot.withLockedValue { $0.settings },
      now: SystemClock.wallMilliseconds())
  }

  /// What shows versions and rollouts, and asks for what people want, by the configuration in force.
  func adminRollouts() -> AdminRollouts {
    AdminRollouts(
      desk: workers[0].rolloutDesk, settings: snapshot.withLockedValue { $0.settings })
  }

  /// What shows experiments, by the configuration in force.
  func adminExperiments() -> AdminExperiments {
    let snapshot = snapshot.withLockedValue { $0 }
    let idle = (snapshot.experiments?.idle ?? []).map { ($0.name, $0.why) }
    return AdminExperiments(
      reader: workers[0].experimentReader, settings: snapshot.settings,
      idle: Dictionary(idle) { first, _ in first })
  }

  // MARK: Explaining

  /// What shows what was decided about requests.
  func adminDecisions() -> AdminDecisions {
    AdminDecisions(
      reader: workers[0].decisionReader,
      areKept: snapshot.withLockedValue { $0.settings.telemetry.decisions != nil })
  }

  /// Where a request would go now; nothing is changed by it.
  func explain(_ ask: ExplainAsk) async throws(ExplainAsk.Refusal) -> Explanation {
    try await workers[0].explain(ask, at: "\(phase)", of: workers.count)
  }
}
