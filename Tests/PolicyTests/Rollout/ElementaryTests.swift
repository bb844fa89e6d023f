import Testing

@testable import Policy

struct ElementaryTests {
  /// Against values known to 16 digits.
  @Test(arguments: [
    (0.0, 1.0), (1, 2.718_281_828_459_045), (-1, 0.367_879_441_171_442_33), (0.5, 1.648_721_270_700_128_2),
    (10, 22_026.465_794_806_718), (-20, 2.061_153_622_438_557_8e-9), (-700, 9.859_676_543_759_77e-305),
  ])
  func expIsRight(_ x: Double, _ expected: Double) {
    #expect(abs(Elementary.exp(x) - expected) <= 1e-14 * expected)
  }

  @Test func expEndsInZeroAndInfinity() {
    #expect(Elementary.exp(-746) == 0 && Elementary.exp(-.infinity) == 0)
    #expect(Elementary.exp(710) == .infinity && Elementary.exp(-744) > 0)
  }

  @Test(arguments: [
    (1e-12, 9.999_999_999_995e-13), (-1e-12, -1.000_000_000_000_5e-12), (0.1, 0.095_310_179_804_324_87),
    (0.25, 0.223_143_551_314_209_76), (0.26, 0.231_111_720_963_386_55), (52, 3.970_291_913_552_122),
    (-0.5, -0.693_147_180_559_945_3),
  ])
  func log1pIsRight(_ x: Double, _ expected: Double) {
    #expect(abs(Elementary.log1p(x) - expected) <= 1e-14 * abs(expected))
  }

  @Test func logOfWhatIsNotPositiveIsMinusInfinity() {
    #expect(Elementary.log(0) == -.infinity && Elementary.log(-1) == -.infinity)
    #expect(Elementary.log(.infinity) == .infinity)
    #expect(abs(Elementary.log(.leastNonzeroMagnitude) + 744.440_071_921_381_2) < 1e-9)
  }

  @Test func sumsOfLogarithmsDoNotOverflow() {
    #expect(abs(Elementary.logOfSum(1_000, 1_000) - 1_000.693_147_180_559_9) < 1e-9)
    #expect(Elementary.logOfSum(-.infinity, -.infinity) == -.infinity)
    #expect(Elementary.logOfSum(-.infinity, 3) == 3 && Elementary.logOfSum(3, -.infinity) == 3)
  }
}
