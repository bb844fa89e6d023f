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

  @Test func theBestHasAllButWhatIsExplored() {
    let odds = ChoiceOdds(best: 1, weights: weights(3, 1, 7), explore: 0.06)
    #expect(abs(odds.shares[1] - 0.96) < 1e-12)
    #expect(abs(odds.shares[0] - 0.02) < 1e-12 && abs(odds.shares[2] - 0.02) < 1e-12)
  }

  /// The floor: explore / number, however small a weight is.
  @Test func noneThatMayBeChosenFallsBelowTheFloor() throws {
    let odds = try #require(ChoiceOdds(weights: weights(1e9, 1e-9, 0, 1), explore: 0.03))
    for arm in [0, 1, 3] { #expect(odds.shares[arm] >= 0.01 - 1e-12) }
    #expect(odds.shares[2] == 0)
    #expect(odds.least(of: 2) >= 0.01 - 1e-12)
    #expect(odds.least(of: 4) == 0)
  }

  @Test func drawsFollowTheShares() {
    let odds = ChoiceOdds(best: 2, weights: weights(1, 0, 1, 1), explore: 0.3)
    var (chance, counts) = (Chance(seed: 5), [Int](repeating: 0, count: 8))
    for _ in 0..<20_000 { counts[odds.draw(&chance)] += 1 }
    #expect(counts[1] == 0 && counts[4...].allSatisfy { $0 == 0 })
    #expect(abs(Double(counts[2]) / 20_000 - 0.8) < 0.015)
    #expect(abs(Double(counts[0]) / 20_000 - 0.1) < 0.015)
  }
}
