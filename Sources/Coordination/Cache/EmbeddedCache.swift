import NIOConcurrencyHelpers
package import NIOCore
package import Policy

/// Answers of a replica alone, in memory that all its workers share: the scripts' twin, bounded in bytes.
package final class EmbeddedCacheStore: Sendable {
  /// What a store may hold by default.
  package static let defaultLimit = 128 << 20

  private let state: NIOLockedValueBox<State>

  private struct State {
    var store: BoundedCache
    var watchers: [CacheKeys: [Int: @Sendable () -> Void]] = [:]
    var nextWatcher = 0
    var sweptAt: Int64 = 0
  }

  /// `limit` in bytes of bodies and keys.
  package init(limit: Int = EmbeddedCacheStore.defaultLimit) {
    state = NIOLockedValueBox(State(store: BoundedCache(limit: limit)))
  }

  /// Bytes held.
  package var bytes: Int { state.withLockedValue { $0.store.bytes } }

  func with<Value>(_ body: (inout BoundedCache) -> Value) -> Value {
    state.withLockedValue { body(&$0.store) }
  }

  func makeWatcher() -> Int {
    state.withLockedValue { state in
      state.nextWatcher += 1
      return state.nextWatcher
    }
  }

  func watch(_ keys: CacheKeys, _ watcher: Int, _ handler: @escaping @Sendable () -> Void) {
    state.withLockedValue { $0.watchers[keys, default: [:]][watcher] = handler }
  }

  func unwatch(_ keys: CacheKeys, _ watcher: Int) {
    state.withLockedValue { state in
      state.watchers[keys]?[watcher] = nil
      if state.watchers[keys]?.isEmpty == true { state.watchers[keys] = nil }
    }
  }

  func publish(_ keys: CacheKeys) {
    let handlers = state.withLockedValue { Array(($0.watchers[keys] ?? [:]).values) }
    for handler in handlers { handler() }
  }

  /// Forgets what has expired, every ten seconds.
  func sweepIfDue(_ now: Int64) {
    state.withLockedValue { state in
      guard abs(now - state.sweptAt) > 10_000 else { return }
      state.sweptAt = now
      state.store.sweep(now: now)
    }
  }
}

/// One worker's way to it.
package final class EmbeddedCache: SharedCache {
  private let store: EmbeddedCacheStore
  private let loop: any EventLoop
  private let watcher: Int
  private var handlers: [CacheKeys: () -> Void] = [:]

  /// To be made on `loop`.
  package init(_ store: EmbeddedCacheStore, on loop: any EventLoop) {
    self.store = store
    self.loop = loop
    watcher = store.makeWatcher()
  }

  package var isAvailable: Bool { true }
  /// It dies with its leaders; a machine that stands still for a while should cost nobody an answer.
  package var lockLifetime: Int64 { 30_000 }
  private var now: Int64 { EmbeddedState.wallMilliseconds() }

  package func get(
    _ keys: CacheKeys, claiming claim: CacheClaim?, _ completion: @escaping (CacheLookup?) -> Void
  ) {
    let now = now
    completion(
      store.with { store in
        claim.map { store.get(keys, claiming: $0, now: now) } ?? store.get(keys, now: now)
      })
  }

  package func lock(
    _ keys: CacheKeys, _ claim: CacheClaim, _ completion: @escaping (CacheClaim.Reply?) -> Void
  ) {
    let now = now
    completion(store.with { $0.lock(keys, claim, now: now) })
  }

  package func renew(_ keys: CacheKeys, owner: String, lifetime: Int64) {
    let now = now
    _ = store.with { $0.renew(keys, owner: owner, lifetime: lifetime, now: now) }
  }

  package func fill(
    _ keys: CacheKeys, _ fill: CacheFill, _ completion: @escaping (CacheFill.Reply?) -> Void
  ) {
    let now = now
    let reply = store.with { $0.fill(keys, fill, now: now) }
    if reply == .filled { store.publish(keys) }
    completion(reply)
  }

  package func release(_ keys: CacheKeys, owner: String) {
    let now = now
    if store.with({ $0.release(keys, owner: owner, now: now) }) { store.publish(keys) }
  }

  package func watch(_ keys: CacheKeys, _ handler: @escaping () -> Void) {
    handlers[keys] = handler
    let bound = NIOLoopBound(self, eventLoop: loop)
    let heard: @Sendable () -> Void = { [loop] in loop.execute { bound.value.handlers[keys]?() } }
    store.watch(keys, watcher, heard)
    heard()
  }

  package func unwatch(_ keys: CacheKeys) {
    handlers[keys] = nil
    store.unwatch(keys, watcher)
  }

  package func beat() { store.sweepIfDue(now) }
  package func flush() {}
  package func flushSoon() {}
  package func close() { for keys in Array(handlers.keys) { unwatch(keys) } }
}
