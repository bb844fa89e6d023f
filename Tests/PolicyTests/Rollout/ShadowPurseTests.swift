import Policy
import Testing

/// What copies may still cost.
struct ShadowPurseTests {
  @Test func nothingIsSpentBeforeAnythingIsKnown() {
    var purse = ShadowPurse()
    #expect(purse.reserve(1, of: 100, now: 0) == .unknown)
    purse.hear(spent: 0, now: 0)
    #expect(purse.reserve(1, of: 100, now: ShadowPurse.freshness) == .reserved)
    #expect(purse.reserve(1, of: 100, now: ShadowPurse.freshness + 1) == .unknown)
  }

  @Test func whatIsUnderWayIsSetAside() {
    var purse = ShadowPurse()
    purse.hear(spent: 40, now: 0)
    #expect(purse.reserve(50, of: 100, now: 0) == .reserved)
    #expect(purse.reserve(11, of: 100, now: 0) == .spent)
    #expect(purse.reserve(10, of: 100, now: 0) == .reserved)
    purse.settle(50, cost: 5)
    #expect(purse.known == 45 && !purse.isSettled)
    #expect(purse.reserve(46, of: 100, now: 0) == .spent)
    #expect(purse.reserve(45, of: 100, now: 0) == .reserved)
  }

  @Test func whatIsToldCountsOnce() {
    var purse = ShadowPurse()
    purse.hear(spent: 0, now: 0)
    purse.settle(0, cost: 30)
    #expect(purse.takeUntold() == 30 && purse.known == 30)
    purse.settle(0, cost: 5)
    #expect(purse.known == 35)
    // 30 of this replica's and 60 of others'.
    purse.hear(spent: 90, now: 1)
    #expect(purse.known == 95)
    #expect(purse.takeUntold() == 5)
    purse.hear(spent: 95, now: 2)
    #expect(purse.takeUntold() == 0 && purse.isSettled)
    // Another day.
    purse.hear(spent: 0, now: 3)
    #expect(purse.reserve(100, of: 100, now: 3) == .reserved)
  }
}
