import Policy
import Settings
import Testing

/// What limits in documents become.
struct LimitTests {
  @Test func theReferencesLimitsAreKeptWithTheirPlaces() throws {
    let settings = try Fixture("reference.yaml").load()
    let acme = settings.tenants[0]
    #expect(
      acme.limits.map(\.amount) == [.requests(600), .tokens(200_000), .dollars(microdollars: 50_000_000)])
    #expect(acme.limits.map(\.window) == [.minute, .minute, .day])
    #expect(acme.limits.map(\.by) == [.tenant, .team, .tenant])
    #expect(acme.limits.map(\.zone.name) == ["UTC", "UTC", "Europe/Berlin"])
    #expect(acme.limits.map(\.outage) == [.share, .share, .closed])
    #expect(acme.limits.map(\.steer) == [nil, nil, 80])
    #expect(acme.limits.map(\.path) == (0...2).map { "tenants.acme.limits[\($0)]" })
    #expect(acme.teams[0].limits.map(\.path) == ["tenants.acme.teams.search.limits[0]"])
    #expect(acme.teams[0].limits.map(\.by) == [.team])
    #expect(settings.deployments[0].limits.map(\.amount) == [.requests(10_000), .tokens(2_000_000)])
    #expect(settings.deployments[1].limits.map(\.amount) == [.concurrent(64)])
    #expect(settings.deployments[1].limits.map(\.by) == [.deployment])
  }

  @Test func limitsStandAtEveryPlace() throws {
    let limit = "limits: [{ concurrent: 2 }]"
    let settings = try Fixture.load(
      """
      providers: { p: { dialect: openai, base_url: "http://127.0.0.1:9/v1", \(limit) } }
      deployments: { d: { provider: p, model: x, \(limit) } }
      models: { m: { deployments: [d], \(limit) } }
      tenants:
        t:
          \(limit)
          teams: { a: { \(limit) } }
          keys: [{ id: k, sha256: \(String(repeating: "0", count: 64)), \(limit) }]
      """)
    let tenant = settings.tenants[0]
    let all = [
      settings.providers[0].limits, settings.deployments[0].limits, settings.models[0].limits, tenant.limits,
      tenant.teams[0].limits, tenant.keys[0].limits,
    ].flatMap { $0 }
    #expect(all.map(\.by) == [.credential, .deployment, .model, .tenant, .team, .key])
    #expect(
      all.map(\.path) == [
        "providers.p.limits[0]", "deployments.d.limits[0]", "models.m.limits[0]", "tenants.t.limits[0]",
        "tenants.t.teams.a.limits[0]", "tenants.t.keys[0].limits[0]",
      ])
    #expect(settings.unbuilt.isEmpty)
    #expect(try Fixture.load(settings.printed()) == settings)
  }

  @Test func budgetsSteerFromAShareOn() throws {
    let settings = try Fixture.load(
      """
      providers: { p: { dialect: openai, base_url: "http://127.0.0.1:9/v1" } }
      deployments: { d: { provider: p, model: x, price: { input: 1, output: 2 } } }
      models: { m: { deployments: [d] } }
      tenants:
        t:
          limits: [{ dollars: 5, per: day, steer: 80% }, { dollars: 50, per: month }]
          keys: [{ id: k, sha256: \(String(repeating: "0", count: 64)) }]
      """)
    #expect(settings.tenants[0].limits.map(\.steer) == [80, nil])
    #expect(try Fixture.load(settings.printed()) == settings)
  }

  @Test func limitsOverAllTenantsGoWithoutKeys() throws {
    let text =
      LoadTests.minimal(models: "m: { deployments: [d], limits: [{ requests: 5, per: second }] }")
      + "auth: { mode: none }\n"
    #expect(try Fixture.load(text).models[0].limits.map(\.window) == [.second])
  }

  @Test func ratesRefillUpToAnHourAndTheRestIsCountedByTheCalendar() throws {
    let cases: [(String, Settings.Limit.Kind)] = [
      ("requests: 5, per: second", .bucket(Bucket.Rule(tokens: 5, window: 1000))),
      ("input_tokens: 200k, per: minute", .bucket(Bucket.Rule(tokens: 200_000, window: 60_000))),
      ("output_tokens: 3M, per: hour", .bucket(Bucket.Rule(tokens: 3_000_000, window: 3_600_000))),
      ("tokens: 75059993789, per: minute", .bucket(Bucket.Rule(tokens: 75_059_993_789, window: 60_000))),
      ("tokens: 4503599627370496, per: day", .budget(capacity: 1 << 52, .day)),
      ("requests: 7, per: week", .budget(capacity: 7, .week)),
      ("dollars: 0.05, per: hour", .budget(capacity: 50_000, .hour)),
      ("dollars: 4503599627.370496, per: month", .budget(capacity: 1 << 52, .month)),
      ("concurrent: 9", .slots(9)),
    ]
    for (text, kind) in cases {
      #expect(try Self.limit(text).kind == kind, "\(text)")
    }
  }

  @Test func zonesAreThoseOfTheMachine() throws {
    let berlin = try Self.limit("dollars: 5, per: day, zone: Europe/Berlin").zone
    #expect(berlin.offset(at: 1_750_000_000) == 7200)
    #expect(try Self.limit("dollars: 5, per: day, zone: UTC").zone == .utc)
    #expect(try Self.limit("dollars: 5, per: hour, zone: Asia/Kolkata").zone.offset(at: 0) == 19_800)
  }

  @Test func everyLimitIsPrintedWithItsDefaults() throws {
    let settings = try Fixture.load(
      Self.document(
        "[{ dollars: 0.5, per: day }, { tokens: 2M, per: hour, by: user }, { concurrent: 3, outage: open }]"))
    let printed = settings.printed()
    let lines = [
      "      - dollars: 0.5", "        per: day", "        by: tenant", "        zone: UTC",
      "        outage: share", "      - tokens: 2M", "        per: hour", "        by: user",
      "        outage: share", "      - concurrent: 3", "        by: tenant", "        outage: open",
    ]
    #expect(printed.contains(lines.joined(separator: "\n")), "\(printed)")
    #expect(try Fixture.load(printed) == settings)
  }

  private static func document(_ limits: String) -> String {
    LoadTests.minimal() + """
      tenants:
        t:
          limits: \(limits)
          keys: [{ id: k, sha256: \(String(repeating: "0", count: 64)) }]

      """
  }

  private static func limit(_ text: String) throws -> Settings.Limit {
    try Fixture.load(document("[{ \(text) }]")).tenants[0].limits[0]
  }
}
