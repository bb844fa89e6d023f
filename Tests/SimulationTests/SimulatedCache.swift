import Coordination
import Policy

/// The cache that a simulated Redis keeps, who listens to it, and what was stored when.
final class SimulatedCacheStore {
  /// A flight that stored its answer: from the moment it was given the lock.
  struct Stored {
    var began: Int64
    var ended: Int64
    var owner: String
  }

  private var store = CacheStore()
  private(set) var stored: [CacheKeys: [Stored]] = [:]
  private var grants: [String: Int64] = [:]
  private var listeners: [CacheKeys: [Int: () -> Void]] = [:]

  var isEmpty: Bool {
    store.locks.isEmpty && store.firstLocks.isEmpty && listeners.values.allSatisfy(\.isEmpty)
  }

  func loseAll() { store = CacheStore() }
  func sweep(now: Int64) { store.sweep(now: now) }

  func get(_ keys: CacheKeys, _ claim: CacheClaim?, now: Int64, at: Int64) -> CacheLookup {
    guard let claim else { return store.get(keys, now: now) }
    let lookup = store.get(keys, claiming: claim, now: now)
    if lookup.isClaimed, grants[claim.owner] == nil { grants[claim.owner] = at }
    return lookup
  }

  func lock(_ keys: CacheKeys, _ claim: CacheClaim, now: Int64, at: Int64) -> CacheClaim.Reply {
    let reply = store.lock(keys, claim, now: now)
    if reply == .got, grants[claim.owner] == nil { grants[claim.owner] = at }
    return reply
  }

  func renew(_ keys: CacheKeys, _ owner: String, _ lifetime: Int64, now: Int64) {
    _ = store.renew(keys, owner: owner, lifetime: lifetime, now: now)
  }

  func fill(_ keys: CacheKeys, _ fill: CacheFill, now: Int64, at: Int64) -> CacheFill.Reply {
    let reply = store.fill(keys, fill, now: now)
    if reply == .filled {
      stored[keys, default: []].append(.init(began: grants[fill.owner] ?? -1, ended: at, owner: fill.owner))
    }
    return reply
  }

  func release(_ keys: CacheKeys, _ owner: String, now: Int64) -> Bool {
    store.release(keys, owner: owner, now: now)
  }

  func listen(_ keys: CacheKeys, _ listener: Int, _ handler: (() -> Void)?) {
    listeners[keys, default: [:]][listener] = handler
  }

  func publish(_ keys: CacheKeys) {
    for (_, handler) in (listeners[keys] ?? [:]).sorted(by: { $0.key < $1.key }) { handler() }
  }
}

/// A worker's way to it: calls take time, and some are lost on the way there or back; so is what is published.
final class SimulatedCache: SharedCache, TroubledLink {
  private let world: World
  private let redis: SimulatedRedis
  private let number: Int
  var loss = 0
  var isCutOff = false
  private static let timeout: Int64 = 25

  init(_ world: World, _ redis: SimulatedRedis, number: Int) {
    self.world = world
    self.redis = redis
    self.number = number
  }

  var isAvailable: Bool { redis.health != .gone && !isCutOff }
  var lockLifetime: Int64 { 700 }

  func get(_ keys: CacheKeys, claiming claim: CacheClaim?, _ completion: @escaping (CacheLookup?) -> Void) {
    call({ $0.get(keys, claim, now: $1, at: $2) }, completion)
  }

  func lock(_ keys: CacheKeys, _ claim: CacheClaim, _ completion: @escaping (CacheClaim.Reply?) -> Void) {
    call({ $0.lock(keys, claim, now: $1, at: $2) }, completion)
  }

  func renew(_ keys: CacheKeys, owner: String, lifetime: Int64) {
    call({ cache, now, _ in cache.renew(keys, owner, lifetime, now: now) }) { _ in }
  }

  func fill(_ keys: CacheKeys, _ fill: CacheFill, _ completion: @escaping (CacheFill.Reply?) -> Void) {
    call(
      { cache, now, at in
        let reply = cache.fill(keys, fill, now: now, at: at)
        if reply == .filled { cache.publish(keys) }
        return reply
      }, completion)
  }

  func release(_ keys: CacheKeys, owner: String) {
    call({ cache, now, _ in if cache.release(keys, owner, now: now) { cache.publish(keys) } }) { _ in }
  }

  func watch(_ keys: CacheKeys, _ handler: @escaping () -> Void) {
    let heard = { [self] in
      guard isAvailable, redis.health == .up, !world.chance(loss) else { return }
      world.after(world.between(0, 3), handler)
    }
    redis.cache.listen(keys, number, heard)
    heard()
  }

  func unwatch(_ keys: CacheKeys) { redis.cache.listen(keys, number, nil) }
  func beat() {}
  func flush() {}
  func flushSoon() {}
  func close() {}

  /// There in 0 to 3 ms and back in as many, or never.
  private func call<Value>(
    _ operation: @escaping (SimulatedCacheStore, _ now: Int64, _ at: Int64) -> Value,
    _ completion: @escaping (Value?) -> Void
  ) {
    var isOver = false
    let end = { (value: Value?) in
      guard !isOver else { return }
      isOver = true
      completion(value)
    }
    guard isAvailable else { return end(nil) }
    world.after(Self.timeout) { end(nil) }
    if world.chance(loss) { return }
    world.after(world.between(0, 3)) { [self] in
      guard isAvailable, redis.health == .up else { return }
      let value = operation(redis.cache, redis.now, world.now)
      if world.chance(loss) { return }
      world.after(world.between(0, 3)) { [self] in if isAvailable { end(value) } }
    }
  }
}
