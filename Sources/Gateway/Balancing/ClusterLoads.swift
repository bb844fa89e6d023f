import Coordination
import NIOConcurrencyHelpers
import Policy
import Synchronization
import Telemetry

/// What the workers of a replica know of all replicas' loads: when it was read, and whose turn it is to read it again. The counts
/// themselves are at the endpoints.
final class ClusterLoads: Sendable {
  private let replica: ReplicaState
  private let sharing = NIOLockedValueBox(LoadSharing())
  /// Monotonic milliseconds at which what was read last was asked for; 0: never.
  private let readAt = Atomic<Int64>(0)
  private let replicas = Atomic<Int>(1)
  /// Monotonic milliseconds at which the others' counts first came; 0: never.
  private let metAt = Atomic<Int64>(0)

  /// Those of the configuration in force, and those of former ones that somebody still holds.
  let served = NIOLockedValueBox(ServedEndpoints())

  init(_ replica: ReplicaState) { self.replica = replica }

  /// How much is known of the others' loads.
  var sight: Balancer.Sight {
    replica.isAlone
      ? .fresh : Balancer.Sight(age: age, replicas: replicas.load(ordering: .relaxed))
  }

  /// Whether the others' counts are young enough to divide what an endpoint takes by them.
  private var knowsRooms: Bool { replica.isAlone || (age.map { $0 < Self.oldest } ?? false) }
  private static let oldest: Int64 = 500

  /// Milliseconds since what is known of the others was asked for; nil where nothing is.
  var age: Int64? {
    let last = readAt.load(ordering: .relaxed)
    return last > 0 ? replica.clock.monotonic - last : nil
  }

  /// What one worker is to tell now, for all of the replica; nil for the others.
  func nextTurn(_ endpoints: [Endpoint]) -> LoadSharing.Turn? {
    let now = replica.clock.monotonic
    guard sharing.withLockedValue({ $0.isDue(now) }) else { return nil }
    let endpoints = endpoints + served.withLockedValue { $0.retired(beside: endpoints) }
    let loads = Self.told(endpoints)
    let count = replica.replicas
    replicas.store(count, ordering: .relaxed)
    if !knowsRooms { divide(endpoints) }
    return sharing.withLockedValue { $0.next(loads, replicas: count, now: now) }
  }

  /// Takes what all replicas told. `asked`: monotonic milliseconds.
  func take(_ reply: LoadReport.Reply, asked: Int64, _ endpoints: [Endpoint]) {
    var others: [String: Int] = [:]
    for (name, entry) in reply.entries where name != replica.name && entry.isCurrent(at: reply.now) {
      others.merge(entry.loads.counts, uniquingKeysWith: +)
    }
    let endpoints = endpoints + served.withLockedValue { $0.retired(beside: endpoints) }
    for endpoint in endpoints { endpoint.setOthers(others[endpoint.id] ?? 0) }
    _ = metAt.compareExchange(expected: 0, desired: now, ordering: .relaxed)
    divide(endpoints, by: reply)
    readAt.store(asked, ordering: .relaxed)
  }

  var isAlone: Bool { replica.isAlone }
  var name: String { replica.name }
  /// How many replicas there may be.
  var replicaCount: Int { replica.replicas }

  /// The others have had the time to see this replica. Of many that start at once, each would take all.
  var isKnown: Bool { isAlone || now - metAt.load(ordering: .relaxed) >= Self.meeting }
  private static let meeting: Int64 = 1_000

  func failed() { sharing.withLockedValue { $0.failed() } }

  /// Monotonic milliseconds, as `take` wants them.
  var now: Int64 { replica.clock.monotonic }
}

extension ClusterLoads {
  func record(_ snapshot: Snapshot, in shard: MetricsShard, of registry: MetricsRegistry) {
    let sight = sight
    var sums: [String: Int] = [:]
    for endpoint in snapshot.endpoints {
      sums[endpoint.id, default: 0] += endpoint.inFlight + (sight == .none ? 0 : endpoint.others)
    }
    for (id, sum) in sums { shard.set(registry.series(Catalogue.inflightCluster, id), to: Int64(sum)) }
    let age = replica.isAlone ? 0 : age.map { $0 * 1_000_000 } ?? -1_000_000_000
    shard.set(registry.series(Catalogue.loadsAge), to: age)
    let now = SystemClock.monotonicNanoseconds() / 1_000_000
    for deployment in snapshot.deployments {
      for (index, pace) in deployment.paces.enumerated() {
        guard let average = pace.firstToken.value(at: now) else { continue }
        let endpoint = snapshot.endpoints[deployment.firstEndpoint + index].id
        shard.set(
          registry.series(Catalogue.firstTokenAverage, deployment.name, endpoint),
          to: Int64(average * 1_000_000))
      }
    }
  }
}

extension Worker {
  /// Tells what this replica has in flight and learns what the others have, if it is time to and no other worker has.
  func shareLoads() {
    guard let register = loadRegister, let turn = cluster.nextTurn(snapshot.endpoints) else { return }
    let asked = cluster.now
    let report = LoadReport(
      replica: replica.name, sequence: turn.sequence, loads: turn.loads, wantsAll: turn.wantsAll,
      sweeps: turn.sweeps)
    register.tell(report) { [self] result in
      assumeIsolated { worker in
        switch result {
        case .success(let reply) where turn.wantsAll:
          worker.cluster.take(reply, asked: asked, worker.snapshot.endpoints)
          worker.queue.pourAll()
        case .success: break
        case .failure: worker.cluster.failed()
        }
      }
    }
  }
}
