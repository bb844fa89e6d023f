import Testing

@testable import Policy

struct ChargesTests {
  private static func limit(_ measure: Limit.Measure, _ shape: Limit.Shape, key: String) -> Limit {
    Limit(path: "p", name: "n", label: "l", measure: measure, shape: shape, outage: .share, key: key)
  }

  private static let demand = Demand(inputTokens: 30, outputTokens: 12, microdollars: 7)
  /// 2026-11-21 21:30 UTC.
  private static let now: Int64 = 1_795_296_600_000

  @Test(
    arguments: [
      (Limit.Measure.requests, 1), (.tokens, 42), (.inputTokens, 30), (.outputTokens, 12), (.dollars, 7),
    ] as [(Limit.Measure, Int64)])
  func eachMeasureTakesItsPart(measure: Limit.Measure, cost: Int64) {
    var charges = Charges()
    let rule = Bucket.Rule(tokens: 100, window: 60_000)
    let charge = charges.charges([Self.limit(measure, .bucket(rule), key: "k")], Self.demand, now: Self.now)
    #expect(charge == [Charge(key: "k", rule: .bucket(rule), cost: cost)])
  }

  @Test func aBudgetsKeyNamesTheStartOfItsWindow() {
    var charges = Charges()
    let limit = Self.limit(.dollars, .budget(capacity: 5, .day, .utc), key: "sy:{t:a}:budget:dollars:day")
    let today = charges.charges([limit], Self.demand, now: Self.now)[0]
    #expect(today.key == "sy:{t:a}:budget:dollars:day:2026-11-21T00:00Z")
    let tomorrow = charges.charges([limit], Self.demand, now: Self.now + 3 * 3_600_000)[0]
    #expect(
      tomorrow.key == "sy:{t:a}:budget:dollars:day:2026-11-22T00:00Z", "the window isn't remembered too long")
  }

  @Test func anotherZoneIsAnotherWindow() throws {
    var charges = Charges()
    let berlin = try ZoneFixture.zone("Europe/Berlin")
    let keys = [Zone.utc, berlin].map { zone in
      let limit = Self.limit(.dollars, .budget(capacity: 5, .month, zone), key: "k")
      return charges.charges([limit], Self.demand, now: Self.now)[0].key
    }
    #expect(keys == ["k:2026-11-01T00:00Z", "k:2026-10-31T23:00Z"], "as after a reload that changes it")
  }

  @Test func aCostBeyondAllBucketsIsCut() {
    var charges = Charges()
    let rule = Bucket.Rule(tokens: 100, window: 3_600_000)
    let huge = Demand(inputTokens: .max, outputTokens: 0, microdollars: 0)
    let charge = charges.charges([Self.limit(.inputTokens, .bucket(rule), key: "k")], huge, now: Self.now)[0]
    #expect(charge.cost == Bucket.Rule.maximumUnits / 3_600_000)
  }
}
