import Testing

@testable import Policy

struct ClassifierFiguresTests {
  @Test func figuresAreThoseByHand() {
    let chances = [
      LabelChances(low: 0.5, medium: 0.25, high: 0.25), LabelChances(low: 0.5, medium: 0.25, high: 0.25),
      LabelChances(low: 0, medium: 0.25, high: 0.75), LabelChances(low: 0, medium: 0.25, high: 0.75),
    ]
    let figures = ClassifierFigures(
      [.low, .medium, .high, .high], predicted: [.low, .low, .high, .high], chances: chances)
    #expect(figures.accuracy == 0.75)
    // −(ln ½ + ln ¼ + 2 ln ¾) / 4
    #expect(abs((figures.logLoss ?? 0) - 0.663_701_4) < 1e-6)
    // In the first bin a half was right, as was said; in the other all, where three quarters were said.
    #expect(abs((figures.calibrationError ?? 1) - 0.125) < 1e-12)
  }

  @Test func aChanceOfZeroCostsMuchAndNotEverything() {
    let sure = LabelChances(low: 1, medium: 0, high: 0)
    let loss = ClassifierFigures([.high], predicted: [.low], chances: [sure]).logLoss ?? 0
    #expect(loss > 20 && loss.isFinite)
  }

  @Test func withoutChancesThereIsOnlyAccuracy() {
    let figures = ClassifierFigures([.high, .low], predicted: [.low, .low])
    #expect(figures.accuracy == 0.5 && figures.logLoss == nil && figures.calibrationError == nil)
  }
}
