import Testing

@testable import Policy

/// Two regressions that share their margin.
struct OrdinalCutsTests {
  private static let cuts = OrdinalCuts(medium: -0.7, high: 1.3)

  @Test(arguments: [-30.0, -2.5, -0.7, 0, 0.4, 1.3, 7, 30], ComplexityLabel.allCases)
  func slopesAreThoseOfTheLoss(margin: Double, label: ComplexityLabel) {
    let step = 1e-5
    func loss(_ margin: Double, _ medium: Double, _ high: Double) -> Double {
      OrdinalCuts(medium: medium, high: high).loss(at: margin, of: label)
    }
    let (medium, high) = (Self.cuts.medium, Self.cuts.high)
    let slopes = Self.cuts.slopes(at: margin, of: label)
    let byMargin = (loss(margin + step, medium, high) - loss(margin - step, medium, high)) / (2 * step)
    let byMedium = (loss(margin, medium + step, high) - loss(margin, medium - step, high)) / (2 * step)
    let byHigh = (loss(margin, medium, high + step) - loss(margin, medium, high - step)) / (2 * step)
    #expect(abs(slopes.medium + slopes.high - byMargin) < 1e-8)
    #expect(abs(slopes.medium + byMedium) < 1e-8)
    #expect(abs(slopes.high + byHigh) < 1e-8)
  }

  @Test(arguments: [-800.0, -3, 0, 3, 800])
  func chancesAddUpToOne(margin: Double) {
    let chances = Self.cuts.chances(at: margin)
    #expect(abs(chances.low + chances.medium + chances.high - 1) < 1e-12)
    #expect(ComplexityLabel.allCases.allSatisfy { (0...1).contains(chances[$0]) })
    #expect((0...1).contains(chances.score))
  }

  @Test func scoresGrowWithTheMargin() {
    let scores = stride(from: -8.0, through: 8, by: 0.25).map { Self.cuts.chances(at: $0).score }
    #expect(zip(scores, scores.dropFirst()).allSatisfy { $0 < $1 })
    #expect(ComplexityLabel(score: scores[0]) == .low)
    #expect(ComplexityLabel(score: scores[scores.count - 1]) == .high)
    #expect(ComplexityLabel(score: 0.3) == .medium && ComplexityLabel(score: 0.7) == .high)
  }
}
