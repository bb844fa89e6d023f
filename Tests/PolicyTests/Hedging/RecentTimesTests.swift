import Policy
import Testing

struct RecentTimesTests {
  private let millisecond: Int64 = 1_000_000

  @Test func nothingIsKnownBeforeFiftySamples() {
    var times = RecentTimes(quantile: 95_000)
    for _ in 0..<49 {
      let changed = times.add(10 * millisecond)
      #expect(!changed && times.estimate == nil)
    }
    let changed = times.add(10 * millisecond)
    #expect(changed && times.estimate != nil)
  }

  @Test(arguments: [50_000, 95_000, 99_000]) func theQuantileIsThatOfTheSamples(quantile: Int) throws {
    var times = RecentTimes(quantile: quantile)
    var random = Chance(seed: 3)
    var samples: [Int64] = []
    for _ in 0..<800 {
      // From 1 ms to 10 s, as many in each tenfold.
      let sample = Int64(1_000_000 * exp10(Double(random.below(4_000_000)) / 1_000_000))
      samples.append(sample)
      _ = times.add(sample)
    }
    let exact = samples.sorted()[800 * quantile / 100_000 - 1]
    let estimate = try #require(times.estimate)
    #expect(estimate >= exact && Double(estimate) <= Double(exact) * 1.1)
  }

  private func exp10(_ value: Double) -> Double {
    var result = 1.0
    for _ in 0..<Int(value * 1_000) { result *= 1.002305238 }
    return result
  }

  @Test func whatIsOldIsForgotten() throws {
    var times = RecentTimes(quantile: 95_000)
    for _ in 0..<10_000 { _ = times.add(2_000 * millisecond) }
    for _ in 0..<4_000 { _ = times.add(10 * millisecond) }
    #expect(try #require(times.estimate) < 11 * millisecond)
    for _ in 0..<100 { _ = times.add(2_000 * millisecond) }
    #expect(try #require(times.estimate) > 1_900 * millisecond)
  }

  @Test func anyTimeIsCounted() throws {
    for time in [Int64.min, -1, 0, 1, 999, 15_999, 16_000, 17_000, .max] {
      var times = RecentTimes(quantile: 95_000)
      for _ in 0..<50 { _ = times.add(time) }
      let estimate = try #require(times.estimate)
      let bounded = min(max(time, 0), 3_600_000_000_000)
      #expect(estimate > bounded - 1 && Double(estimate) <= Double(bounded) * 1.07 + 1_000)
    }
  }
}
