import Policy
import Testing

/// What charging ahead means; that the script means the same is `LimitTwinTests`' business.
struct LimitStoreLeaseTests {
  private static let rule = Bucket.Rule(tokens: 1_000, window: 60_000)

  private static func call(_ sequence: Int64, before: Int64 = 0, used: Int64, wanted: Int64) -> LeaseCall {
    LeaseCall(
      record: "lease", owner: "r1", sequence: sequence, lifetime: 60_000,
      parts: [.init(key: "tpm", rule: rule, before: before, used: used, wanted: wanted)])
  }

  @Test func theStockIsCharged() {
    var store = LimitStore()
    #expect(store.lease(Self.call(1, used: 0, wanted: 100), now: 0) == .granted(left: [900]))
    #expect(store.entries["lease"]?.value.text == "r1 1 100")
  }

  @Test func onlyTheDifferenceIsChargedOrGivenBack() {
    var store = LimitStore()
    _ = store.lease(Self.call(1, used: 0, wanted: 100), now: 0)
    #expect(store.lease(Self.call(2, used: 60, wanted: 160), now: 0) == .granted(left: [840]))
    #expect(store.lease(Self.call(3, used: 70, wanted: 70), now: 0) == .granted(left: [930]))
  }

  @Test func aFifthStays() {
    var store = LimitStore()
    #expect(store.lease(Self.call(1, used: 0, wanted: 801), now: 0) == .refused(left: [1_000]))
    #expect(store.lease(Self.call(2, used: 0, wanted: 800), now: 0) == .granted(left: [200]))
    #expect(store.lease(Self.call(3, used: 700, wanted: 900), now: 0) == .refused(left: [200]), "as before")
    #expect(store.lease(Self.call(4, used: 700, wanted: 750), now: 0) == .granted(left: [250]))
    #expect(
      store.lease(Self.call(5, used: 900, wanted: 950), now: 0) == .refused(left: [100]), "what was used")
  }

  @Test func whatWasUsedIsChargedInAnyCase() {
    var store = LimitStore()
    #expect(store.lease(Self.call(1, used: 1_500, wanted: 1_500), now: 0) == .granted(left: [0]))
    #expect(store.entries["tpm"]?.value.text == "-30000000 0 1000 60000", "500 tokens of debt")
  }

  @Test func aCallThatComesLateDoesNothing() {
    var store = LimitStore()
    _ = store.lease(Self.call(2, used: 50, wanted: 100), now: 0)
    let before = store.entries
    #expect(store.lease(Self.call(1, used: 0, wanted: 400), now: 0) == .late)
    #expect(store.lease(Self.call(2, used: 50, wanted: 100), now: 0) == .late)
    #expect(store.entries == before)
  }

  @Test func aLeaseThatIsForgottenGoesOnFromWhatTheWorkerKnows() {
    var store = LimitStore()
    _ = store.lease(Self.call(1, used: 50, wanted: 100), now: 0)
    let later: Int64 = 60_001
    #expect(
      store.lease(Self.call(2, before: 100, used: 130, wanted: 130), now: later) == .granted(left: [970]))
  }
}
