import NIOEmbedded
import Policy
import Testing

@testable import Coordination

/// Two workers at one store in memory.
struct EmbeddedCacheTests {
  private let store = EmbeddedCacheStore(limit: 10_000)
  private let loops = [EmbeddedEventLoop(), EmbeddedEventLoop()]
  private let caches: [EmbeddedCache]
  private let keys: CacheKeys

  init() throws {
    let store = store
    caches = loops.map { EmbeddedCache(store, on: $0) }
    keys = try #require(CacheKeys(tenant: "acme", hash: "a1"))
  }

  private func lock(_ cache: EmbeddedCache, _ owner: String) -> CacheClaim.Reply? {
    var answer: CacheClaim.Reply?
    cache.lock(keys, CacheClaim(owner: owner, lifetime: 60_000, seen: 0)) { answer = $0 }
    return answer
  }

  private func fill(_ cache: EmbeddedCache, _ owner: String) -> CacheFill.Reply? {
    let meta = CachedMeta(
      kind: .plain, status: 200, type: "application/json", ttl: 60_000, delta: 1, usage: .init(),
      encoding: .identity,
      bytes: 2)
    var answer: CacheFill.Reply?
    cache.fill(keys, CacheFill(owner: owner, meta: meta, body: Array("{}".utf8), kept: 60_000)) {
      answer = $0
    }
    return answer
  }

  @Test func whatOneWorkerStoresAnotherFinds() {
    #expect(lock(caches[0], "a") == .got)
    guard case .held(let holder) = lock(caches[1], "b") else {
      Issue.record("two have the lock")
      return
    }
    #expect(holder.owner == "a" && fill(caches[1], "b") == .refused)
    #expect(fill(caches[0], "a") == .filled && store.bytes > 0)
    var found: CacheLookup?
    caches[1].get(keys, claiming: nil) { found = $0 }
    #expect(found?.answer?.body == Array("{}".utf8) && found?.holder == nil)
  }

  @Test func whoWatchesIsToldAtOnceAndAtTheEnd() {
    _ = lock(caches[0], "a")
    var heard = 0
    caches[1].watch(keys) { heard += 1 }
    loops[1].run()
    #expect(heard == 1)
    _ = fill(caches[0], "a")
    #expect(heard == 1, "it is told on its own loop")
    loops[1].run()
    #expect(heard == 2)
    caches[1].unwatch(keys)
    _ = lock(caches[0], "c")
    caches[0].release(keys, owner: "c")
    loops[1].run()
    #expect(heard == 2)
  }
}
