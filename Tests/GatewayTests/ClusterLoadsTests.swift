import Coordination
import Policy
import Settings
import Synchronization
import Testing

@testable import Gateway

struct ClusterLoadsTests {
  private static let base = """
    server: { host: 127.0.0.1 }
    providers: { lab: { dialect: openai, endpoints: [ "http://a/v1", "http://b/v1" ] } }
    deployments: { small: { provider: lab, model: s } }
    models: { fast: { deployments: [small] } }
    """

  private static func entry(at: Int64, _ counts: [String: Int]) -> LoadStore.Entry {
    LoadStore.Entry(at: at, sequence: 1, loads: EndpointLoads(counts))
  }

  @Test func theOthersThatCountAreAddedUp() throws {
    let endpoints = Snapshot(try settings(Self.base), epoch: 1, former: nil).endpoints
    let replica = ReplicaState(name: "me", leastReplicas: 3)
    let cluster = ClusterLoads(replica)
    let entries = [
      "me": Self.entry(at: 9_999, ["lab/a": 40]), "one": Self.entry(at: 9_000, ["lab/a": 3, "lab/x": 9]),
      "two": Self.entry(at: 8_900, ["lab/a": 2, "lab/b": 1]), "dead": Self.entry(at: 8_800, ["lab/b": 50]),
    ]
    #expect(cluster.sight == .fresh, "nobody has counted replicas yet")
    _ = cluster.nextTurn(endpoints)
    #expect(cluster.sight == .none, "others are there, and not known")
    cluster.take(
      LoadReport.Reply(now: 10_000, isTaken: true, entries: entries), asked: cluster.now, endpoints)
    #expect(endpoints.map(\.others) == [5, 1])
    #expect(cluster.sight == .fresh)
    cluster.take(LoadReport.Reply(now: 10_000, isTaken: true, entries: [:]), asked: cluster.now, endpoints)
    #expect(endpoints.map(\.others) == [0, 0])
  }

  private final class Moment: Sendable {
    let value = Atomic<Int64>(5)
  }

  @Test func whatAnEndpointTakesIsDividedByWhatAllHave() throws {
    let text = Self.base.replacing("lab: { ", with: "lab: { max_concurrent: 9, ")
    let snapshot = Snapshot(try settings(text), epoch: 1, former: nil)
    let (one, other) = (snapshot.endpoints[0], snapshot.endpoints[1])
    let moment = Moment()
    let clock = StateClock(source: { moment.value.load(ordering: .relaxed) })
    let cluster = ClusterLoads(ReplicaState(name: "me", leastReplicas: 3, clock: clock))
    cluster.apply(snapshot)
    // Ten replicas are assumed before anybody has counted them, and each has one at least.
    #expect([one, other].map(\.gate.ceiling) == [1, 1])
    let slots = (0..<1).map { _ in one.tryEnter() ? Slot(entered: one, nil) : nil }
    #expect(one.isFull && !other.isFull)
    let entries = [
      "me": Self.entry(at: 9_999, [:]), "one": Self.entry(at: 9_900, ["lab/a": 2]),
      "two": Self.entry(at: 9_900, [:]),
      "dead": Self.entry(at: 8_000, ["lab/a": 9, "lab/b": 9]),
    ]
    cluster.take(
      LoadReport.Reply(now: 10_000, isTaken: true, entries: entries), asked: cluster.now, snapshot.endpoints)
    #expect([one, other].map(\.gate.ceiling) == [1, 1], "others may not have seen it yet")
    moment.value.store(1_005, ordering: .relaxed)
    cluster.take(
      LoadReport.Reply(now: 10_000, isTaken: true, entries: entries), asked: cluster.now, snapshot.endpoints)
    #expect([one, other].map(\.gate.ceiling) == [3, 3])
    cluster.apply(snapshot)
    #expect(one.gate.ceiling == 3, "the same configuration changes nothing")
    // Those who wait elsewhere get what nobody has need of here.
    one.gate.want()
    #expect(ClusterLoads.told(snapshot.endpoints).counts == ["lab/a": 1, "lab/a waiting": 1])
    let settled = [one.gate.takeSettledWant(), one.gate.takeSettledWant()]
    #expect(settled == [0, 1], "once the others have seen it")
    one.gate.unwant()
    #expect(one.gate.takeSettledWant() == 0)
    let waiting = [
      "one": Self.entry(at: 9_900, ["lab/a": 2, "lab/a waiting": 30]),
      "two": Self.entry(at: 9_900, ["lab/a": 6]),
    ]
    cluster.take(
      LoadReport.Reply(now: 10_000, isTaken: true, entries: waiting), asked: cluster.now, snapshot.endpoints)
    #expect(one.gate.ceiling == 1, "its part of nine would be three, and it wants one")
    let wider = Snapshot(
      try settings(text.replacing("max_concurrent: 9", with: "max_concurrent: 40")), epoch: 2,
      former: snapshot)
    #expect(wider.endpoints[0] === one)
    cluster.apply(wider)
    #expect(one.gate.limit == 40)
    let unbounded = Snapshot(try settings(Self.base), epoch: 3, former: wider)
    cluster.apply(unbounded)
    #expect(one.gate.limit == nil && !one.isFull)
    _ = consume slots
    #expect(one.inFlight == 0)
  }

  @Test func aReplicaAloneSeesEverything() {
    #expect(ClusterLoads(ReplicaState(name: "me", leastReplicas: nil)).sight == .fresh)
  }
}
