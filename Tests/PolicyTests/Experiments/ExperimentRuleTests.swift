import Testing

@testable import Policy

struct ExperimentRuleTests {
  private func arm(_ sessions: Int64, _ good: Double, share: Int = 5_000) throws -> ExperimentArm {
    ExperimentArm(
      share: try #require(Weight(hundredths: share)), sessions: sessions,
      outcomes: Moments(count: Double(sessions), sum: good, squares: good))
  }

  @Test func nothingIsSaidBeforeTenThousandSessionsOfEachArm() throws {
    let result = ExperimentRule().judge([try arm(9_999, 1_000), try arm(10_001, 3_000)])
    #expect(result.verdict == .gathering && result.missing == [1, 0])
    #expect(
      ExperimentRule().judge([try arm(10_000, 1_000), try arm(10_001, 3_000)]).verdict == .valid([.higher]))
  }

  @Test func eachArmIsComparedWithTheFirst() throws {
    let arms = [
      try arm(20_000, 4_000), try arm(20_000, 3_000), try arm(20_000, 4_040), try arm(20_000, 5_000),
    ]
    let result = ExperimentRule().judge(arms)
    #expect(result.verdict == .valid([.lower, .undecided, .higher]))
    #expect(result.comparisons.map(\.difference).map { ($0 * 1_000).rounded() } == [-50, 2, 50])
    // Three comparisons share what one would have: their intervals are wider.
    let one = ExperimentRule().judge(Array(arms[...1])).comparisons[0]
    #expect(one.margin < result.comparisons[0].margin)
  }

  @Test func armsThatAreNotSharedOutAsTheyShouldAreInvalid() throws {
    // (400)²/10,400 twice: χ² = 30.8, and with the prior's share of it e^(14.7 − 1.5).
    let uneven = ExperimentRule().judge([try arm(10_000, 1_000), try arm(10_800, 3_000)])
    #expect(uneven.verdict == .invalid && uneven.balance < 1e-5)
    // As it should be, where the second arm is to have more.
    let fair = ExperimentRule().judge([
      try arm(10_000, 1_000, share: 2_000), try arm(30_100, 3_010, share: 6_000),
    ])
    #expect(fair.verdict == .valid([.undecided]))
    // Invalid even while there are too few.
    #expect(ExperimentRule().judge([try arm(100, 10), try arm(300, 30)]).verdict == .invalid)
  }

  @Test func armsWithoutOutcomesSayNothing() throws {
    let empty = ExperimentArm(share: .all, sessions: 0, outcomes: Moments())
    let result = ExperimentRule().judge([empty, empty])
    #expect(result.verdict == .gathering && result.comparisons[0].margin == .infinity)
    var rule = ExperimentRule()
    rule.leastSessions = 0
    #expect(rule.judge([empty, empty]).verdict == .valid([.undecided]))
    #expect(rule.judge([try arm(500, 500), try arm(500, 500)]).verdict == .valid([.undecided]))
  }

  @Test func allAgainstNoneIsADifference() throws {
    #expect(
      ExperimentRule().judge([try arm(10_000, 0), try arm(10_000, 10_000)]).verdict == .valid([.higher]))
  }
}
