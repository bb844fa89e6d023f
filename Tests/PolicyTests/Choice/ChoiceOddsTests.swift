import Testing

@testable import Policy

struct ChoiceOddsTests {
  private func weights(_ values: Double...) -> SIMD8<Double> {
    var weights = SIMD8<Double>.zero
    for (arm, value) in values.enumerated() { weights[arm] = value }
    return weights
  }

  @Test func withoutDecidingItGoesByWeight() throws {
    let odds = try #require(ChoiceOdds(weights: weights(3, 1), explore: 0.1))
    #expect(abs(odds.shares[0] - (0.9 * 0.75 + 0.05)) < 1e-12)
    #expect(abs(odds.shares.sum() - 1) < 1e-12)
    #expect(ChoiceOdds(weights: .zero, explore: 0.1) == nil)
  }

  private let features = ChoiceFeatures(RequestFacts(surface: .completions))

  /// By arm: what each is worth for such a request.
  private func model(_ worths: Double...) -> ChoiceModel {
    var sums = ChoiceSums(arms: worths.count)
    for (arm, worth) in worths.enumerated() {
      for _ in 0..<200 { sums.add(worth, of: arm, for: features) }
    }
    return ChoiceModel(sums)
  }

  @Test func theBestHasAllButWhatIsExplored() throws {
    let odds = try #require(
      ChoiceOdds(by: model(0.2, 0.9, 0.5), for: features, weights: weights(3, 1, 7), explore: 0.06))
    #expect(abs(odds.shares[1] - 0.96) < 1e-12)
    #expect(abs(odds.shares[0] - 0.02) < 1e-12 && abs(odds.shares[2] - 0.02) < 1e-12)
  }

  /// What has just come back takes some of what it would; the next best has the rest, and the first what nobody takes.
  @Test func whatStartsSlowlyLeavesSomeToTheNext() throws {
    let (model, all) = (model(0.9, 0.5, 0.1), weights(1, 1, 1))
    let cases: [(parts: SIMD8<Double>, expected: [Double])] = [
      (weights(1, 1, 1), [1, 0, 0]), (weights(0.1, 1, 1), [0.1, 0.9, 0]),
      (weights(0.1, 0.5, 1), [0.1, 0.45, 0.45]), (weights(0.5, 0.5, 0), [0.75, 0.25, 0]),
    ]
    for (parts, expected) in cases {
      let odds = try #require(
        ChoiceOdds(by: model, for: features, weights: all, parts: parts, explore: 0.1))
      for (arm, share) in expected.enumerated() {
        #expect(abs(odds.shares[arm] - (0.9 * share + 0.1 / 3)) < 1e-9, "\(parts): \(odds.shares)")
      }
    }
    #expect(ChoiceOdds(by: model, for: features, weights: .zero, explore: 0.1) == nil)
  }

  /// The floor: explore / number, however small a weight is.
  @Test func noneThatMayBeChosenFallsBelowTheFloor() throws {
    let odds = try #require(ChoiceOdds(weights: weights(1e9, 1e-9, 0, 1), explore: 0.03))
    for arm in [0, 1, 3] { #expect(odds.shares[arm] >= 0.01 - 1e-12) }
    #expect(odds.shares[2] == 0)
    #expect(odds.least(of: 2) >= 0.01 - 1e-12)
    #expect(odds.least(of: 4) == 0)
  }

  @Test func drawsFollowTheShares() throws {
    let odds = try #require(
      ChoiceOdds(
        by: model(0.2, 0.9, 0.8, 0.1), for: features, weights: weights(1, 0, 1, 1), explore: 0.3))
    var (chance, counts) = (Chance(seed: 5), [Int](repeating: 0, count: 8))
    for _ in 0..<20_000 { counts[odds.draw(&chance)] += 1 }
    #expect(counts[1] == 0 && counts[4...].allSatisfy { $0 == 0 })
    #expect(abs(Double(counts[2]) / 20_000 - 0.8) < 0.015)
    #expect(abs(Double(counts[0]) / 20_000 - 0.1) < 0.015)
  }
}
