import Coordination
import Policy
import Settings
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

  @Test func aReplicaAloneSeesEverything() {
    #expect(ClusterLoads(ReplicaState(name: "me", leastReplicas: nil)).sight == .fresh)
  }
}
