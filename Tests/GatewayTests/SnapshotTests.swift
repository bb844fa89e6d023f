import Policy
import Settings
import Testing

@testable import Gateway

struct SnapshotTests {
  private static let base = """
    server: { host: 127.0.0.1 }
    providers:
      lab:
        dialect: openai
        endpoints: [ { url: "http://a:1/v1" }, { url: "http://b:1/v1", weight: 2 } ]
        api_keys: ["one", "two"]
      cloud: { dialect: openai, base_url: "https://c/v1", stream_usage: none }
    deployments:
      small: { provider: lab, model: small-at-lab, price: { input: 1, output: 2 } }
      large: { provider: cloud, model: large-at-cloud }
    models:
      fast: { deployments: [ { name: small, weight: 3 }, large ], aliases: [quick], fallbacks: [big], retry: { attempts: 4, budget: 30% } }
      big: { deployments: [large] }
    routing: { default_model: fast }
    """

  private func snapshot(_ yaml: String = base, epoch: Int = 1, after former: Snapshot? = nil) throws
    -> Snapshot
  {
    Snapshot(try settings(yaml), epoch: epoch, former: former)
  }

  @Test func endpointsAreAddressesTimesCredentials() throws {
    let snapshot = try snapshot()
    #expect(snapshot.endpoints.map(\.id) == ["lab/a:1", "lab/a:1#2", "lab/b:1", "lab/b:1#2", "cloud/c"])
    #expect(
      snapshot.table.deployments[0].endpoints
        == [1, 1, 2, 2].enumerated().map { .init(position: $0, weight: $1) })
    #expect(snapshot.table.deployments[1].endpoints == [.init(position: 4, weight: 1)])
  }

  /// Their counts and metrics are their own; all others are called as they were.
  @Test func endpointsOfOneHostAreCalledByPathOrSchemeToo() throws {
    let yaml = Self.base.replacing(
      #"{ url: "http://a:1/v1" }, "#,
      with: #""http://a:1/v1", "http://a:1/x;y/v1", "http://c/v1", "https://c/v1", "#)
    let former = try snapshot()
    let next = try snapshot(yaml, epoch: 2, after: former)
    #expect(
      next.endpoints.map(\.id) == [
        "lab/a:1/v1", "lab/a:1/v1#2", "lab/a:1/x%3By/v1", "lab/a:1/x%3By/v1#2", "lab/http://c/v1",
        "lab/http://c/v1#2", "lab/https://c/v1", "lab/https://c/v1#2", "lab/b:1", "lab/b:1#2", "cloud/c",
      ])
    #expect(zip(next.endpoints.suffix(3), former.endpoints.suffix(3)).allSatisfy { $0 === $1 })
    #expect(try snapshot(epoch: 3, after: next).endpoints.map(\.id) == former.endpoints.map(\.id))
    let slot = InFlight(at: next.endpoints[2])
    #expect(ClusterLoads.told(next.endpoints).text == "lab/a:1/x%3By/v1=1")
    _ = consume slot
  }

  @Test func namesAndAliasesLeadToModels() throws {
    let table = try snapshot().table
    let fast = try #require(table.positions["fast"])
    #expect(table.positions["quick"] == fast)
    #expect(table.defaultModel == fast)
    #expect(table.models[fast].fallbacks == [table.positions["big"]])
    #expect(table.models[fast].attempts == 4)
    #expect(table.models[fast].deployments.map(\.weight) == [3, 1])
  }

  @Test func deploymentsKnowTheirProvidersWays() throws {
    let snapshot = try snapshot()
    #expect(snapshot.deployments.map(\.model) == ["small-at-lab", "large-at-cloud"])
    #expect(snapshot.deployments.map(\.injectsUsage) == [true, false])
    #expect(snapshot.deployments[0].prices.first?.input == 1_000_000)
  }

  @Test func theSameConfigurationAgainKeepsEndpointsAndLedgers() throws {
    let former = try snapshot()
    let next = try snapshot(epoch: 2, after: former)
    #expect(next.epoch == 2)
    #expect(zip(next.endpoints, former.endpoints).allSatisfy { $0 === $1 })
    #expect(zip(next.models, former.models).allSatisfy { $0.ledger === $1.ledger })
  }

  @Test func aChangedKeyIsAnotherEndpoint() throws {
    let former = try snapshot()
    let next = try snapshot(Self.base.replacing("\"two\"", with: "\"three\""), after: former)
    let isKept = zip(next.endpoints, former.endpoints).map { $0 === $1 }
    #expect(isKept == [true, false, true, false, true])
  }

  @Test func whatIsNotAboutTheConnectionKeepsTheEndpoint() throws {
    let former = try snapshot()
    let next = try snapshot(
      Self.base.replacing("weight: 2", with: "weight: 5").replacing("attempts: 4", with: "attempts: 2"),
      after: former)
    #expect(zip(next.endpoints, former.endpoints).allSatisfy { $0 === $1 })
    #expect(next.table.deployments[0].endpoints[2].weight == 5)
    #expect(next.models[0].ledger === former.models[0].ledger)
  }

  @Test func aModelOfAnotherNameHasALedgerOfItsOwn() throws {
    let former = try snapshot()
    let next = try snapshot(
      Self.base.replacing("quick", with: "swift").replacing("big", with: "huge"), after: former)
    let old = former.models.map { ObjectIdentifier($0.ledger) }
    #expect(next.models.filter { old.contains(ObjectIdentifier($0.ledger)) }.map(\.name) == ["fast"])
  }
}
