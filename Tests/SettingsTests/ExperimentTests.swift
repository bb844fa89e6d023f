import Policy
import Settings
import Testing

/// What is compared.
struct ExperimentTests {
  private static let models = "m: { deployments: [d] }, n: { deployments: [d] }, o: { deployments: [d] }"

  private func load(_ experiments: String) throws -> Settings {
    try Fixture.load(
      LoadTests.minimal(models: Self.models) + "routing: { experiments: { \(experiments) } }\n")
  }

  @Test func twoModelsAreAnExperiment() throws {
    let settings = try load("x: { control: m, treatment: n, percentage: 12.5% }")
    #expect(settings.unbuilt.isEmpty)
    let plan = try #require(settings.experimentPlans.first)
    #expect(plan.model == "m" && plan.layer == "x" && plan.offset == 0 && plan.leastSessions == 10_000)
    #expect(plan.arms.map(\.name) == ["m", "n"] && plan.arms.map(\.share.hundredths) == [8_750, 1_250])
    #expect(plan.goal == .error && plan.outcomes == [])
  }

  @Test func armsAreVersionsAndModelsUnderNamesOfTheirOwn() throws {
    let settings = try load(
      """
      x: { model: o, goal: bought, outcomes: [bought], min_sessions: 50, arms: [
        { model: m, version: 3, percentage: 10 }, { name: new, model: n, percentage: 5 } ] }
      """)
    let plan = try #require(settings.experimentPlans.first)
    #expect(plan.model == "o" && plan.arms.map(\.name) == ["m@3", "new"])
    #expect(
      plan.arms.map(\.version) == [3, nil] && plan.goal == .outcome("bought") && plan.leastSessions == 50)
  }

  @Test func experimentsOfALayerFollowOneAnother() throws {
    let arms = "arms: [{ model: m, percentage: 20 }, { model: n, percentage: 20 }]"
    let settings = try load("a: { layer: l, \(arms) }, b: { layer: l, \(arms) }, c: { model: o, \(arms) }")
    #expect(settings.experimentPlans.map(\.offset) == [0, 4_000, 0])
    #expect(settings.experimentPlans.map(\.layer) == ["l", "l", "c"])
    #expect(Set(settings.experimentPlans.map(\.edition)).count == 3)
  }

  @Test func theyArePrintedAndReadAgain() throws {
    for text in [
      "x: { control: m, treatment: n, percentage: 10 }",
      "x: { arms: [{ name: a, model: m, version: 3, percentage: 10 }, { model: n, percentage: 5 }], layer: l }",
    ] {
      let settings = try load(text)
      #expect(try Fixture.load(settings.printed()).routing == settings.routing)
    }
  }
}
