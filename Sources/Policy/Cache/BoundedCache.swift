/// A cache that holds so many bytes and no more: for a new answer, the oldest ones go.
package struct BoundedCache: Sendable {
  private var store = CacheStore()
  /// Answers in the order in which they came; those that were replaced or have expired are still listed.
  private var order: [(keys: CacheKeys, owner: String)] = []
  private var first = 0
  private let limit: Int
  /// Held now.
  package private(set) var bytes = 0

  /// Bytes that an answer takes besides its body: keys, meta and bookkeeping, roughly.
  private static let overhead = 1_024

  package init(limit: Int) { self.limit = limit }

  package func get(_ keys: CacheKeys, now: Int64) -> CacheLookup { store.get(keys, now: now) }

  package mutating func get(_ keys: CacheKeys, claiming claim: CacheClaim, now: Int64) -> CacheLookup {
    counting(keys) { $0.get(keys, claiming: claim, now: now) }
  }

  package mutating func lock(_ keys: CacheKeys, _ claim: CacheClaim, now: Int64) -> CacheClaim.Reply {
    counting(keys) { $0.lock(keys, claim, now: now) }
  }

  @discardableResult
  package mutating func renew(_ keys: CacheKeys, owner: String, lifetime: Int64, now: Int64) -> Bool {
    store.renew(keys, owner: owner, lifetime: lifetime, now: now)
  }

  package mutating func release(_ keys: CacheKeys, owner: String, now: Int64) -> Bool {
    store.release(keys, owner: owner, now: now)
  }

  /// See `CacheStore.fill`.
  package mutating func fill(_ keys: CacheKeys, _ fill: CacheFill, now: Int64) -> CacheFill.Reply {
    let reply = counting(keys) { $0.fill(keys, fill, now: now) }
    guard reply == .filled else { return reply }
    order.append((keys, fill.owner))
    makeRoom()
    return reply
  }

  /// Does what may replace or remove one answer.
  private mutating func counting<Reply>(_ keys: CacheKeys, _ change: (inout CacheStore) -> Reply) -> Reply {
    let former = store.entries[keys].map(Self.size) ?? 0
    let reply = change(&store)
    bytes += (store.entries[keys].map(Self.size) ?? 0) - former
    return reply
  }

  /// Forgets what has expired, which changes no answer.
  package mutating func sweep(now: Int64) {
    store.sweep(now: now)
    bytes = store.entries.values.reduce(0) { $0 + Self.size($1) }
    order = order[first...].filter { store.entries[$0.keys]?.owner == $0.owner }
    first = 0
  }

  private mutating func makeRoom() {
    while bytes > limit, first < order.count {
      let oldest = order[first]
      first += 1
      guard let entry = store.entries[oldest.keys], entry.owner == oldest.owner else { continue }
      bytes -= Self.size(entry)
      store.forget(oldest.keys)
    }
    guard first > 1_024, first > order.count / 2 else { return }
    order.removeFirst(first)
    first = 0
  }

  private static func size(_ entry: CacheStore.Entry) -> Int { entry.answer.body.count + overhead }
}
