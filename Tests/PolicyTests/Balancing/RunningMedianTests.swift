import Policy
import Testing

struct RunningMedianTests {
  @Test func itRestsWhereHalfOfTheSamplesAreAbove() throws {
    var median = RunningMedian()
    var random = Chance(seed: 7)
    var seen: [Double] = []
    for time in 0..<2_000 as Range<Int64> {
      // A tenth of them are fifty times slower: an average would be far above.
      let sample = Double(100 + random.below(100)) * (random.below(10) == 0 ? 50 : 1)
      median.add(sample, at: time)
      if time > 100 { seen.append(try #require(median.value)) }
    }
    let usual = seen.sorted()[seen.count / 2]
    #expect((140...175).contains(usual), "the average is 870")
    #expect(seen.allSatisfy { (80...420).contains($0) })
  }

  @Test func fewSlowSamplesProveNothing() throws {
    var median = RunningMedian()
    for time in 1...3 as ClosedRange<Int64> { median.add(60_000, at: time) }
    #expect(try #require(median.value) < 100)
    for time in 4...21 as ClosedRange<Int64> { median.add(1_000, at: time) }
    #expect(median.value == 1_000)
    median.add(20, at: 22)
    #expect(try #require(median.value) > 800)
  }

  @Test func itKnowsNothingBeforeTheFirstSampleNorLongAfterTheLast() {
    var median = RunningMedian()
    #expect(median.value(at: 0) == nil)
    for time in 0..<30 as Range<Int64> { median.add(500, at: time) }
    #expect(median.value(at: 30_029) == 500)
    #expect(median.value(at: 30_030) == nil)
    median.add(500, at: 40_000)
    #expect(median.value == 48, "it begins anew")
  }

  @Test func whatIsNoTimeIsLeftOut() {
    var median = RunningMedian()
    median.add(.nan, at: 1)
    median.add(-1, at: 1)
    median.add(.infinity, at: 1)
    #expect(median == RunningMedian())
    for time in 0..<40 as Range<Int64> { median.add(0, at: time) }
    median.add(10, at: 40)
    #expect(median.value == 1.2, "it leaves 0 again")
  }
}
