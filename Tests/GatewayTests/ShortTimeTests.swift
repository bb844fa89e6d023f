import Policy
import Testing

@testable import Gateway

struct ShortTimeTests {
  @Test func anAttemptNeedsWhatItsEndpointUsuallyTakesAndFiftyMillisecondsAtLeast() {
    #expect(ShortTime(left: 50, usual: nil) == nil)
    #expect(ShortTime(left: 49, usual: nil)?.needed == 50)
    #expect(ShortTime(left: 49, usual: 3)?.needed == 50)
    #expect(ShortTime(left: 400, usual: 400.9) == nil)
    #expect(ShortTime(left: 399, usual: 400.9)?.needed == 400)
  }

  @Test func theQuickestOfThoseLeftOutIsNamed() throws {
    let first = try #require(ShortTime(left: 100, usual: 900))
    let second = try #require(ShortTime(left: 90, usual: 300))
    #expect(second.orQuicker(than: first).needed == 300)
    #expect(first.orQuicker(than: second).needed == 300)
    #expect(first.orQuicker(than: nil) == first)
    let error = ExchangeError.tooLate(second, isClients: true)
    #expect((error.status, error.code, error.fault) == (504, "deadline_exceeded", .client))
    #expect(error.message.contains("only 90 ms were left") && error.message.contains("300 ms are needed"))
    #expect(ExchangeError.tooLate(second, isClients: false).fault == .provider)
  }
}
