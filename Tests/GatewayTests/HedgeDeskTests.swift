import Policy
import Testing

@testable import Gateway

struct HedgeDeskTests {
  private let second: Int64 = 1_000_000_000
  private let twoPercent = HedgeBudget(share: 2_000_000)

  private func desk(_ after: HedgeRule.After, _ ledger: RetryLedger = .init(), former: HedgeDesk? = nil)
    -> HedgeDesk
  {
    HedgeDesk(HedgeRule(after: after, budget: twoPercent), ledger, former: former)
  }

  @Test func theQuantileIsLearntFromStreamsAndPlainAnswersApart() throws {
    let desk = desk(.quantile(95_000))
    for _ in 0..<60 { desk.learn(second, isStream: true) }
    let patience = try #require(desk.patience(isStream: true))
    #expect(patience >= second && patience < second * 11 / 10)
    #expect(desk.patience(isStream: false) == nil)
  }

  @Test func aTimeNeedsNoLearning() {
    #expect(desk(.time(7)).patience(isStream: true) == 7)
  }

  @Test func whatWasLearntOutlivesAReloadThatAsksForTheSame() {
    let former = desk(.quantile(95_000))
    for _ in 0..<60 { former.learn(second, isStream: true) }
    #expect(desk(.quantile(95_000), former: former).patience(isStream: true) != nil)
    #expect(desk(.quantile(99_000), former: former).patience(isStream: true) == nil)
  }

  @Test func hedgesAreAShareOfTheLedgersRequests() {
    let ledger = RetryLedger()
    let desk = desk(.time(1), ledger)
    #expect(!desk.takeHedge(now: 0))
    for _ in 0..<200 {
      ledger.countRequest(now: 0)
      desk.countRequest()
    }
    #expect((0..<100).filter { _ in desk.takeHedge(now: 9 * second) }.count == 4)
    #expect(!desk.takeHedge(now: 30 * second), "a new window needs new requests")
    for _ in 0..<50 { desk.countRequest() }
    #expect(desk.takeHedge(now: 30 * second))
    #expect(!desk.takeHedge(now: 30 * second))
  }

  @Test func whoLooksAtTheBudgetTakesNothingOfIt() {
    let desk = desk(.time(1))
    #expect(!desk.hasBudget(now: 0))
    for _ in 0..<50 { desk.countRequest() }
    for _ in 0..<3 { #expect(desk.hasBudget(now: 0)) }
    #expect(desk.takeHedge(now: 0))
    #expect(!desk.hasBudget(now: 0))
  }
}
