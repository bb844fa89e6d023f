import Dialects
import Policy
import Settings
import Testing

@testable import Gateway

/// What trying a version will probably cost.
struct RolloutEstimateTests {
  /// 14,400 requests a day, of 1,000 tokens in and 100 out, for a tenth of a cent each.
  private var traffic: ModelTraffic? {
    ModelTraffic([["m.n": 10, "m.in": 10_000, "m.out": 1_000, "m.cost": 10_000]])
  }

  private func rollout(sample: Int, budget: Int?) -> Settings.Rollout {
    var rollout = Settings.Rollout()
    (rollout.shadow, rollout.steps) = (.init(sample: sample, budget: budget), [100, 2_500])
    return rollout
  }

  /// In hundredths of a dollar per million tokens.
  private func price(_ input: Int, _ output: Int) -> Settings.Price {
    Settings.Price(input: input * 10_000, output: output * 10_000)
  }

  @Test func fullCopiesOfAnEqualPricedModelDoubleTheCost() throws {
    // 1,000 tokens at half a dollar and 100 at five: a tenth of a cent.
    let estimate = try #require(
      RolloutEstimate(traffic, price: price(50, 500), rollout(sample: 10_000, budget: nil)))
    #expect(estimate.requestsPerDay == 14_400 && estimate.cost == 1_000 && estimate.candidateCost == 1_000)
    #expect(estimate.asItIs == 14_400_000 && estimate.copies == 14_400_000 && estimate.canary == 14_400_000)
  }

  @Test func aShareAndAnotherPriceCount() throws {
    // Twenty dollars a million: 2.2 cents.
    let estimate = try #require(
      RolloutEstimate(traffic, price: price(2_000, 2_000), rollout(sample: 1_000, budget: 20_000_000)))
    #expect(estimate.candidateCost == 22_000 && estimate.copies == 31_680_000)
    #expect(estimate.canary == 14_400_000 * 0.75 + 316_800_000 * 0.25)
    let lines = estimate.text.split(separator: "\n")
    #expect(lines.count == 3 && lines[0].contains("14400 requests a day, $14.4 a day"))
    #expect(lines[1].contains("copies of 10 %: $31.68 a day more, of which the budget allows $20.0"))
    #expect(estimate.json.text.contains("\"copies_dollars_a_day\": 31.68"))
  }

  @Test func aJudgeReadsTheRequestAndBothAnswers() throws {
    var rollout = rollout(sample: 1_000, budget: nil)
    rollout.shadow.judge = Settings.Judge(model: "big", sample: 5_000)
    // Half of the copies, each 1,450 tokens in and 10 out, at a dollar a million.
    let estimate = try #require(
      RolloutEstimate(traffic, price: price(2_000, 2_000), judge: price(100, 100), rollout))
    #expect(abs(estimate.judging - 730) < 1e-6)
    #expect(estimate.text.contains("copies of 10 %, with their judge: $32.73 a day more"))
    let unpriced = try #require(RolloutEstimate(traffic, price: price(2_000, 2_000), rollout))
    #expect(unpriced.judging == 0 && unpriced.text.contains("copies of 10 %: $31.68 a day more"))
  }

  @Test func whatIsNotKnownIsNotSaid() throws {
    #expect(RolloutEstimate(nil, price: nil, rollout(sample: 0, budget: nil)) == nil)
    let unpriced = try #require(RolloutEstimate(traffic, price: nil, rollout(sample: 1_000, budget: 1)))
    #expect(unpriced.copies == nil && unpriced.text.contains("has no price"))
    let direct = try #require(
      RolloutEstimate(traffic, price: price(100, 100), rollout(sample: 0, budget: nil)))
    #expect(!direct.text.contains("copies") && direct.text.contains("canary at 25 %"))
  }

  @Test func trafficIsTakenOnceAndGivenBack() {
    let traffic = Traffic()
    traffic.add(Usage(input: 5, output: 2), cost: 9)
    traffic.add(nil, cost: 0)
    let taken = traffic.take()
    #expect(taken == .init(requests: 2, inputTokens: 5, outputTokens: 2, cost: 9))
    #expect(traffic.take() == .init())
    traffic.add(taken)
    #expect(traffic.take() == taken)
  }
}
