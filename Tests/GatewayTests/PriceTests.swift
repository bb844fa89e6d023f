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

  /// Whatever a provider says, it ends neither the process nor the sums.
  @Test func absurdCountsCostABoundedSum() {
    let price = Settings.Price(input: .max, output: .max, cachedInput: nil)
    #expect(price.cost(of: Usage(input: .max, output: .max)) == 1 << 50)
  }
}
