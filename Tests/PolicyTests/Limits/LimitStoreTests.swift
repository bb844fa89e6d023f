import Policy
import Testing

/// What admitting and settling mean; that the scripts mean the same is `LimitTwinTests`' business.
struct LimitStoreTests {
  private static let tokens = Bucket.Rule(tokens: 1_000, window: 60_000)
  private static let requests = Bucket.Rule(tokens: 10, window: 60_000)
  private static let slots = Slots.Rule(count: 2, lifetime: 30_000)
  private static let day = Budget(capacity: 100, starts: 0, ends: 86_400_000)

  private static func charges(tokens cost: Int64, requests: Int64 = 1) -> [Charge] {
    [
      Charge(key: "rpm", rule: .bucket(Self.requests), cost: requests),
      Charge(key: "tpm", rule: .bucket(tokens), cost: cost),
    ]
  }

  private static func admission(_ id: String, _ charges: [Charge], lifetime: Int64 = 150_000) -> Admission {
    Admission(id: id, reservation: "res:\(id)", owner: "r1", lifetime: lifetime, charges: charges)
  }

  private static func settling(_ id: String, _ charges: [Charge]) -> Settling {
    Settling(id: id, reservation: "res:\(id)", charges: charges)
  }

  @Test func whatFitsIsTakenFromEveryLimit() {
    var store = LimitStore()
    let reply = store.admit(Self.admission("a", Self.charges(tokens: 400)), now: 0)
    #expect(reply == .admitted(left: [9, 600]))
  }

  @Test func whatFitsNotEverywhereIsTakenNowhere() {
    var store = LimitStore()
    _ = store.admit(Self.admission("a", Self.charges(tokens: 900)), now: 0)
    let before = store.entries
    let reply = store.admit(Self.admission("b", Self.charges(tokens: 101)), now: 0)
    #expect(reply == .refused(charge: 1, wait: 60, left: 100))
    #expect(store.entries == before)
  }

  @Test func theLimitThatLastsLongestIsNamed() {
    var store = LimitStore()
    _ = store.admit(Self.admission("a", Self.charges(tokens: 1_000, requests: 10)), now: 0)
    // One request comes back in six seconds, ten tokens in 600 ms.
    let reply = store.admit(Self.admission("b", Self.charges(tokens: 10)), now: 0)
    #expect(reply == .refused(charge: 0, wait: 6_000, left: 0))
    let never = store.admit(Self.admission("c", Self.charges(tokens: 1_001)), now: 0)
    #expect(never == .refused(charge: 1, wait: nil, left: 0))
  }

  @Test func slotsThatAClockGoneBackLeftTooLongAreFreeAfterALifetime() {
    var store = LimitStore()
    let charge = [Charge(key: "sem", rule: .slots(Self.slots), cost: 1)]
    for id in ["a", "b"] { _ = store.admit(Self.admission(id, charge), now: 3_600_000) }
    let full = store.admit(Self.admission("c", charge), now: 0)
    let later = store.admit(Self.admission("c", charge), now: Self.slots.lifetime)
    #expect(full == .refused(charge: 0, wait: 1_000, left: 0))
    #expect(later == .admitted(left: [1]))
  }

  @Test func theSameAgainTakesNothing() {
    var store = LimitStore()
    let admission = Self.admission("a", Self.charges(tokens: 400))
    _ = store.admit(admission, now: 0)
    let before = store.entries
    let reply = store.admit(admission, now: 1)
    #expect(reply == .repeated)
    #expect(store.entries == before)
  }

  @Test func settlingGivesBackWhatWasNotUsed() {
    var store = LimitStore()
    _ = store.admit(Self.admission("a", Self.charges(tokens: 400)), now: 0)
    let reply = store.settle(Self.settling("a", Self.charges(tokens: 150)), now: 0)
    #expect(reply == .settled)
    let next = store.admit(Self.admission("b", Self.charges(tokens: 850)), now: 0)
    #expect(next == .admitted(left: [8, 0]))
  }

  @Test func moreThanReservedIsDebt() {
    var store = LimitStore()
    _ = store.admit(Self.admission("a", Self.charges(tokens: 1_000)), now: 0)
    _ = store.settle(Self.settling("a", Self.charges(tokens: 1_500)), now: 0)
    let reply = store.admit(Self.admission("b", Self.charges(tokens: 1)), now: 0)
    #expect(reply == .refused(charge: 1, wait: 30_060, left: 0))
  }

