import Testing

@testable import Policy

struct WeightTests {
  @Test(arguments: [
    ("0", 0), ("5", 500), ("0.5", 50), ("12.25", 1_225), ("0.01", 1), ("99.9", 9_990), ("100", 10_000),
  ])
  func percentsAreReadAndWritten(_ text: String, _ hundredths: Int) {
    #expect(Weight(percent: text)?.hundredths == hundredths)
    #expect(Weight(hundredths: hundredths)?.description == text)
  }

  @Test(arguments: [
    "", "101", "100.01", "-1", "+5", "5.", ".5", "5.001", "5%", "1e1", " 5", "5.+1", "0005", "٥",
  ])
  func whatIsNoPercentIsRefused(_ text: String) { #expect(Weight(percent: text) == nil) }

  @Test func whatIsNoShareIsRefused() {
    #expect(Weight(hundredths: -1) == nil && Weight(hundredths: 10_001) == nil && Weight.zero < .all)
  }
}

struct StickyArmTests {
  private func weight(_ hundredths: Int) throws -> Weight { try #require(Weight(hundredths: hundredths)) }

  @Test func theEdgeIsExact() throws {
    // 5 % of 2⁶⁴ is 922,337,203,685,477,580.8: below it are the hashes up to …580.
    let edge: UInt64 = 922_337_203_685_477_580
    #expect(StickyArm(hash: edge, weight: try weight(500)) == .canary)
    #expect(StickyArm(hash: edge + 1, weight: try weight(500)) == .baseline)
  }

  @Test func noneAndAll() {
    #expect(StickyArm(hash: 0, weight: .zero) == .baseline && StickyArm(hash: .max, weight: .all) == .canary)
  }

  @Test func whoIsInTheCanaryStaysAsItGrows() throws {
    var chance = Chance(seed: 4)
    for _ in 0..<300 {
      let hash = chance.next()
      let arms = try (0...100).map { StickyArm(hash: hash, weight: try weight($0 * 100)) }
      let joined = try #require(arms.firstIndex(of: .canary))
      #expect(arms[joined...].allSatisfy { $0 == .canary })
    }
  }
}

struct ExperimentArmsTests {
  private func dealt(_ shares: Int...) -> ExperimentArms? {
    ExperimentArms(shares.compactMap { Weight(hundredths: $0) })
  }

  @Test func armsAreConsecutive() throws {
    let arms = try #require(dealt(5_000, 2_500))
    #expect(arms.arm(hash: 0) == 0 && arms.arm(hash: 1 << 63 - 1) == 0)
    #expect(arms.arm(hash: 1 << 63) == 1 && arms.arm(hash: 3 << 62 - 1) == 1)
    #expect(arms.arm(hash: 3 << 62) == nil && arms.arm(hash: .max) == nil)
    #expect(arms.shares.map(\.hundredths) == [5_000, 2_500])
  }

  @Test func whatIsNoExperimentIsRefused() {
    #expect(dealt(5_000) == nil && dealt(5_000, 0) == nil && dealt(5_000, 5_001) == nil)
    #expect(dealt(5_000, 5_000) != nil)
  }

  @Test func onlyTheOpenEndMayChange() throws {
    let old = try #require(dealt(1_000, 2_000))
    for (next, keeps) in [
      (dealt(1_000, 2_000), true), (dealt(1_000, 2_500), true), (dealt(1_000, 2_000, 500), true),
      (dealt(1_000, 1_500), false), (dealt(1_500, 2_000), false), (dealt(2_000, 1_000), false),
      (dealt(1_000, 1_500, 500), false), (dealt(500, 500, 2_000), false),
    ] { #expect(old.keepsAll(in: try #require(next)) == keeps) }
    let three = try #require(dealt(1_000, 2_000, 500))
    #expect(!three.keepsAll(in: old))
  }
}
