import Testing

@testable import Policy

struct ExperimentReportTests {
  private func plan(goal: String = "error", least: Int = 100) throws -> ExperimentPlan {
    let half = try #require(Weight(hundredths: 5_000))
    return ExperimentPlan(
      name: "x", model: "a", layer: "x",
      arms: [.init(name: "one", model: "a", share: half), .init(name: "two", model: "b", share: half)],
      goal: ExperimentMetric(goal: goal), outcomes: ["bought"], leastSessions: least)
  }

  private func fields(_ sessions: (Int, Int), errors: (Int, Int)) -> [String: String] {
    [
      "sessions": "\(sessions.0 + sessions.1)", "0.n": "\(sessions.0)", "1.n": "\(sessions.1)",
      "0.error.n": "\(sessions.0)", "1.error.n": "\(sessions.1)", "0.error.s": "\(errors.0)",
      "1.error.s": "\(errors.1)", "0.error.ql": "\(errors.0)", "1.error.ql": "\(errors.1)", "0.error.qh": "0",
    ]
  }

  @Test func theGoalIsJudgedAndComesFirst() throws {
    let report = ExperimentReport(try plan(), fields: fields((20_000, 20_100), errors: (2_000, 1_000)))
    #expect(report.goal.verdict == .valid([.lower]) && report.goal.verdict.word == "decided")
    #expect(report.metrics.map(\.metric) == [.error, .latency, .cost, .score, .outcome("bought")])
    #expect(report.sessions == [20_000, 20_100] && report.missing == [0, 0])
    #expect(abs(report.metrics[0].outcomes[0].mean - 0.1) < 1e-9)
    // Nobody has a latency: its arms say nothing, and the verdict is not about it.
    #expect(report.metrics[1].result.verdict == .gathering)
  }

  @Test func beforeThereAreEnoughThereIsNoVerdict() throws {
    let report = ExperimentReport(
      try plan(least: 10_000), fields: fields((9_990, 10_010), errors: (5_000, 1_000)))
    #expect(report.goal.verdict == .gathering && report.missing == [10, 0])
    #expect(ExperimentReport(try plan(), fields: [:]).goal.verdict.word == "gathering")
  }

  @Test func armsThatLoseSessionsAreInvalid() throws {
    let report = ExperimentReport(try plan(), fields: fields((20_000, 21_000), errors: (2_000, 1_000)))
    #expect(report.goal.verdict == .invalid && report.goal.balance < 0.001)
  }

  @Test func whoTellsNothingHasZero() throws {
    var fields = fields((1_000, 1_000), errors: (0, 0))
    for (name, value) in ["0.o:bought.n": "10", "0.o:bought.s": "10000", "0.o:bought.ql": "10000000"] {
      fields[name] = value
    }
    let report = ExperimentReport(try plan(goal: "bought"), fields: fields)
    #expect(report.metrics[0].outcomes.map(\.count) == [1_000, 1_000])
    // Ten sessions of a thousand that told 1.
    #expect(abs(report.metrics[0].outcomes[0].mean * report.plan.goal.scale - 0.01) < 1e-9)
  }

  @Test func squaresOfTwoPartsAreOne() throws {
    let fields = [
      "0.n": "2", "0.cost.n": "2", "0.cost.s": "180000000", "0.cost.qh": "16200000", "0.cost.ql": "0",
    ]
    let report = ExperimentReport(try plan(goal: "cost"), fields: fields)
    #expect(report.metrics[0].outcomes[0].variance == 0 && report.metrics[0].outcomes[0].mean == 90_000_000)
  }
}
