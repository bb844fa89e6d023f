import Dialects
import Settings
import Testing

@testable import Gateway

struct PriceTests {
  private static let price = Settings.Price(input: 150_000, output: 600_000, cachedInput: 75_000)

  @Test func costsAreRoundedMicroDollars() {
    #expect(Self.price.cost(of: Usage(input: 1_000_000)) == 150_000)
    #expect(Self.price.cost(of: Usage(input: 10, output: 5)) == 5)  // 1.5 + 3
    #expect(Self.price.cost(of: Usage(input: 100, cached: 40)) == 12)  // 60 · 0.15 + 40 · 0.075
    #expect(Self.price.cost(of: Usage()) == 0)
  }

  @Test func moreCachedThanReadIsNoCredit() {
    #expect(Self.price.cost(of: Usage(input: 100, cached: 1_000)) == 8)
  }

  @Test func thoughtsHaveAPriceOfTheirOwn() {
    let price = Settings.Price(input: 0, output: 1_000_000, reasoning: 3_000_000)
    #expect(price.cost(of: Usage(output: 10, reasoning: 4)) == 18)  // 6 · 1 + 4 · 3
    #expect(price.cost(of: Usage(output: 10, reasoning: 40)) == 30, "no more was thought than written")
    #expect(Self.price.cost(of: Usage(output: 10, reasoning: 4)) == 6, "as the rest of the output")
  }

  /// Half a micro-dollar and half a micro-dollar are one, and not two.
  @Test func theSumIsRoundedOnce() {
    let price = Settings.Price(input: 500_000, output: 500_000, cachedInput: 500_000, reasoning: 500_000)
    #expect(price.cost(of: Usage(input: 2, output: 2, cached: 1, reasoning: 1)) == 2)
    #expect(price.cost(of: Usage(input: 1)) == 1, "halves go up")
  }

  /// Whatever a provider says, it ends neither the process nor the sums.
  @Test func absurdCountsCostABoundedSum() {
    let price = Settings.Price(input: .max, output: .max, cachedInput: nil)
    #expect(price.cost(of: Usage(input: .max, output: .max)) == 1 << 50)
  }
}
