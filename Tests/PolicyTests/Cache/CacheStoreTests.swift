import Testing

@testable import Policy

/// What flights and fills mean; that the scripts mean the same is `CacheTwinTests`' to show.
struct CacheStoreTests {
  private let keys: CacheKeys
  private var store = CacheStore()
  private let start: Int64 = 1_790_000_000_000

  init() throws { keys = try #require(CacheKeys(tenant: "acme", hash: "00ff")) }

  private func claim(_ owner: String, seen: Int64 = 0) -> CacheClaim {
    CacheClaim(owner: owner, lifetime: 30_000, seen: seen)
  }

  private func fill(_ owner: String, _ body: String = "{}") -> CacheFill {
    let meta = CachedMeta(
      kind: .plain, status: 200, type: "application/json", ttl: 60_000, delta: 900, usage: .init(),
      encoding: .identity, bytes: 2)
    return CacheFill(owner: owner, meta: meta, body: Array(body.utf8), kept: 90_000)
  }

  private func body(at now: Int64) -> String? {
    store.get(keys, now: now).answer.map { String(decoding: $0.body, as: UTF8.self) }
  }

  @Test mutating func oneFlightFetchesForAll() {
    #expect(store.lock(keys, claim("a"), now: start) == .got)
    #expect(store.lock(keys, claim("b"), now: start + 10) == .held(.init(owner: "a", left: 29_990)))
    #expect(store.get(keys, now: start + 10).holder == .init(owner: "a", left: 29_990))
    #expect(store.fill(keys, fill("a"), now: start + 20) == .filled)
    let found = store.get(keys, now: start + 30)
    #expect(found.holder == nil && found.seen == start + 20 && found.answer?.created == start + 20)
  }

  /// To look and to begin in one.
  @Test mutating func whoFindsNothingAndNobodyBegins() {
    #expect(store.get(keys, claiming: claim("a"), now: start).isClaimed)
    let second = store.get(keys, claiming: claim("b"), now: start + 10)
    #expect(!second.isClaimed && second.holder == .init(owner: "a", left: 29_990))
    #expect(store.get(keys, claiming: claim("a"), now: start + 20).isClaimed, "the same again")
    #expect(store.firstLocks[keys]?.until == start + 30_000, "which prolongs nothing")
    #expect(store.fill(keys, fill("a"), now: start + 20) == .filled)
    #expect(!store.get(keys, claiming: claim("b"), now: start + 30).isClaimed && store.firstLocks.isEmpty)
  }

  @Test mutating func theSameCallsAgainChangeNothing() {
    #expect(store.lock(keys, claim("a"), now: start) == .got)
    #expect(store.lock(keys, claim("a"), now: start + 9_000) == .got)
    #expect(store.get(keys, now: start + 9_000).holder?.left == 21_000)
    #expect(store.fill(keys, fill("a", "1"), now: start + 9_001) == .filled)
    #expect(store.fill(keys, fill("a", "2"), now: start + 9_002) == .repeated)
    #expect(store.release(keys, owner: "a", now: start + 9_003) == false)
    #expect(body(at: start + 9_003) == "1")
  }

  /// Who looked, found nothing, and only then asked to fetch.
  @Test mutating func aFlightThatEndedInBetweenIsNotFlownAgain() {
    let seen = store.get(keys, now: start).seen
    _ = store.lock(keys, claim("a"), now: start)
    _ = store.fill(keys, fill("a"), now: start + 1)
    #expect(store.lock(keys, claim("b", seen: seen), now: start + 2) == .changed)
    #expect(store.lock(keys, claim("b", seen: start + 1), now: start + 2) == .got)
    #expect(body(at: start + 2) == "{}")
  }

  @Test mutating func aLateFlightStoresNothing() {
    _ = store.lock(keys, claim("a"), now: start)
    #expect(store.lock(keys, claim("b"), now: start + 30_000) == .got)
    #expect(store.fill(keys, fill("a", "late"), now: start + 30_001) == .refused)
    #expect(store.renew(keys, owner: "a", lifetime: 30_000, now: start + 30_001) == false)
    #expect(store.release(keys, owner: "a", now: start + 30_001) == false)
    #expect(store.fill(keys, fill("b", "new"), now: start + 30_002) == .filled)
    #expect(store.fill(keys, fill("a", "late"), now: start + 30_003) == .refused)
    #expect(body(at: start + 30_003) == "new")
  }

  /// A replica that was killed: its lock ends by itself.
  @Test mutating func aLockEndsWithItsTime() {
    _ = store.lock(keys, claim("a"), now: start)
    #expect(store.get(keys, now: start + 29_999).holder != nil)
    #expect(store.get(keys, now: start + 30_000).holder == nil)
    #expect(store.fill(keys, fill("a"), now: start + 30_000) == .refused)
    store.sweep(now: start + 30_000)
    #expect(store.firstLocks.isEmpty)
  }

  /// Its lifetime is over while it is fetched anew: it stays, so that those who come follow that flight.
  @Test mutating func anAnswerStaysWhileItIsReplaced() {
    _ = store.lock(keys, claim("a"), now: start)
    _ = store.fill(keys, fill("a"), now: start)
    #expect(store.lock(keys, claim("b", seen: start), now: start + 89_000) == .got)
    let late = store.get(keys, claiming: claim("c"), now: start + 95_000)
    #expect(!late.isClaimed && late.seen == start && late.holder?.owner == "b")
    #expect(store.renew(keys, owner: "b", lifetime: 30_000, now: start + 100_000) == true)
    let later = store.get(keys, claiming: claim("c"), now: start + 129_000)
    #expect(later.holder?.owner == "b")
    #expect(store.fill(keys, fill("b", "new"), now: start + 129_500) == .filled)
    #expect(store.locks.isEmpty && body(at: start + 129_500) == "new")
  }

  @Test mutating func aLongFlightIsProlonged() {
    _ = store.lock(keys, claim("a"), now: start)
    #expect(store.renew(keys, owner: "a", lifetime: 30_000, now: start + 20_000) == true)
    #expect(store.lock(keys, claim("b"), now: start + 40_000) == .held(.init(owner: "a", left: 10_000)))
    #expect(store.fill(keys, fill("a"), now: start + 49_999) == .filled)
  }

  @Test mutating func afterAFailureOneOtherTakesOver() {
    _ = store.lock(keys, claim("a"), now: start)
    #expect(store.release(keys, owner: "a", now: start + 5) == true)
    #expect(store.release(keys, owner: "a", now: start + 5) == false)
    #expect(store.lock(keys, claim("b"), now: start + 6) == .got)
    #expect(store.lock(keys, claim("c"), now: start + 6) == .held(.init(owner: "b", left: 30_000)))
  }

  @Test mutating func whatIsAskedBeforeAPurgeDoesNotComeBackAfterIt() {
    _ = store.lock(keys, claim("a"), now: start)
    store.purge { $0 == keys }
    #expect(store.fill(keys, fill("a"), now: start + 1) == .refused)
    #expect(body(at: start + 1) == nil)
  }

  @Test mutating func anAnswerIsGoneWithItsTime() {
    _ = store.lock(keys, claim("a"), now: start)
    _ = store.fill(keys, fill("a"), now: start)
    #expect(body(at: start + 89_999) == "{}")
    #expect(body(at: start + 90_000) == nil)
    #expect(store.lock(keys, claim("b"), now: start + 90_000) == .got)
  }

  /// An hour back: neither an answer nor a lock of the future holds anyone up. A little back changes nothing.
  @Test mutating func aClockThatGoesBackLocksNobodyOut() {
    _ = store.lock(keys, claim("a"), now: start)
    #expect(store.get(keys, now: start - 5_000).holder == .init(owner: "a", left: 30_000))
    #expect(store.lock(keys, claim("b"), now: start - 3_600_000) == .got)
    _ = store.fill(keys, fill("b"), now: start - 3_600_000)
    #expect(body(at: start - 3_605_000) == "{}")
    #expect(body(at: start - 3_605_001) == nil)
    #expect(store.lock(keys, claim("c"), now: start - 7_200_000) == .got)
  }

  @Test mutating func answersOfOtherKeysAreUntouched() throws {
    let other = try #require(CacheKeys(tenant: "globex", hash: "00ff"))
    _ = store.lock(keys, claim("a"), now: start)
    #expect(store.lock(other, claim("b"), now: start) == .got)
    _ = store.fill(keys, fill("a"), now: start)
    #expect(store.get(other, now: start).answer == nil)
  }
}
