import Testing

@testable import Policy

struct SequentialTestTests {
  private func counts(_ n: Int64, _ x: Int64, _ m: Int64, _ y: Int64) -> ArmCounts {
    ArmCounts(canary: EventCount(n, events: x), baseline: EventCount(m, events: y))
  }

  /// The likelihood ratios of the algorithm, written out, and their mean.
  private func mean(from null: Double, to far: Double, n: Double, x: Int, m: Double, y: Int) -> Double {
    func share(_ ratio: Double) -> Double { ratio * n / (ratio * n + m) }
    var sum = 0.0
    for point in 1...48 {
      let ratio = null * Elementary.exp(Elementary.log(far / null) * Double(point) / 48)
      let win = share(ratio) / share(null)
      let loss = (1 - share(ratio)) / (1 - share(null))
      sum += power(win, x) * power(loss, y)
    }
    return sum / 48
  }

  /// Half is staked at first, and half is kept.
  @Test func evidenceOfOneTickIsTheMeanOfLikelihoodRatios() {
    var test = SequentialTest(RateHypothesis(.harmless, 1.2))
    test.fold(counts(50, 4, 950, 6))
    let mean = mean(from: 1.2, to: 64, n: 50, x: 4, m: 950, y: 6)
    #expect(abs(Elementary.exp(test.logEvidence) - (mean + 1) / 2) < 1e-12 * mean)
  }

  @Test func theMirroredTestStakesAllFromTheStart() {
    var test = SequentialTest(RateHypothesis(.harmful, 1.5))
    test.fold(counts(50, 1, 950, 40))
    let mean = mean(from: 1 / 1.5, to: 4, n: 950, x: 40, m: 50, y: 1)
    #expect(abs(Elementary.exp(test.logEvidence) - mean) < 1e-12 * mean)
  }

  /// Under the null ratio, E is 1 in the mean: summed over all outcomes of a tick with few events.
  @Test(arguments: [RateHypothesis(.harmless, 1.2), RateHypothesis(.harmful, 1.5)])
  func evidenceIsOneInTheMeanAtTheNullRatio(_ hypothesis: RateHypothesis) {
    let share = hypothesis.ratio * 50 / (hypothesis.ratio * 50 + 950)
    var before = SequentialTest(hypothesis)
    for _ in 0..<25 { before.fold(counts(50, 1, 950, 9)) }
    // Of four events, as many of the canary as chance says.
    let ways = [1.0, 4, 6, 4, 1]
    var mean = 0.0
    for x in 0...4 {
      var test = before
      test.fold(counts(50, Int64(x), 950, Int64(4 - x)))
      let chance = ways[x] * power(share, x) * power(1 - share, 4 - x)
      mean += chance * Elementary.exp(test.logEvidence)
    }
    #expect(abs(mean / Elementary.exp(before.logEvidence) - 1) < 1e-12)
  }

  private func power(_ x: Double, _ n: Int) -> Double { (0..<n).reduce(1) { product, _ in product * x } }

  @Test func tenfoldErrorsAreHarmAndEqualOnesAreNot() {
    var (bad, good) = (
      SequentialTest(RateHypothesis(.harmless, 1.2)), SequentialTest(RateHypothesis(.harmless, 1.2))
    )
    for second in 0..<40 as Range<Int64> {
      bad.fold(counts(50, 5, 950, 9))
      good.fold(counts(50, second % 2, 950, 9))
    }
    #expect(bad.hasRefuted(at: 1e-3) && !good.hasRefuted(at: 0.05))
  }

  @Test func anEqualCanaryIsShownToBeNoHarm() {
    var (equal, worse) = (
      SequentialTest(RateHypothesis(.harmful, 1.5)), SequentialTest(RateHypothesis(.harmful, 1.5))
    )
    for _ in 0..<200 {
      equal.fold(counts(250, 2, 750, 6))
      worse.fold(counts(250, 3, 750, 6))
    }
    #expect(equal.refutes(at: 0.05) && !worse.refutes(at: 0.05))
  }

  @Test func anOutageOfBothArmsSaysNothing() {
    var test = SequentialTest(RateHypothesis(.harmless, 1.2))
    for _ in 0..<120 { test.fold(counts(50, 30, 950, 570)) }
    #expect(test.peak < 1)
  }

