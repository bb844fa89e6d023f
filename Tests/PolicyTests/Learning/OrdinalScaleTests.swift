import Testing

@testable import Policy

/// Chances of margins that say too much.
struct OrdinalScaleTests {
  private static let truth = OrdinalCuts(medium: -1, high: 1)

  /// Margins three times as large as they should be and off by two, with labels dealt by the chances of the right ones.
  private static func pairs(_ count: Int, seed: UInt64) -> [(margin: Double, label: ComplexityLabel)] {
    var chance = Chance(seed: seed)
    func unit() -> Double { Double(chance.below(1_000_000)) / 1_000_000 }
    return (0..<count).map { _ in
      let margin = 6 * unit() - 3
      let chances = truth.chances(at: margin)
      let die = unit()
      let label: ComplexityLabel = die < chances.low ? .low : die < 1 - chances.high ? .medium : .high
      return (margin: 3 * margin + 2, label: label)
    }
  }

  private static let scale = OrdinalScale.fitted(to: pairs(1_000, seed: 1))

  private static func logLoss(
    _ pairs: [(margin: Double, label: ComplexityLabel)], _ chances: (Double) -> LabelChances
  ) -> Double {
    pairs.reduce(0) { $0 - Elementary.log(chances($1.margin)[$1.label]) } / Double(pairs.count)
  }

  @Test func calibrationMakesTheLogLossOfOtherMarginsSmaller() {
    let scale = Self.scale
    let others = Self.pairs(2_000, seed: 2)
    let before = Self.logLoss(others) { Self.truth.chances(at: $0) }
    let after = Self.logLoss(others) { scale.chances(at: $0) }
    let best = Self.logLoss(others) { Self.truth.chances(at: ($0 - 2) / 3) }
    #expect(after < before - 0.1)
    #expect(after < best + 0.005)
  }

  @Test func whatWasDoneToMarginsIsUndone() {
    let scale = Self.scale
    #expect(abs(scale.slope - 1.0 / 3) < 0.02)
    // ±1 on the right scale is 3 · (±1) + 2 on that of the margins.
    #expect(abs(scale.cuts.medium / scale.slope + 1) < 0.3)
    #expect(abs(scale.cuts.high / scale.slope - 5) < 0.3)
  }

  @Test func noOrderIsTurnedRound() {
    let turned = Self.pairs(300, seed: 4).map { (margin: -$0.margin, label: $0.label) }
    #expect(OrdinalScale.fitted(to: turned).slope == 0)
  }

  @Test func whatIsPartedWithoutAnErrorIsNoCertainty() {
    let pairs: [(margin: Double, label: ComplexityLabel)] = (0..<30).map {
      (margin: Double($0), label: $0 < 10 ? .low : $0 < 20 ? .medium : .high)
    }
    let scale = OrdinalScale.fitted(to: pairs)
    #expect(scale.chances(at: 9)[.low] < 0.99 && scale.chances(at: 0)[.low] > 0.9)
    #expect(scale.cuts.medium < scale.cuts.high)
  }

  @Test func noMarginsAndEqualMarginsAreNoTrap() {
    #expect(abs(OrdinalScale.fitted(to: []).chances(at: 0).score - 0.5) < 1e-9)
    let same = OrdinalScale.fitted(to: [(margin: 4, label: .low), (margin: 4, label: .high)])
    #expect(abs(same.chances(at: 4).score - 0.5) < 1e-9)
  }
}
