import Policy

/// The scripts that keep the shared cache. `CacheStore` is their twin.
struct CacheScripts: Sendable {
  let get: Script
  let lock: Script
  let renew: Script
  let fill: Script
  let release: Script

  init(clock: Script.Clock = .redis) {
    let shared = PackageResources.cache_common_lua
    get = Script(shared, PackageResources.cache_get_lua, clock: clock)
    lock = Script(shared, PackageResources.cache_lock_lua, clock: clock)
    renew = Script(shared, PackageResources.cache_renew_lua, clock: clock)
    fill = Script(shared, PackageResources.cache_fill_lua, clock: clock)
    release = Script(shared, PackageResources.cache_release_lua, clock: clock)
  }
}

/// What a script of the cache is called with. A body isn't text.
struct CacheCall: Equatable, Sendable {
  var keys: [String]
  var arguments: [[UInt8]]

  private init(_ keys: [String], _ words: [String]) {
    self.keys = keys
    arguments = words.map { Array($0.utf8) }
  }

  /// For `get`.
  init(looking keys: CacheKeys) { self.init(keys.all, []) }

  /// For `lock`.
  init(_ claim: CacheClaim, _ keys: CacheKeys) {
    self.init(keys.all, [claim.owner, String(claim.lifetime), String(claim.seen)])
  }

  /// For `renew`.
  init(renewing keys: CacheKeys, owner: String, lifetime: Int64) {
    self.init([keys.lock], [owner, String(lifetime)])
  }

  /// For `fill`.
  init(_ fill: CacheFill, _ keys: CacheKeys) {
    self.init(keys.all, [fill.owner, String(fill.kept), keys.channel])
    arguments.append(fill.body)
    for (name, value) in fill.meta.fields { arguments += [Array(name.utf8), Array(value.utf8)] }
  }

  /// For `release`.
  init(releasing keys: CacheKeys, owner: String) {
    self.init([keys.lock], [owner, keys.channel])
  }
}

extension CacheKeys {
  fileprivate var all: [String] { [meta, body, lock] }
}

/// As the hash holds it: names and order of `cache_get.lua`.
extension CachedMeta {
  static let names = [
    "kind", "status", "type", "ttl", "delta_ms", "input", "output", "cached", "reasoning", "encoding",
    "bytes",
  ]

  var fields: [(name: String, value: String)] {
    [
      ("kind", kind.rawValue), ("status", String(status)), ("type", type), ("ttl", String(ttl)),
      ("delta_ms", String(delta)), ("input", String(usage.input)), ("output", String(usage.output)),
      ("cached", String(usage.cached)), ("reasoning", String(usage.reasoning)),
      ("encoding", encoding.rawValue), ("bytes", String(bytes)),
    ]
  }

  /// Reads the values of `fields`, in order; nil where one is missing or makes no sense.
  init?(_ values: [String]) {
    guard values.count == 11, let kind = Kind(rawValue: values[0]),
      let encoding = Encoding(rawValue: values[9])
    else { return nil }
    let numbers = [1, 3, 4, 5, 6, 7, 8, 10].compactMap { Int64(values[$0]) }
    guard numbers.count == 8, numbers.allSatisfy({ $0 >= 0 }), 100..<600 ~= numbers[0] else { return nil }
    self.init(
      kind: kind, status: Int(numbers[0]), type: values[2], ttl: numbers[1], delta: numbers[2],
      usage: Usage(input: numbers[3], output: numbers[4], cached: numbers[5], reasoning: numbers[6]),
      encoding: encoding, bytes: numbers[7])
  }
}
