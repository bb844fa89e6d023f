import Testing

@testable import Policy

/// What replicas count and what a leader makes of it.
struct RolloutTallyTests {
  private func sample(
    _ arm: EvidenceArm, error: Bool = false, latency: Int64 = 10, firstToken: Int64? = nil, cost: Int64? = nil
  ) -> RolloutTally.Sample {
    var sample = RolloutTally.Sample(arm)
    (sample.isError, sample.latency, sample.firstToken, sample.cost) = (error, latency, firstToken, cost)
    return sample
  }

  private var thresholds: Thresholds {
    var thresholds = Thresholds()
    (thresholds.slow95, thresholds.slow99, thresholds.ttft95) = (100, 200, 50)
    (thresholds.cost90, thresholds.cost99) = (300, 1_000)
    return thresholds
  }

  @Test func eventsAreCountedForTheirArm() throws {
    var tally = RolloutTally()
    tally.add(sample(.canary, latency: 150, firstToken: 51, cost: 301), thresholds)
    tally.add(sample(.canary, error: true), thresholds)
    tally.add(sample(.baseline, latency: 100, firstToken: 50, cost: 300), thresholds)
    let second = StageJudge.Second(tally.words)
    #expect(second.counts[.err] == ArmCounts(canary: .init(2, events: 1), baseline: .init(1)))
    #expect(second.counts[.slow95] == ArmCounts(canary: .init(1, events: 1), baseline: .init(1)))
    #expect(second.counts[.slow99] == ArmCounts(canary: .init(1), baseline: .init(1)))
    #expect(second.counts[.ttft95] == ArmCounts(canary: .init(1, events: 1), baseline: .init(1)))
    #expect(second.counts[.cost90] == ArmCounts(canary: .init(1, events: 1), baseline: .init(1)))
    #expect(second.canaryCosts == Moments(count: 1, sum: 301, squares: 90_601))
  }

  @Test func oneHugeRequestIsClipped() {
    var tally = RolloutTally()
    tally.add(sample(.canary, cost: .max), thresholds)
    tally.add(sample(.canary, cost: -5), thresholds)
    #expect(StageJudge.Second(tally.words).canaryCosts == Moments(count: 2, sum: 1_000, squares: 1_000_000))
  }

  @Test func withoutThresholdsTheBaselineIsMeasured() {
    var tally = RolloutTally()
    for number in 1...100 {
      tally.add(sample(.baseline, latency: Int64(number), firstToken: 7, cost: 40), nil)
      tally.add(sample(.canary, latency: 9_999), nil)
    }
    tally.add(sample(.baseline, error: true, latency: 9_999), nil)
    var sketches = BaselineSketches()
    sketches.add(tally.words)
    #expect(sketches.requests == 100)
    #expect((93...97).contains(sketches.thresholds.slow95 ?? 0))
    #expect(sketches.thresholds.ttft95 == 7)
    #expect((40...41).contains(sketches.thresholds.cost90 ?? 0))
    #expect(
      StageJudge.Second(tally.words).counts[.err]
        == ArmCounts(canary: .init(100), baseline: .init(101, events: 1)))
    #expect(StageJudge.Second(tally.words).counts[.slow95] == ArmCounts())
  }

  @Test func copiesStandBesideWhatTheyAreCopiesOf() {
    var thresholds = thresholds
    thresholds.long95 = 500
    var (copy, other) = (sample(.shadow, latency: 150, cost: 301), sample(.baseline))
    (copy.tokens, copy.isRefusal, copy.isMisshapen) = (501, false, true)
    (other.tokens, other.isRefusal) = (500, true)
    var tally = RolloutTally()
    tally.add(copy, thresholds)
    tally.add(other, thresholds)
    let second = StageJudge.Second(tally.words, of: .shadow)
    #expect(second.counts[.err] == ArmCounts(canary: .init(1), baseline: .init(1)))
    #expect(second.counts[.slow95] == ArmCounts(canary: .init(1, events: 1), baseline: .init(1)))
    #expect(second.counts[.long95] == ArmCounts(canary: .init(1, events: 1), baseline: .init(1)))
    #expect(second.counts[.refusal] == ArmCounts(canary: .init(1), baseline: .init(1, events: 1)))
    #expect(second.counts[.format] == ArmCounts(canary: .init(1, events: 1)))
    #expect(second.canaryCosts.sum == 301)
    #expect(StageJudge.Second(tally.words).counts[.err]?.canary == EventCount(), "it is no canary")
  }

  @Test func lengthsAreMeasuredToo() {
    var (tally, answer) = (RolloutTally(), sample(.baseline))
    answer.tokens = 40
    for _ in 0..<20 { tally.add(answer, nil) }
    var sketches = BaselineSketches()
    sketches.add(tally.words)
    #expect((39...41).contains(sketches.thresholds.long95 ?? 0))
  }

  @Test func gradesAreEventsBelowTheirThreshold() {
    var thresholds = thresholds
    thresholds.lowq10 = 800_000
    var tally = RolloutTally()
    for grade in [.score(799_999), .score(800_000), .down, .up] as [Feedback.Grade] {
      tally.add(grade, .canary, thresholds)
    }
    tally.add(.up, .baseline, thresholds)
    #expect(
      StageJudge.Second(tally.words).counts[.lowq]
        == ArmCounts(canary: .init(4, events: 2), baseline: .init(1)))
  }

  @Test(arguments: [800_000, 1_000_000, 1, 333_333] as [Int64])
  func whatMostGradesOfTheBaselineAreIsNotLow(usual: Int64) throws {
    var (tally, sketches) = (RolloutTally(), BaselineSketches())
    for _ in 0..<95 { tally.add(.score(usual), .baseline, nil) }
    for _ in 0..<5 { tally.add(.down, .baseline, nil) }
    tally.add(.score(1), .canary, nil)
    sketches.add(tally.words)
    let threshold = try #require(sketches.thresholds.lowq10)
    #expect(sketches.grade.count == 100)
    #expect(!Feedback.Grade.score(usual).isLow(threshold))
    #expect(Feedback.Grade.score(Int64(Double(usual) * 0.95)).isLow(threshold))
  }

  @Test func fewGradesHaveNoThresholdAndNothingIsBelowTheWorst() {
    var few = BaselineSketches()
    few.add(["b.grade.zero": 19])
    #expect(few.thresholds.lowq10 == nil)
    few.add(["b.grade.zero": 1])
    #expect(few.thresholds.lowq10 == 0)
  }

  @Test func talliesAddUp() {
    var (one, other) = (RolloutTally(), RolloutTally())
    one.add(sample(.canary), thresholds)
    other.add(sample(.canary, latency: 150), thresholds)
    var both = one
    both += other
    var direct = RolloutTally()
    direct.add(sample(.canary), thresholds)
    direct.add(sample(.canary, latency: 150), thresholds)
    #expect(both == direct)
  }

  @Test func wordsFromElsewhereAreNothing() {
    var sketches = BaselineSketches()
    sketches.add(["b.lat.x": 3, "b.lat.": 3, "b.lat.99999999": 3, "b.lat.zero": -3, "future": 1])
    #expect(sketches == BaselineSketches())
    let second = StageJudge.Second(["c.n": -5, "c.err": 7, "b.n": 3, "b.err": 9])
    #expect(second.counts[.err] == ArmCounts(canary: .init(), baseline: .init(3, events: 3)))
  }
}