  @Test func harmAfterAGoodHourIsSeenWithinMinutes() {
    var test = SequentialTest(RateHypothesis(.harmless, 1.2))
    for second in 0..<3_600 as Range<Int64> {
      test.fold(counts(5, second % 20 == 0 ? 1 : 0, 95, second % 20 == 0 ? 0 : 1))
    }
    #expect(!test.hasRefuted(at: 1e-3))
    var seconds: Int64 = 0
    while !test.hasRefuted(at: 1e-3), seconds < 600 {
      seconds += 1
      test.fold(counts(5, seconds % 2, 95, 1))
    }
    #expect((10...90).contains(seconds), "\(seconds)")
  }

  @Test func whatWasRefutedStaysSoWhateverComesAfter() {
    var test = SequentialTest(RateHypothesis(.harmless, 1.2))
    for _ in 0..<10 { test.fold(counts(50, 25, 950, 9)) }
    for _ in 0..<1_000 { test.fold(counts(50, 0, 950, 100)) }
    #expect(test.hasRefuted(at: 1e-3) && !test.refutes(at: 1e-3))
  }

  @Test func aTickOfOneArmAloneSaysNothing() {
    var test = SequentialTest(RateHypothesis(.harmless, 1.2))
    let fresh = test
    for tick in [counts(0, 0, 100, 50), counts(100, 100, 0, 0), counts(0, 7, 0, 7)] { test.fold(tick) }
    #expect(test == fresh)
  }

  @Test func noCountsMakeItNoNumber() {
    let numbers: [Int64] = [.min, -1, 0, 1, 5, 1 << 40, .max]
    for claim in [RateHypothesis.Claim.harmless, .harmful] {
      var test = SequentialTest(RateHypothesis(claim, 1.25))
      for n in numbers {
        for x in numbers {
          for m in numbers { for y in numbers { test.fold(counts(n, x, m, y)) } }
        }
      }
      #expect(test.logEvidence.isFinite && test.peak.isFinite)
      #expect(SequentialTest(test.hypothesis, text: test.text) == test)
    }
  }

  @Test func itContinuesFromItsTextAsIfNothingHadHappened() throws {
    var chance = Chance(seed: 5)
    for hypothesis in [RateHypothesis(.harmless, 1.2), RateHypothesis(.harmful, 1.25)] {
      var whole = SequentialTest(hypothesis)
      var parts = whole
      for _ in 0..<300 {
        let tick = counts(50, Int64(chance.below(4)), 950, Int64(chance.below(30)))
        whole.fold(tick)
        parts.fold(tick)
        parts = try #require(SequentialTest(hypothesis, text: parts.text))
      }
      #expect(whole == parts)
    }
  }

  @Test func aTextThatIsNotItsOwnIsRefused() {
    let hypothesis = RateHypothesis(.harmless, 1.2)
    let text = SequentialTest(hypothesis).text
    #expect(SequentialTest(hypothesis, text: text) != nil)
    #expect(SequentialTest(RateHypothesis(.harmless, 1.25), text: text) == nil)
    #expect(SequentialTest(RateHypothesis(.harmful, 1.2), text: text) == nil)
    var words = text.split(separator: " ").map(String.init)
    for (place, bad) in [(2, "-1"), (2, "9999999999999999"), (3, "nan"), (7, "inf"), (9, "1e305"), (9, "")] {
      let good = words[place]
      words[place] = bad
      #expect(SequentialTest(hypothesis, text: words.joined(separator: " ")) == nil, "\(bad)")
      words[place] = good
    }
    for bad in ["", " ", text + " 0", words.dropLast().joined(separator: " ")] {
      #expect(SequentialTest(hypothesis, text: bad) == nil)
    }
  }
}

struct StakesTests {
  @Test func stakesAndWhatIsKeptAreOneTogether() {
    var staked = Stakes.first
    for index in 1...20_000 {
      staked += Stakes.stake(index)
      guard abs(staked + Stakes.kept(index) - 1) > 1e-9 else { continue }
      Issue.record("\(index): \(staked) and \(Stakes.kept(index))")
      return
    }
    #expect(Stakes.kept(0) == 0.5)
  }
}
