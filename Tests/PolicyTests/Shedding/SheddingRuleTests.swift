import Policy
import Testing

struct SheddingRuleTests {
  private let millisecond: Int64 = 1_000_000

  @Test func nothingIsShedBelowTheThresholdsAndNeverAll() {
    #expect(SheddingRule.share(lag: 0) == 0)
    #expect(SheddingRule.share(lag: 250 * millisecond) == 0)
    #expect(SheddingRule.share(lag: 750 * millisecond) == 400)
    #expect(SheddingRule.share(lag: 1_250 * millisecond) == 800)
    #expect(SheddingRule.share(lag: .max) == 800)
    #expect(SheddingRule.share(buffered: 0, limit: 100) == 0)
    #expect(SheddingRule.share(buffered: 80, limit: 100) == 0)
    #expect((399...400).contains(SheddingRule.share(buffered: 90, limit: 100)))
    #expect(SheddingRule.share(buffered: 100, limit: 100) == 800)
    #expect(SheddingRule.share(buffered: 1, limit: 0) == 800)
  }

  @Test func itRisesWithTheOverload() {
    let lags = stride(from: Int64(0), through: 2_000, by: 50).map {
      SheddingRule.share(lag: $0 * millisecond)
    }
    #expect(zip(lags, lags.dropFirst()).allSatisfy { $0 <= $1 })
  }
}
