import Policy
import Testing

struct ChanceTests {
  @Test func theSameSeedGivesTheSameNumbers() {
    var (a, b) = (Chance(seed: 7), Chance(seed: 7))
    for _ in 0..<1000 { #expect(a.next() == b.next()) }
  }

  @Test func otherSeedsGiveOtherNumbers() {
    let firsts = (0..<1000 as Range<UInt64>).map { seed in
      var chance = Chance(seed: seed)
      return chance.next()
    }
    #expect(Set(firsts).count == 1000)
  }

  @Test func numbersBelowABoundReachAllOfItAndNothingElse() {
    var chance = Chance(seed: 1)
    for bound in [1, 2, 3, 7, 100] {
      let drawn = Set((0..<bound * 40).map { _ in chance.below(bound) })
      #expect(drawn == Set(0..<bound))
    }
  }

  @Test func numbersBelowABoundAreEquallyLikely() {
    var chance = Chance(seed: 2)
    var counts = [Int](repeating: 0, count: 10)
    for _ in 0..<100_000 { counts[chance.below(10)] += 1 }
    // Five standard deviations of a binomial of 100,000 and 1/10 are 475.
    for count in counts { #expect(abs(count - 10_000) < 475) }
  }

  @Test func everyBitIsSetHalfOfTheTime() {
    var chance = Chance(seed: 3)
    var counts = [Int](repeating: 0, count: 64)
    for _ in 0..<10_000 {
      let number = chance.next()
      for bit in 0..<64 { counts[bit] += Int(number >> bit & 1) }
    }
    for count in counts { #expect(abs(count - 5000) < 250) }
  }

  @Test func theLargestBoundIsAllowed() {
    var chance = Chance(seed: 4)
    for _ in 0..<1000 { #expect((0..<Int.max).contains(chance.below(Int.max))) }
  }
}
