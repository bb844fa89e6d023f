import Testing

@testable import Policy

struct ChiSquareTests {
  /// Against published critical values, and a few far out.
  @Test(arguments: [
    (3.841_458_820_694_124, 1, 0.05), (10.827_566_170_662_733, 1, 0.001), (0.015_790_774_093_431_2, 1, 0.9),
    (5.991_464_547_107_979, 2, 0.05), (7.814_727_903_251_179, 3, 0.05), (13.815_510_557_964_274, 2, 0.001),
    (18.307_038_053_275_146, 10, 0.05), (29.588_298_445_074_42, 10, 0.001),
    (124.342_113_404_004_1, 100, 0.05),
  ])
  func theTailIsThatOfTheTables(_ x: Double, _ degrees: Int, _ expected: Double) {
    let tail = ChiSquare.tail(x, degrees: degrees)
    #expect(abs(tail / expected - 1) < 1e-10, "\(tail)")
  }

  /// erfc 3 and erfc 1 from tables.
  @Test func theComplementOfTheErrorFunctionIsRightOnBothSidesOfTwo() {
    #expect(abs(ChiSquare.complementOfErrorFunction(1) - 0.157_299_207_050_285_13) < 1e-15)
    #expect(abs(ChiSquare.complementOfErrorFunction(3) / 2.209_049_699_858_544e-5 - 1) < 1e-12)
    #expect(ChiSquare.complementOfErrorFunction(0) == 1 && ChiSquare.complementOfErrorFunction(40) == 0)
    let gap =
      ChiSquare.complementOfErrorFunction(2.000_000_1) - ChiSquare.complementOfErrorFunction(1.999_999_9)
    #expect(abs(gap / -4.133_4e-9 - 1) < 1e-3)
  }

  @Test func countsAsTheirSharesSayAreLikely() {
    #expect(ChiSquare.probability([500, 500], shares: [1, 1]) == 1)
    // (550 − 500)²/500 twice is 10.
    #expect(abs(ChiSquare.statistic([550, 450], shares: [50, 50]) - 10) < 1e-12)
    #expect(ChiSquare.probability([0, 0], shares: [1, 1]) == 1)
    #expect(ChiSquare.tail(1e9, degrees: 3) == 0)
  }
}

struct MeanTestTests {
  /// Λ = √(V/(V + τ²)) · exp(τ²d²/(2V(V + τ²))) with V = 1, τ = 2, d = 3.
  @Test func evidenceIsThatOfTheFormula() {
    let test = MeanTest(difference: 3, variance: 1, spread: 2)
    #expect(abs(test.logEvidence - (-0.804_718_956_217_050_2 + 36.0 / 10)) < 1e-12)
    #expect(test.logEvidenceAbove == test.logEvidence)
    #expect(MeanTest(difference: -3, variance: 1, spread: 2).logEvidenceAbove == -.infinity)
  }

  @Test func theIntervalEndsWhereTheEvidenceDoes() {
    for (variance, spread) in [(1.0, 2.0), (1e-6, 0.05), (4e-4, 0.01)] {
      let width = MeanTest(difference: 0, variance: variance, spread: spread).halfWidth(alpha: 0.05)
      let edge = MeanTest(difference: width, variance: variance, spread: spread)
      #expect(abs(edge.logEvidence - Elementary.log(20)) < 1e-9)
    }
  }

  @Test func equalValuesLeaveNoDoubtAndNoNumberIsDividedByNothing() {
    #expect(MeanTest(difference: 0.1, variance: 0, spread: 1).logEvidence > 1_000)
    #expect(MeanTest(difference: 0, variance: 0, spread: 1).logEvidence < 0)
    let nothing = MeanTest(difference: 1, variance: 1, spread: 0)
    #expect(nothing.logEvidence == 0 && nothing.halfWidth(alpha: 0.05) == .infinity)
  }
}

struct MomentsTests {
  @Test func sumsOfPartsAreThoseOfAll() {
    var (all, one, other) = (Moments(), Moments(), Moments())
    for (index, value) in [2.0, 4, 4, 4, 5, 5, 7, 9].enumerated() {
      all.add(value)
      if index < 3 { one.add(value) } else { other.add(value) }
    }
    one += other
    #expect(one == all && all.mean == 5 && abs(all.variance - 32.0 / 7) < 1e-12)
    #expect(Moments(text: all.text) == all)
  }

  @Test func whatNoValuesCanHaveIsNotTaken() {
    #expect(Moments(count: -1, sum: 5, squares: 5) == Moments())
    #expect(Moments(count: .nan, sum: 5, squares: 5) == Moments())
    #expect(Moments(count: 10, sum: 100, squares: 1).variance == 0)
    var moments = Moments()
    moments.add(.infinity)
    moments.add(.nan)
    #expect(moments == Moments() && moments.mean == 0 && moments.variance == 0)
    for text in ["", "1 2", "1 2 3 4", "nan 1 1", "-1 0 0", "1 1 -1", "inf 1 1"] {
      #expect(Moments(text: text) == nil, "\(text)")
    }
  }
}

struct RareEventTestTests {
  @Test func nothingBadInManyIsEvidenceAndAnEventNowAndThenIsNot() {
    var (good, bad) = (RareEventTest(rate: 0.005), RareEventTest(rate: 0.005))
    good.fold(EventCount(1_500, events: 0))
    bad.fold(EventCount(1_500, events: 8))
    #expect(good.logEvidence > Elementary.log(20) && bad.logEvidence < 0)
  }

  /// At the rate itself, E is 1 in the mean: of three requests, each with an event or not.
  @Test func evidenceIsOneInTheMeanAtTheRate() {
    let chances = [0.512, 0.384, 0.096, 0.008]
    let mean = chances.enumerated().reduce(0) { sum, chance in
      var test = RareEventTest(rate: 0.2)
      test.fold(EventCount(3, events: Int64(chance.offset)))
      return sum + chance.element * Elementary.exp(test.logEvidence)
    }
    #expect(abs(mean - 1) < 1e-12)
  }

  @Test func itsTextIsRead() {
    var test = RareEventTest(rate: 0.005)
    test.fold(EventCount(.max, events: 1 << 60))
    #expect(RareEventTest(rate: 0.005, text: test.text) == test && test.logEvidence.isFinite)
    for text in ["", "1", "1 2", "-1 -1", "nan 0", "5 nan", "1e301 0", "1 0 0"] {
      #expect(RareEventTest(rate: 0.005, text: text) == nil, "\(text)")
    }
  }
}
