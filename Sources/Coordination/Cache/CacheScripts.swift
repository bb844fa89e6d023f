import Policy

/// The scripts that keep the shared cache. `CacheStore` is their twin, and that of `CacheLook`.
struct CacheScripts: Sendable {
  let lock: Script
  let renew: Script
  let fill: Script
  let release: Script

  init(clock: Script.Clock = .redis) {
    let shared = PackageResources.cache_common_lua
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

  /// For `lock`.
  init(_ claim: CacheClaim, _ keys: CacheKeys) {
    self.init(keys.all, [claim.owner, String(claim.lifetime), String(claim.seen)])
  }

  /// For `renew`.
  init(renewing keys: CacheKeys, owner: String, lifetime: Int64) {
    self.init(keys.all, [owner, String(lifetime)])
  }

  /// For `fill`.
  init(_ fill: CacheFill, _ keys: CacheKeys) {
    self.init(keys.all, [fill.owner, String(fill.kept), keys.channel])
    arguments.append(Array(fill.meta.line.utf8) + fill.body)
  }

  /// For `release`.
  init(releasing keys: CacheKeys, owner: String) {
    self.init(keys.all, [owner, keys.channel])
  }
}

extension CacheKeys {
  fileprivate var all: [String] { [lock, answer] }
}

extension CachedMeta {
  /// As it stands in front of a body: `<kind> <status> <ttl> <delta_ms> <input> <output> <cached> <reasoning> <encoding> <bytes> <type>`
  /// and a line feed, which no field of a header can have.
  var line: String {
    let numbers = "\(ttl) \(delta) \(usage.input) \(usage.output) \(usage.cached) \(usage.reasoning)"
    return "\(kind.rawValue) \(status) \(numbers) \(encoding.rawValue) \(bytes) \(type)\n"
  }

  /// Reads `line`, without its line feed; nil where it makes no sense.
  init?(_ line: Substring) {
    let words = line.split(separator: " ", maxSplits: 10, omittingEmptySubsequences: false)
    guard words.count == 11, let kind = Kind(rawValue: String(words[0])),
      let encoding = Encoding(rawValue: String(words[8]))
    else { return nil }
    let numbers = [1, 2, 3, 4, 5, 6, 7, 9].compactMap { Int64(words[$0]) }
    guard numbers.count == 8, numbers.allSatisfy({ $0 >= 0 }), 100..<600 ~= numbers[0] else { return nil }
    self.init(
      kind: kind, status: Int(numbers[0]), type: String(words[10]), ttl: numbers[1], delta: numbers[2],
      usage: Usage(input: numbers[3], output: numbers[4], cached: numbers[5], reasoning: numbers[6]),
      encoding: encoding, bytes: numbers[7])
  }
}

/// What stands in front of a stored answer's body, in a line of its own.
struct StoredHead {
  /// Redis' milliseconds.
  let created: Int64
  /// Nil where it makes no sense.
  let meta: CachedMeta?
  /// Bytes, line feed included.
  let length: Int

  /// Bytes that a head may have.
  static let longest = 1_024

  /// Nil where an answer doesn't begin so; of what follows the head, anything may be missing.
  init?(_ bytes: [UInt8]) {
    let line = bytes.prefix(Self.longest).prefix { $0 != 0x0a }
    let words = String(decoding: line, as: UTF8.self).split(
      separator: " ", maxSplits: 2, omittingEmptySubsequences: false)
    guard words.count > 1, let created = Int64(digits: words[0]) else { return nil }
    self.created = created
    length = line.count + 1
    let isWhole = line.count < bytes.count && bytes[line.count] == 0x0a
    meta = isWhole && words.count == 3 ? CachedMeta(words[2]) : nil
  }
}
