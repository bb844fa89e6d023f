import Policy
import Settings
import Testing

@testable import Gateway

struct LimitTableTests {
  /// The keys of the limits that the key `ci` is subject to, asking for model `m`.
  private static func keys(_ tenant: String, model: Int = 0) throws -> [String] {
    try group(tenant, model: model)?.limits.map(\.key) ?? []
  }

  private static func group(_ tenant: String, model: Int = 0) throws -> LimitGroup? {
    let digest = String(repeating: "ab", count: 32)
    let settings = try settings(
      document(
        more: """
          tenants:
            acme:
              teams: { search: \(tenant.contains("TEAM") ? "{ limits: [ { tokens: 5, per: minute } ] }" : "{}") }
              limits: [ \(tenant.replacing("TEAM", with: "")) ]
              keys: [ { id: ci, sha256: \(digest), team: search, user: ann, limits: [ { concurrent: 2 } ] } ]
          """))
    let (key, team) = (settings.tenants[0].keys[0], settings.tenants[0].teams[0])
    return LimitTable(settings).limits(of: key, team: team, in: settings.tenants[0]).group(model: model)
  }

  private static let own = "sy:{t:acme}:sem:key:ci"

  @Test(
    arguments: [
      ("{ requests: 5, per: second }", "sy:{t:acme}:rl:tenant:acme:requests:second"),
      ("{ tokens: 5, per: minute, by: team }", "sy:{t:acme}:rl:team:search:tokens:minute"),
      ("{ input_tokens: 5, per: hour, by: key }", "sy:{t:acme}:rl:key:ci:input_tokens:hour"),
      ("{ output_tokens: 5, per: day, by: user }", "sy:{t:acme}:budget:user:ann:output_tokens:day"),
      ("{ dollars: 5, per: hour, by: model }", "sy:{t:acme}:budget:model:m:dollars:hour"),
      ("{ concurrent: 5 }", "sy:{t:acme}:sem:tenant:acme"),
    ])
  func keysNameWhomAndWhat(limit: String, key: String) throws {
    #expect(try Self.keys(limit) == [key, Self.own])
  }

  @Test func theLimitNearerToTheKeyHolds() throws {
    let limits = try #require(try Self.group("{ tokens: 200, per: minute, by: team } TEAM")).limits
    #expect(limits.map(\.key) == ["sy:{t:acme}:rl:team:search:tokens:minute", Self.own])
    #expect(limits[0].capacity == 5)
  }

  @Test func allOfATenantAreOneGroup() throws {
    #expect(try Self.group("{ requests: 5, per: second }")?.prefix == "sy:{t:acme}")
  }

  @Test func withoutLimitsThereIsNoGroup() throws {
    let settings = try settings(document())
    let table = LimitTable(settings)
    #expect(!table.isOfAttempts)
    #expect(table.models.allSatisfy { $0 == nil })
  }

  @Test func modelsDeploymentsAndCredentialsHaveTagsOfTheirOwn() throws {
    let settings = try settings(
      """
      server: { host: 127.0.0.1 }
      state: { redis: "redis://h", key_prefix: other }
      providers:
        lab: { dialect: openai, base_url: "http://h/v1", limits: [ { requests: 5, per: minute } ] }
      deployments:
        d: { provider: lab, model: x, limits: [ { tokens: 5, per: minute } ] }
      models:
        m: { deployments: [d], limits: [ { concurrent: 5 } ] }
      """)
    let table = LimitTable(settings)
    #expect(table.isOfAttempts)
    #expect(table.models[0]?.limits.map(\.key) == ["other:{m:m}:sem"])
    #expect(table.deployments[0]?.limits.map(\.key) == ["other:{d:d}:rl:tokens:minute"])
    #expect(table.credential(1, of: "lab")?.limits.map(\.key) == ["other:{p:lab/2}:rl:requests:minute"])
  }
}
