import Settings
import Testing

@testable import Gateway

struct PairPlanTests {
  private func plan(hourly: (small: Double, large: Double) = (0, 0)) throws -> PairPlan {
    let settings = try ReplayUnderTest.settings()
    let chat = try #require(settings.models.first { $0.name == "chat" })
    let big = try #require(settings.models.first { $0.name == "big" })
    var (small, large) = (
      try #require(PairPlan.Side(chat, in: settings)), try #require(PairPlan.Side(big, in: settings))
    )
    (small.hourly, large.hourly) = (hourly.small, hourly.large)
    return PairPlan(
      small: small, large: large, rate: 1, easy: .init(input: 100, output: 0),
      hard: .init(input: 200, output: 100))
  }

  @Test func anHourCostsItsRequests() throws {
    let row = try plan().row(0.5)
    #expect(row.small == 1_800 * (100 + 400))
    #expect(row.large == 1_800 * 100 * (100 + 400))
    #expect(row.routed == 1_800 * (100 + 40_000))
    #expect(row.escalated == 1_800 * (100 + 400 + 40_000))
  }

  @Test func byPricesAloneRoutingPaysAtAnyShare() throws {
    #expect(try plan().range(where: \.routed, isBelow: \.large) == 0...1)
    // An easy request saves 99 × 100, a hard one costs 400 more.
    let even = try #require(try plan().range(where: \.escalated, isBelow: \.large))
    #expect(even.lowerBound == 0 && abs(even.upperBound - 9_900 / (9_900 + 400)) < 1e-9)
    #expect(try plan().range(where: \.routed, isBelow: \.small) == nil)
  }

  @Test func whatTheSmallModelCostsWhileItWaitsDecides() throws {
    let half = 3_600.0 * 9_900 / 2
    let even = try #require(try plan(hourly: (half, 0)).range(where: \.routed, isBelow: \.large))
    #expect(abs(even.upperBound - 0.5) < 1e-9)
    #expect(try plan(hourly: (half * 3, 0)).range(where: \.routed, isBelow: \.large) == nil)
  }

  @Test func aLargeModelPaysWhereWrongAnswersAreDear() throws {
    var dear = try plan(hourly: (0, 3_600 * 1_000))
    dear.wrong = 49_600
    let range = try #require(dear.range(where: \.routed, isBelow: \.small))
    // A hard request saves 400 + 49,600 and costs 40,000.
    #expect(abs(range.lowerBound - 0.1) < 1e-9 && range.upperBound == 1)
  }

  @Test func withoutAPriceThereIsNoPlan() throws {
    let settings = try ReplayUnderTest.settings()
    let own = try #require(settings.models.first { $0.name == "own" })
    #expect(PairPlan.Side(own, in: settings) == nil)
  }
}
