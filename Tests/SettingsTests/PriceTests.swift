import Settings
import Testing

/// When prices hold.
struct PriceTests {
  private static func prices(_ text: String) throws -> [Settings.Price] {
    let yaml = """
      server: { host: 127.0.0.1 }
      providers: { p: { dialect: openai, base_url: "http://127.0.0.1:9/v1" } }
      deployments:
        d:
          provider: p
          model: x
          \(text)
      models: { m: { deployments: [d] } }
      """
    let settings = try Fixture.load(yaml)
    #expect(try Fixture.load(settings.printed()).deployments == settings.deployments, "\(settings.printed())")
    return settings.deployments[0].prices
  }

  /// The first millisecond of 1 December 2026, by UTC.
  private static let december: Int64 = 1_796_083_200_000

  @Test func onePriceHoldsForEver() throws {
    let prices = try Self.prices("price: { input: 1, output: 2, cached_input: 0.5, reasoning: 3 }")
    #expect(
      prices == [
        Settings.Price(input: 1_000_000, output: 2_000_000, cachedInput: 500_000, reasoning: 3_000_000)
      ])
    #expect(prices.inForce(at: 0) == prices[0] && prices.inForce(at: Self.december) == prices[0])
    #expect(try Self.prices("regions: [eu]").inForce(at: 0) == nil)
  }

  @Test func aPriceTakesOverAtMidnightByUTC() throws {
    let prices = try Self.prices(
      "price: [ { input: 2, output: 2, from: 2026-12-01 }, { input: 1, output: 1, until: 2026-12-01 } ]")
    #expect(prices.map(\.input) == [1_000_000, 2_000_000], "in the order of time")
    #expect(prices.inForce(at: Self.december - 1)?.input == 1_000_000)
    #expect(prices.inForce(at: Self.december)?.input == 2_000_000)
  }

  @Test func beyondItsDaysThereIsNoPrice() throws {
    let prices = try Self.prices("price: { input: 1, output: 2, from: 2026-11-30, until: 2026-12-01 }")
    #expect(prices.inForce(at: Self.december - 86_400_001) == nil)
    #expect(prices.inForce(at: Self.december - 86_400_000) != nil)
    #expect(prices.inForce(at: Self.december - 1) != nil)
    #expect(prices.inForce(at: Self.december) == nil)
  }

  @Test func aRulesCeilingGoesByTheDearestDays() throws {
    let yaml = """
      server: { host: 127.0.0.1 }
      providers: { p: { dialect: openai, base_url: "http://127.0.0.1:9/v1" } }
      deployments:
        d:
          provider: p
          model: x
          price: [ { input: 1, output: 1, until: 2026-12-01 }, { input: 5, output: 1, from: 2026-12-01 } ]
      models: { m: { deployments: [d] } }
      """
    let deployment = try Fixture.load(yaml).deployments[0]
    var filter = Settings.DeploymentFilter()
    filter.maxPrice = Settings.PriceCeiling(input: 4_000_000, output: 4_000_000)
    #expect(filter.flaw(of: deployment) == "costs more than max_price")
    filter.maxPrice = Settings.PriceCeiling(input: 5_000_000, output: 4_000_000)
    #expect(filter.flaw(of: deployment) == nil)
  }

  @Test func missingPricesAreWarnedOfWhereMoneyIsCounted() throws {
    func warnings(_ limit: String, _ price: String, _ last: String = "") throws -> [String] {
      try Fixture.load(
        """
        providers: { p: { dialect: openai, base_url: "http://127.0.0.1:9/v1" } }
        deployments:
          d: { provider: p, model: x, price: { input: 1, output: 1\(last) } }
          e: { provider: p, model: y\(price) }
          unused: { provider: p, model: z }
        models: { m: { deployments: [d, e] } }
        tenants:
          t:
            limits: [{ requests: 5, per: minute }]
            teams: { s: { limits: [{ \(limit): 5, per: day }] } }
            keys: [{ id: k, sha256: \(String(repeating: "0", count: 64)) }]
        """
      ).warnings(now: 1_795_000_000_000).map { "\($0.path): \($0.message)" }
    }
    let budget = try warnings("dollars", "")
    #expect(
      budget.count == 1 && budget[0].contains("tenants.t.teams.s.limits[0]: ") && budget[0].contains("'e';"))
    #expect(try warnings("tokens", "").isEmpty)
    #expect(try warnings("dollars", ", price: { input: 0, output: 0 }").isEmpty)
    let ends = try warnings("tokens", "", ", until: 2027-01-01")
    #expect(ends.count == 1 && ends[0].hasPrefix("deployments.d.price: ends on 2027-01-01"))
    for other in [", from: 2027-12-01", ", until: 2026-11-01"] {
      let none = try warnings("tokens", "", other)
      #expect(none.count == 1 && none[0].hasPrefix("deployments.d.price: none is in force today"))
    }
    #expect(try warnings("tokens", "", ", from: 2026-11-01").isEmpty)
  }
}
