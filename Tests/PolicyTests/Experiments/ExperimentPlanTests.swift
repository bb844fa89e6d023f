import Testing

@testable import Policy

struct ExperimentPlanTests {
  private func plan(
    layer: String = "l", offset: Int = 0, version: Int? = nil, share: Int = 5_000, goal: String = "error",
    least: Int = 100
  ) throws -> ExperimentPlan {
    let share = try #require(Weight(hundredths: share))
    return ExperimentPlan(
      name: "x", model: "a", layer: layer, offset: offset,
      arms: [
        .init(name: "one", model: "a", share: share),
        .init(name: "two", model: "b", version: version, share: share),
      ], goal: ExperimentMetric(goal: goal), outcomes: ["bought"], leastSessions: least)
  }

  @Test func anEditionIsOfWhoIsGivenWhat() throws {
    let edition = try plan().edition
    #expect(edition.utf8.count == 16)
    #expect(try plan(goal: "cost", least: 7).edition == edition)
    let others = [
      try plan(layer: "m"), try plan(offset: 1), try plan(version: 3), try plan(share: 4_999),
    ].map(\.edition)
    #expect(Set(others + [edition]).count == 5)
  }

  @Test func goalsAreMeasuredOrOutcomes() throws {
    #expect(try plan(goal: "latency").goal == .latency)
    #expect(try plan(goal: "bought").goal == .outcome("bought"))
    #expect(try plan().metrics == [.error, .latency, .cost, .score, .outcome("bought")])
  }

  @Test func aSessionHasOneValue() {
    let examples: [(kind: ExperimentMetric.Kind, count: Int64, sum: Int64, value: Int64?)] = [
      (.any, 3, 0, 0), (.any, 3, 2, 1), (.mean, 3, 10, 3), (.mean, 2, 5, 3), (.mean, 1, 1 << 40, 90_000_000),
      (.sum, 3, 10, 10), (.sum, 1, 100_000_000, 90_000_000), (.any, 0, 5, nil), (.mean, 0, 0, nil),
    ]
    for (kind, count, sum, value) in examples {
      #expect(kind.value(count: count, sum: sum) == value, "\(kind) of \(count) and \(sum)")
    }
  }

  @Test func armsBehindOthersOfTheLayerBeginWhereThoseEnd() throws {
    let shares = try [1_000, 2_000].map { try #require(Weight(hundredths: $0)) }
    let arms = try #require(ExperimentArms(shares))
    let places: [Double] = [0, 0.3999, 0.4, 0.4999, 0.5, 0.6999, 0.7001, 0.9999]
    let dealt = places.map { arms.arm(hash: UInt64($0 * 18_446_744_073_709_551_615.0), from: 4_000) }
    #expect(dealt == [nil, nil, 0, 0, 1, 1, nil, nil])
  }
}
