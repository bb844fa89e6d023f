import Testing

@testable import Policy

/// Counts beside their shares, at all looks.
struct ShareTestTests {
  /// Γ(½) = √π, Γ(n) = (n − 1)!, and Γ(x + 1) = x Γ(x).
  @Test func theLogarithmOfTheGammaFunctionIsRight() {
    #expect(abs(ShareTest.logGamma(0.5) - 0.572_364_942_924_700_1) < 1e-11)
    #expect(abs(ShareTest.logGamma(1)) < 1e-11 && abs(ShareTest.logGamma(2)) < 1e-11)
    #expect(abs(ShareTest.logGamma(11) - 15.104_412_573_075_516) < 1e-11)
    for x in [0.1, 3, 9.99, 1_000, 2e6] {
      let step = ShareTest.logGamma(x + 1) - ShareTest.logGamma(x)
      #expect(abs(step - Elementary.log(x)) < 1e-8)
    }
  }

  @Test func whatIsEvenIsProbable() {
    #expect(ShareTest.probability([0, 0], shares: [1, 1]) == 1)
    #expect(ShareTest.probability([5_000, 5_000], shares: [1, 1]) == 1)
    #expect(ShareTest.probability([9_000, 1_000], shares: [90, 10]) == 1)
    #expect(ShareTest.probability([5_300, 4_700], shares: [1, 1]) < 1e-3)
    #expect(ShareTest.probability([9_300, 700], shares: [90, 10]) < 1e-9)
  }

  /// Healthy experiments that are looked at after every twenty sessions.
  @Test(arguments: [0.5, 0.1, 0.01]) func healthyOnesAreNeverCalledUneven(share: Double) {
    var generator = Chance(state: UInt64(share * 1_000) + 7)
    var alarms = 0
    for _ in 0..<300 {
      var counts: [Int64] = [0, 0]
      var isUneven = false
      for look in 1...6_000 {
        counts[Double.random(in: 0..<1, using: &generator) < share ? 0 : 1] += 1
        guard look.isMultiple(of: 20) else { continue }
        isUneven = isUneven || ShareTest.probability(counts, shares: [share, 1 - share]) < 0.001
      }
      alarms += isUneven ? 1 : 0
    }
    // 0.3 are to be expected at most.
    #expect(alarms <= 3)
  }

  /// SplitMix64, from a seed: the same in each run.
  private struct Chance: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
      state &+= 0x9E37_79B9_7F4A_7C15
      var z = state
      z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
      z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
      return z ^ (z >> 31)
    }
  }
}
