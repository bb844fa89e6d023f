import Testing

@testable import Policy

struct ChanceExponentialTests {
  /// Against values known to 16 digits.
  @Test(arguments: [
    (1.0, 0.0), (2.0, 0.693_147_180_559_945_3), (0.5, -0.693_147_180_559_945_3),
    (10.0, 2.302_585_092_994_046),
    (1e-9, -20.723_265_836_946_41), (0x1p-53, -36.736_800_569_677_1), (0.707, -0.34672461308556435),
    (0.708, -0.34531118528841737), (3.0, 1.098_612_288_668_109_7),
  ])
  func theLogarithmIsRight(_ value: Double, _ expected: Double) {
    #expect(abs(Chance.logarithm(value) - expected) <= 1e-13 * max(1, abs(expected)))
  }

  @Test func itIsNeverNegativeAndOneInTheMean() {
    var chance = Chance(seed: 3)
    let numbers = (0..<50_000).map { _ in chance.exponential() }
    #expect(numbers.allSatisfy { $0 >= 0 && $0 < 37 })
    #expect(abs(numbers.reduce(0, +) / 50_000 - 1) < 0.03)
  }
}
