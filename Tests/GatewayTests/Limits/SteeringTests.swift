import Coordination
import Policy
import Settings
import Testing

@testable import Gateway

/// Where a budget sends requests that may go to several models.
struct SteeringTests {
  private static let yaml = """
    server: { host: 127.0.0.1 }
    providers:
      lab: { dialect: openai, base_url: "http://a:1/v1" }
    deployments:
      large: { provider: lab, model: l, price: { input: 100, output: 100 } }
      middle: { provider: lab, model: m, price: { input: 10, output: 10 } }
      small: { provider: lab, model: s, price: { input: 1, output: 1 } }
      own: { provider: lab, model: o }
      falling: { provider: lab, model: f, price: [ { input: 50, output: 50, until: 2026-12-01 }, { input: 0, output: 0, from: 2026-12-01 } ] }
    models:
      best: { deployments: [large], fallbacks: [good, quick, mixed] }
      good: { deployments: [middle] }
      quick: { deployments: [small, large] }
      mixed: { deployments: [large, small] }
      alone: { deployments: [large] }
      own: { deployments: [own], fallbacks: [good] }
      future: { deployments: [large], fallbacks: [falling] }
      falling: { deployments: [falling] }

    """
  private static let limit = Limit(
    path: "tenants.a.limits[0]", name: "dollars per day of tenant a", label: "tenant-dollars-day",
    measure: .dollars, shape: .budget(capacity: 1_000_000, .day, .utc), outage: .share, key: "k", steer: 80)
  /// The first millisecond of 1 December 2026, by UTC.
  private static let december: Int64 = 1_796_083_200_000

  /// The name of the model that serves instead of another; nil where that one does as before.
  private func course(
    _ model: String, rules: String = "", rule: Int? = nil, _ allowed: Set<Int>? = nil,
    within permitted: DeploymentSet? = nil, pin: VersionPin? = nil, at now: Int64 = 0
  ) throws -> String? {
    let snapshot = Snapshot(try settings(Self.yaml + rules), epoch: 1, former: nil)
    let position = try #require(snapshot.table.positions[model])
    let ruling = Ruling(model: position, pin: pin, permitted: permitted)
    let steering = snapshot.steering(
      of: ruling, by: Self.limit, rule, RulesUnderTest.facts(model), RulesUnderTest.principal(allowed), [:],
      at: now)
    #expect(steering == nil || steering?.from == position)
    return steering.map { snapshot.models[$0.to].name }
  }

  @Test func theCheapestFallbackServes() throws {
    #expect(try course("best") == "quick", "the first of the cheapest")
    #expect(try course("best", [0, 1]) == "good", "whose key may use no other")
    #expect(try course("best", [0]) == nil)
    #expect(try course("alone") == nil)
    #expect(try course("good") == nil, "it has no fallback")
  }

  @Test func aModelWithACheaperDeploymentKeepsItsRequests() throws {
    #expect(try course("mixed") == "mixed")
    #expect(try course("quick") == "quick")
  }

  @Test func whatMayNotServeIsNoCheaperWay() throws {
    #expect(try course("best", within: DeploymentSet(count: 5) { $0 < 2 }) == "good")
    #expect(try course("best", within: DeploymentSet(count: 5) { $0 == 0 }) == nil)
    #expect(
      try course("mixed", within: DeploymentSet(count: 5) { $0 == 2 }) == nil, "it is the cheapest already")
  }

  @Test func aRulesFallbacksAreTheWays() throws {
    let rules = "routing:\n  rules:\n    - { condition: { team: a }, model: best, fallbacks: [good] }\n"
    #expect(try course("best", rules: rules, rule: 0) == "good")
    let none = "routing:\n  rules:\n    - { condition: { team: a }, model: best, fallbacks: [] }\n"
    #expect(try course("best", rules: none, rule: 0) == nil)
  }

  @Test func whatHasNoPriceIsTheDearest() throws {
    #expect(try course("own") == "good")
  }

  @Test func thePricesOfTheMomentCount() throws {
    #expect(try course("future", at: Self.december - 1) == "falling")
    #expect(try course("falling", at: Self.december) == nil)
    let snapshot = Snapshot(try settings(Self.yaml), epoch: 1, former: nil)
    #expect(snapshot.price(of: 4, at: Self.december - 1)?.input == 50_000_000)
    #expect(snapshot.price(of: 4, at: Self.december)?.input == 0)
  }

  @Test func whoAsksForAVersionGetsIt() throws {
    let snapshot = Snapshot(try settings(Self.yaml), epoch: 1, former: nil)
    let head = try RulesUnderTest.head()
    let (_, pin) = try snapshot.asked(RulesUnderTest.facts("best@1"), head, RulesUnderTest.principal())
    #expect(pin != nil)
    #expect(try course("best", pin: pin) == nil)
  }

  @Test func theModelThatWouldHaveServedComesNext() throws {
    let snapshot = Snapshot(try settings(Self.yaml), epoch: 1, former: nil)
    let steering = Steering(limit: Self.limit, from: 0, to: 2)
    let stages = snapshot.stages(for: 2, rule: nil, RulesUnderTest.principal(), steering)
    #expect(stages.map(\.model) == [2, 0, 1, 3])
    #expect(stages.map(\.fallback) == [0, 1, 2, 3])
    let stays = Steering(limit: Self.limit, from: 3, to: 3)
    #expect(snapshot.stages(for: 3, rule: nil, RulesUnderTest.principal(), stays).map(\.model) == [3])
  }

  @Test func theCheapestDeploymentGoesFirstHoweverTheModelIsBalanced() throws {
    let snapshot = Snapshot(try settings(Self.yaml), epoch: 1, former: nil)
    let view = PoolView(snapshot.pools[3])
    var random = Chance(seed: 4)
    var ask = PoolView.Ask(tokens: (100, 100))
    let free = (0..<40).compactMap { _ in view.choose(ask, random: &random)?.deployment }
    #expect(Set(free) == [0, 2])
    ask.isSteered = true
    let steered = (0..<40).compactMap { _ in view.choose(ask, random: &random)?.deployment }
    #expect(steered == Array(repeating: 2, count: 40))
    ask.spent = AttemptPlan.Spent(permitted: DeploymentSet(count: 5) { $0 == 0 })
    #expect(view.choose(ask, random: &random)?.deployment == 0, "a dearer one rather than none")
  }
}
