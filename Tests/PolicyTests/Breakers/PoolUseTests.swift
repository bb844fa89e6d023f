import Testing

@testable import Policy

struct PoolUseTests {
  private func use(_ pool: [(Int, BreakerView.Standing)], panic: Int64 = 50) -> PoolUse {
    PoolUse(pool.map { .init(weight: $0.0, BreakerView($0.1, share: 1)) }, panic: panic)
  }

  private let open = BreakerView.Standing.open(until: 9)
  private let cooling = BreakerView.Standing.cooling(until: 9)

  @Test func whatIsOpenIsLeftOut() {
    let use = use([(1, .closed), (2, .closed), (1, open), (1, .half(.shared))])
    #expect(!use.isPanic)
    #expect(use.uses == [.open(weight: 1), .open(weight: 2), .out, .ask(.shared, weight: 1)])
  }

  @Test func whereTooLittleIsClosedRatesAreIgnored() {
    let use = use([(4, .closed), (2, open), (1, .half(.own)), (1, cooling), (1, .barred)])
    #expect(use.isPanic)
    #expect(use.uses == [.open(weight: 4), .open(weight: 2), .askFirst(.own, weight: 1), .out, .out])
  }

  @Test func halfIsEnough() {
    #expect(!use([(2, .closed), (2, open)]).isPanic)
    #expect(use([(199, .closed), (201, open)]).isPanic)
    #expect(!use([(1, .closed), (99, open)], panic: 0).isPanic)
  }

  /// Probes find out when one is back; a pool of one endpoint has a breaker too.
  @Test func whereNothingIsClosedThereIsNothingToProtect() {
    let use = use([(1, open), (1, .half(.shared)), (1, cooling)])
    #expect(!use.isPanic && use.uses == [.out, .ask(.shared, weight: 1), .out])
  }

  private func use(_ pool: [(BreakerView.Standing, isHealthy: Bool)]) -> PoolUse {
    PoolUse(pool.map { .init(weight: 1, BreakerView($0), isHealthy: $1) }, panic: 50)
  }

  @Test func whatFailsItsChecksIsLeftOut() {
    let use = use([(.closed, true), (.closed, false), (.closed, true), (.half(.own), false)])
    #expect(!use.isPanic)
    #expect(use.uses == [.open(weight: 1), .out, .open(weight: 1), .out])
  }

  @Test func whereFewPassTheirChecksTheseAreIgnored() {
    let use = use([(.closed, true), (.closed, false), (open, true), (cooling, false)])
    #expect(use.isPanic)
    #expect(use.uses == [.open(weight: 1), .open(weight: 1), .open(weight: 1), .out])
  }

  @Test func checksThatAllFailDecideNothing() {
    let use = use([(.closed, false), (open, true), (.closed, false)])
    #expect(!use.isPanic)
    #expect(use.uses == [.open(weight: 1), .out, .open(weight: 1)])
  }

  @Test func aShareCutsTheWeight() {
    let use = PoolUse([.init(weight: 4, BreakerView(.closed, share: 0.25))], panic: 50)
    #expect(use.uses == [.open(weight: 1)])
  }

  @Test func slowStartGrowsWithTime() {
    let start = SlowStart()
    #expect([0, 1_500, 15_000, 30_000, 60_000].map { start.share(after: $0) } == [0.1, 0.1, 0.5, 1, 1])
    let eager = SlowStart(aggression: 2)
    #expect(abs(eager.share(after: 7_500) - 0.5) < 1e-12)
    #expect(abs(eager.share(after: 27_000) - 0.9.squareRoot()) < 1e-12)
    #expect(abs(SlowStart(aggression: 0.5).share(after: 15_000) - 0.25) < 1e-12)
  }

  @Test func afterACooldownHalfTheWeightReturns() {
    let start = SlowStart()
    #expect([nil, 0, -29_999, -30_000].map { start.share(cool: $0) } == [1, 0.5, 0.5, 1])
  }
}
