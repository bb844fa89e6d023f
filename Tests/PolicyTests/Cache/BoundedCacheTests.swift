import Policy
import Testing

struct BoundedCacheTests {
  private let now: Int64 = 1_000_000

  private func keys(_ number: Int) throws -> CacheKeys {
    try #require(CacheKeys(tenant: "acme", hash: "a\(number)"))
  }

  private func finds(_ number: Int, in cache: BoundedCache, now: Int64? = nil) throws -> Bool {
    cache.get(try keys(number), now: now ?? self.now).answer != nil
  }

  private func store(
    _ number: Int, bytes: Int = 1_000, in cache: inout BoundedCache, owner: String? = nil, now: Int64? = nil
  )
    throws
  {
    let (keys, owner, now) = (try keys(number), owner ?? "r\(number)", now ?? self.now)
    let seen = cache.get(keys, now: now).seen
    #expect(cache.lock(keys, CacheClaim(owner: owner, lifetime: 500, seen: seen), now: now) == .got)
    let meta = CachedMeta(
      kind: .plain, status: 200, type: "application/json", ttl: 60_000, delta: 1, usage: .init(),
      encoding: .identity,
      bytes: Int64(bytes))
    let fill = CacheFill(owner: owner, meta: meta, body: Array(repeating: 0x20, count: bytes), kept: 60_000)
    #expect(cache.fill(keys, fill, now: now) == .filled)
  }

  @Test func theOldestGoesWhereThereIsNoRoom() throws {
    var cache = BoundedCache(limit: 7_000)
    for number in 0..<5 { try store(number, in: &cache) }
    #expect(cache.bytes <= 7_000)
    let found = try (0..<5).map { try finds($0, in: cache) }
    #expect(found == [false, false, true, true, true])
  }

  @Test func anAnswerThatIsReplacedCountsOnceAndIsYoungAgain() throws {
    var cache = BoundedCache(limit: 7_000)
    for number in 0..<3 { try store(number, in: &cache) }
    let before = cache.bytes
    try store(0, in: &cache, owner: "again", now: now + 10)
    #expect(cache.bytes == before)
    try store(3, in: &cache, now: now + 10)
    #expect(try finds(0, in: cache, now: now + 10))
    #expect(try !finds(1, in: cache, now: now + 10))
  }

  @Test func oneThatIsTooLargeForAllIsNotKept() throws {
    var cache = BoundedCache(limit: 4_000)
    try store(0, bytes: 9_000, in: &cache)
    #expect(cache.bytes == 0)
    #expect(try !finds(0, in: cache))
  }

  @Test func whatHasExpiredTakesNoRoom() throws {
    var cache = BoundedCache(limit: 100_000)
    for number in 0..<5 { try store(number, in: &cache) }
    cache.sweep(now: now + 60_001)
    #expect(cache.bytes == 0)
    try store(7, in: &cache, now: now + 60_001)
    #expect(cache.bytes > 1_000)
  }

  @Test func theMedianIsOfTheLastFew() {
    var median = RecentMedian()
    #expect(median.median == nil)
    for value in [5, 1, 900] as [Int64] { median.add(value) }
    #expect(median.median == 5)
    for _ in 0..<40 { median.add(70) }
    #expect(median.median == 70)
  }
}
