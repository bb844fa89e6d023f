import NIOConcurrencyHelpers
import NIOCore
import NIOPosix
import Policy
import TestSupport
import Testing

@testable import Coordination

/// A worker's way to the cache of a real Redis: what the duel, which has Redis' time to itself, can't show.
@Suite(.needsRedis, .timeLimit(.minutes(3)))
struct RedisCacheTests {
  private let redis: RedisUnderTest
  private let loop = MultiThreadedEventLoopGroup.singleton.next()
  private let cache: NIOLoopBound<RedisCache>
  private let keys: CacheKeys
  /// What the worker's monotonic clock is ahead of the machine's.
  private let shift = NIOLockedValueBox<Int64>(0)

  init() async throws {
    redis = try RedisUnderTest()
    keys = try #require(CacheKeys(tenant: "acme", hash: "00ff"))
    let (loop, shift, socket) = (loop, shift, redis.socket)
    cache = try await loop.submit {
      let cache = RedisCache(
        try RedisAddress("unix://\(socket)"), on: loop, ReplicaBreaker(), timeout: .seconds(5),
        monotonic: { StateClock.monotonicMilliseconds() + shift.withLockedValue { $0 } }, tell: { _ in })
      return NIOLoopBound(cache, eventLoop: loop)
    }.get()
    let cache = cache
    #expect(try await eventually { try await loop.submit { cache.value.isAvailable }.get() })
  }

  private func ask<Value: Sendable>(
    _ question: @escaping @Sendable (RedisCache, @escaping (Value) -> Void) -> Void
  ) async throws -> Value {
    let (promise, cache) = (loop.makePromise(of: Value.self), cache)
    loop.execute {
      question(cache.value) { promise.succeed($0) }
      cache.value.flush()
    }
    return try await promise.futureResult.get()
  }

  private func look(_ owner: String? = nil) async throws -> CacheLookup? {
    let claim = owner.map { CacheClaim(owner: $0, lifetime: 30_000, seen: 0) }
    return try await ask { [keys] in $0.get(keys, claiming: claim, $1) }
  }

  private func lock(_ owner: String, seen: Int64 = 0) async throws -> CacheClaim.Reply? {
    try await ask { [keys] in $0.lock(keys, CacheClaim(owner: owner, lifetime: 30_000, seen: seen), $1) }
  }

  private func fill(_ owner: String) async throws -> CacheFill.Reply? {
    let meta = CachedMeta(
      kind: .plain, status: 200, type: "application/json", ttl: 60_000, delta: 900, usage: .init(),
      encoding: .identity, bytes: 2)
    let fill = CacheFill(owner: owner, meta: meta, body: Array("{}".utf8), kept: 90_000)
    return try await ask { [keys] in $0.fill(keys, fill, $1) }
  }

  private func end() async throws {
    let cache = cache
    try await loop.submit { cache.value.close() }.get()
  }

  /// When the lock in the answer's place ends, as its text says, in milliseconds from now.
  private func told() throws -> Int64 {
    guard case .text(let text) = try redis.send("GET", keys.answer), let lock = CacheStore.Lock(text),
      case .list(let time) = try redis.send("TIME"), case .text(let seconds) = time[0],
      let now = Int64(seconds)
    else { throw RedisUnderTest.Failed(description: "no lock") }
    return lock.until - now * 1_000
  }

  @Test func theFirstLookLearnsTheTimeAndTheNextTakesTheLock() async throws {
    let first = try #require(try await look("r1:1"))
    #expect(!first.isClaimed && first.holder == nil && first.now > 1_600_000_000_000)
    #expect(try redis.send("EXISTS", keys.answer) == .number(0), "nobody knew until when it would hold")
    #expect(try await look("r1:1")?.isClaimed == true)
    #expect((29_000...31_500).contains(try told()))
    #expect(try await lock("r1:2") != .got)
    #expect(try await fill("r1:2") == .refused)
    #expect(try await fill("r1:1") == .filled)
    #expect(try await look("r1:4")?.answer != nil)
    try await end()
  }

  /// Without the time it is the script that takes the lock.
  @Test func aLockIsTakenBeforeTheTimeIsKnown() async throws {
    #expect(try await lock("r1:1") == .got)
    guard case .held(let holder)? = try await lock("r1:2") else {
      throw RedisUnderTest.Failed(description: "?")
    }
    #expect(holder.owner == "r1:1" && (29_000...30_000).contains(holder.left))
    try await end()
  }

  /// The worker's clock has gone astray since it was told the time, however far: the look behind asks, and is right again.
  @Test(arguments: [600, 4_000]) func aWorkerWhoseClockIsWrongHasItsLockAllTheSame(_ astray: Int64)
    async throws
  {
    _ = try await look()
    shift.withLockedValue { $0 = astray }
    #expect(try await look("r1:1")?.isClaimed == true)
    #expect(try await lock("r1:2") != .got)
    #expect(try await fill("r1:1") == .filled)
    let found = try #require(try await look())
    #expect(abs(found.now - found.seen) < 1_000)
    try await end()
  }

  @Test func whatNobodyWroteIsReplaced() async throws {
    _ = try await look()
    for text in ["nonsense", "L r1", "12345"] {
      _ = try redis.send("SET", keys.answer, text)
      #expect(try await look("r1:1")?.isClaimed == false)
      #expect(try await lock("r1:1") == .got, "\(text)")
      #expect(try await fill("r1:1") == .filled)
      _ = try redis.send("DEL", keys.answer)
    }
    try await end()
  }

  @Test func anAnswerThatCameMeanwhileIsChange() async throws {
    _ = try await look()
    #expect(try await lock("r1:1") == .got)
    #expect(try await fill("r1:1") == .filled)
    #expect(try await lock("r1:2") == .changed)
    let seen = try #require(try await look()).seen
    #expect(try await lock("r1:2", seen: seen) == .got)
    try await end()
  }

  @Test func whereRedisTakesNothingNobodyKnows() async throws {
    _ = try await look()
    _ = try redis.send("CONFIG", "SET", "maxmemory", "1")
    #expect(try await look("r1:1") == nil)
    #expect(try await lock("r1:1") == nil)
    #expect(try await look() != nil)
    _ = try redis.send("CONFIG", "SET", "maxmemory", "0")
    #expect(try await look("r1:1")?.isClaimed == true)
    try await end()
  }

  /// Nothing else is sent behind it.
  @Test func whatIsHeldBackGoesOutByItself() async throws {
    _ = try await look()
    #expect(try await look("r1:1")?.isClaimed == true)
    let (promise, cache, keys) = (loop.makePromise(of: CacheFill.Reply?.self), cache, keys)
    let meta = CachedMeta(
      kind: .plain, status: 200, type: "", ttl: 1, delta: 0, usage: .init(), encoding: .identity, bytes: 0)
    loop.execute {
      cache.value.fill(keys, CacheFill(owner: "r1:1", meta: meta, body: [], kept: 1_000)) {
        promise.succeed($0)
      }
      cache.value.flushSoon()
    }
    #expect(try await promise.futureResult.get() == .filled)
    try await end()
  }
}
