import Testing

@testable import Policy

/// What comes seldom is compared all the same.
struct GatheredCountsTests {
  private let canary = ArmCounts(canary: EventCount(1))
  private let baseline = ArmCounts(baseline: EventCount(2, events: 1))

  @Test func countsWaitForThoseOfTheOtherArm() {
    var gathered = GatheredCounts()
    #expect(gathered.take(ArmCounts()) == nil && gathered == GatheredCounts())
    #expect(gathered.take(canary) == nil && gathered.take(canary) == nil)
    #expect(GatheredCounts(text: gathered.text) == gathered && gathered.text == "2 2 0 0 0")
    let both = ArmCounts(canary: EventCount(2), baseline: EventCount(2, events: 1))
    #expect(gathered.take(baseline) == both)
    #expect(gathered == GatheredCounts())
  }

  @Test func whatWaitsForTooLongIsForgotten() {
    var gathered = GatheredCounts()
    #expect(gathered.take(canary) == nil)
    for _ in 1..<GatheredCounts.longest { #expect(gathered.take(ArmCounts()) == nil) }
    #expect(gathered.take(baseline) == nil, "the other arm's is older than a minute")
    #expect(gathered.take(canary) == ArmCounts(canary: EventCount(1), baseline: EventCount(2, events: 1)))
  }

  @Test(arguments: ["", "1 2 3", "61 0 0 0 0", "-1 0 0 0 0", "1 x 0 0 0", "1 2 0 0 0 0"])
  func whatNobodyWroteIsNotRead(text: String) { #expect(GatheredCounts(text: text) == nil) }

  @Test func gradesOfDifferentSecondsRollBack() throws {
    var rule = PromotionRule()
    rule.metrics = [.lowq: .init(passRatio: 1.5)]
    var judge = StageJudge(rule)
    for _ in 0..<100 {
      for counts in [ArmCounts(canary: EventCount(1, events: 1)), ArmCounts(baseline: EventCount(4))] {
        judge.fold(.init([.lowq: counts]))
        judge = try #require(StageJudge(rule, fields: judge.fields), "another leader goes on")
      }
    }
    #expect(judge.verdict(elapsed: .zero) == .rollBack(.metric(.lowq)))
  }
}