  @Test func settlingTwiceChangesNothing() {
    var store = LimitStore()
    _ = store.admit(Self.admission("a", Self.charges(tokens: 400)), now: 0)
    _ = store.settle(Self.settling("a", Self.charges(tokens: 150)), now: 0)
    let before = store.entries
    let reply = store.settle(Self.settling("a", Self.charges(tokens: 0)), now: 0)
    #expect(reply == .gone)
    #expect(store.entries == before)
  }

  /// A trial lost 50,000 tokens here: the bucket has expired, full, before its exchange is settled.
  @Test func debtIsWrittenIntoABucketThatHasExpired() {
    var store = LimitStore()
    _ = store.admit(Self.admission("a", Self.charges(tokens: 1), lifetime: 600_000), now: 0)
    store.sweep(now: 599_999)
    _ = store.settle(Self.settling("a", Self.charges(tokens: 1_001)), now: 599_999)
    let reply = store.admit(Self.admission("b", Self.charges(tokens: 1)), now: 599_999)
    #expect(reply == .refused(charge: 1, wait: 60, left: 0))
  }

  @Test func whatIsNeverSettledStaysChargedAsReserved() {
    var store = LimitStore()
    _ = store.admit(Self.admission("a", Self.charges(tokens: 1_000), lifetime: 1_000), now: 0)
    store.sweep(now: 1_000)
    let late = store.settle(Self.settling("a", Self.charges(tokens: 0)), now: 1_000)
    #expect(late == .gone)
    let reply = store.admit(Self.admission("b", Self.charges(tokens: 17)), now: 1_000)
    #expect(reply == .refused(charge: 1, wait: 20, left: 16))
  }

  @Test func slotsAreHeldUntilGivenBackOrNotRenewed() {
    var store = LimitStore()
    let charge = [Charge(key: "sem", rule: .slots(Self.slots), cost: 1)]
    for id in ["a", "b"] { _ = store.admit(Self.admission(id, charge), now: 0) }
    let third = store.admit(Self.admission("c", charge), now: 0)
    #expect(third == .refused(charge: 0, wait: 1_000, left: 0))
    _ = store.settle(Self.settling("a", charge), now: 1)
    let again = store.admit(Self.admission("c", charge), now: 1)
    #expect(again == .admitted(left: [0]))
    store.renew(["c"], of: "sem", Self.slots, now: 29_000)
    let fourth = store.admit(Self.admission("d", charge), now: 30_000)
    #expect(fourth == .admitted(left: [0]), "b was not renewed")
    let fifth = store.admit(Self.admission("e", charge), now: 30_000)
    #expect(fifth == .refused(charge: 0, wait: 1_000, left: 0), "c was")
  }

  @Test func slotsLostWithTheStoreAreTakenAnew() {
    var store = LimitStore()
    store.renew(["a", "b"], of: "sem", Self.slots, now: 0)
    let charge = [Charge(key: "sem", rule: .slots(Self.slots), cost: 1)]
    let reply = store.admit(Self.admission("c", charge), now: 0)
    #expect(reply == .refused(charge: 0, wait: 1_000, left: 0))
  }

  @Test func aBudgetIsSpentOnceAWindow() {
    var store = LimitStore()
    let charge = { (cost: Int64) in [Charge(key: "day", rule: .budget(Self.day), cost: cost)] }
    _ = store.admit(Self.admission("a", charge(60)), now: 0)
    let over = store.admit(Self.admission("b", charge(41)), now: 3_600_000)
    #expect(over == .refused(charge: 0, wait: 82_800_000, left: 40))
    _ = store.settle(Self.settling("a", charge(10)), now: 0)
    let fits = store.admit(Self.admission("b", charge(90)), now: 0)
    #expect(fits == .admitted(left: [0]))
    let never = store.admit(Self.admission("c", charge(101)), now: 0)
    #expect(never == .refused(charge: 0, wait: nil, left: 0))
    let next = store.admit(Self.admission("d", charge(1)), now: 86_400_000)
    #expect(next == .otherWindow(now: 86_400_000))
  }

  @Test func chargesOfAnOutageAreTakenWhetherTheyFitOrNot() {
    var store = LimitStore()
    let spent = Self.admission("outage.1", Self.charges(tokens: 1_700))
    let first = store.charge(spent, now: 0)
    let second = store.charge(spent, now: 0)
    #expect(first && !second)
    let reply = store.admit(Self.admission("b", Self.charges(tokens: 1)), now: 0)
    #expect(reply == .refused(charge: 1, wait: 42_060, left: 0))
  }
}
