import Testing

@testable import Policy

struct BudgetLevelsTests {
  /// Of a million micro-dollars a day.
  private static func limit(_ steer: Int?, key: String = "sy:{t:a}:budget:key:ci:dollars:day") -> Limit {
    Limit(
      path: "tenants.a.limits[0]", name: "dollars per day of key ci", label: "key-dollars-day",
      measure: .dollars,
      shape: .budget(capacity: 1_000_000, .day, .utc), outage: .share, key: key, steer: steer)
  }

  private static let day: Int64 = 86_400_000

  @Test(arguments: [(Int64(200_001), false), (200_000, true), (0, true), (-5, true), (1_000_000, false)])
  func itSteersFromItsShareOn(left: Int64, steers: Bool) {
    #expect(Self.limit(80).steers(left: left) == steers)
    #expect(!Self.limit(nil).steers(left: left))
  }

  @Test func aGroupKnowsWhichOfItsLimitsSteer() {
    let group = LimitGroup(prefix: "sy:{t:a}", limits: [Self.limit(nil, key: "a"), Self.limit(50, key: "b")])
    #expect(group.steering.map(\.key) == ["b"])
  }

  @Test func theFirstThatIsSpentSteers() {
    var (levels, charges) = (BudgetLevels(), Charges())
    let limits = [Self.limit(90, key: "a"), Self.limit(50, key: "b")]
    let asked = charges.charges(limits, .nothing, now: 0)
    #expect(levels.steering(limits, asked) == nil, "nothing is known")
    levels.note(400_000, of: asked[0])
    levels.note(600_000, of: asked[1])
    #expect(levels.steering(limits, asked) == nil)
    levels.note(400_000, of: asked[1])
    #expect(levels.steering(limits, asked)?.key == "b")
    levels.note(100_000, of: asked[0])
    #expect(levels.steering(limits, asked)?.key == "a")
    levels.note(900_000, of: asked[0])
    #expect(levels.steering(limits, asked)?.key == "b", "something was given back")
  }

  @Test func ofANewWindowNothingIsKnown() {
    var (levels, charges) = (BudgetLevels(), Charges())
    let limits = [Self.limit(50)]
    levels.note(0, of: charges.charges(limits, .nothing, now: Self.day - 1)[0])
    #expect(levels.steering(limits, charges.charges(limits, .nothing, now: Self.day - 1)) != nil)
    #expect(levels.steering(limits, charges.charges(limits, .nothing, now: Self.day)) == nil)
  }
}
