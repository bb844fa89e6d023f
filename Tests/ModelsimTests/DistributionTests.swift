import Testing

@testable import modelsim

@Suite struct DistributionTests {
  @Test(arguments: [
    ("20ms", 20_000_000), ("1.5s", 1_500_000_000), ("250us", 250_000), ("7ns", 7), ("2m", 120_000_000_000),
    ("0", 0),
  ])
  func timesAreReadWithTheirUnit(text: String, time: Int64) {
    #expect(nanoseconds(text) == time)
  }

  @Test(arguments: ["", "20", "ms", "-1ms", "1h", "nanms", "9999999m"])
  func otherTimesAreRefused(text: String) {
    #expect(nanoseconds(text) == nil)
  }

  @Test func eachFormIsRead() {
    #expect(Distribution("20ms") == .constant(20_000_000))
    #expect(Distribution("uniform:10ms..30ms") == .uniform(10_000_000, 30_000_000))
    #expect(Distribution("lognormal:20ms,0.5") == .lognormal(median: 20_000_000, sigma: 0.5))
    #expect(Distribution("exponential:20ms") == .exponential(mean: 20_000_000))
  }

  @Test(arguments: [
    "uniform:30ms..10ms", "uniform:10ms", "lognormal:20ms", "lognormal:20ms,x", "normal:1ms", "",
  ])
  func malformedFormsAreRefused(text: String) {
    #expect(Distribution(text) == nil)
  }

  @Test func drawsFollowTheLaw() {
    var random = SeededRandom(seed: 3)
    let uniform = (0..<10_000).map { _ in Distribution.uniform(10, 30).draw(&random) }
    #expect(uniform.allSatisfy { (10...30).contains($0) })
    let exponential = (0..<10_000).map { _ in Distribution.exponential(mean: 1_000_000).draw(&random) }
    #expect((950_000...1_050_000).contains(exponential.reduce(0, +) / 10_000))
    let law = Distribution.lognormal(median: 1_000_000, sigma: 0.5)
    let lognormal = (0..<10_001).map { _ in law.draw(&random) }.sorted()
    #expect((960_000...1_040_000).contains(lognormal[5000]))
  }

  @Test func oneSeedGivesOneSequence() {
    var first = SeededRandom(seed: 5, stream: 9)
    var second = SeededRandom(seed: 5, stream: 9)
    var other = SeededRandom(seed: 5, stream: 10)
    let draws = (0..<8).map { _ in first.next() }
    #expect(draws == (0..<8).map { _ in second.next() })
    #expect(draws != (0..<8).map { _ in other.next() })
  }
}
