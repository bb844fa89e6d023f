import Policy
import Testing

/// Keys, records and a cache for tests; the cluster's code is a sum that is easy to foresee.
enum KeyFixture {
  static let code: KeyID.Code = { bytes in bytes.reduce(1) { ($0 &* 31) &+ UInt32($1) } << 12 }

  /// The id that is genuine under the code.
  static func id(_ number: Int) -> KeyID { KeyID(number: UInt64(number), code: code) }

  /// An id that isn't.
  static func forged(_ number: Int) -> KeyID { KeyID(number: UInt64(number)) { ~code($0) } }

  static func digest(_ number: Int) -> KeyDigest {
    guard let digest = KeyDigest((0..<32).map { UInt8(truncatingIfNeeded: number &* 7 &+ $0) }) else {
      preconditionFailure("32 bytes")
    }
    return digest
  }

  /// The record whose key has that digest, of a version that tells it from others.
  static func record(
    _ number: Int, version: Int64 = 1, former: KeyTerms.Former? = nil, expires: KeyInstant? = nil,
    revoked: KeyInstant? = nil
  ) throws -> KeyRecord {
    KeyRecord(
      terms: try KeyTerms(digest: digest(number), former: former, tenant: "acme", expires: expires),
      version: version, created: KeyInstant(seconds: 0), changed: KeyInstant(seconds: 0), revoked: revoked)
  }

  /// Few enough look-ups that a test can use them up.
  static var narrow: KeyCacheBounds {
    var bounds = KeyCacheBounds()
    bounds.lookupsPerAddress = 10
    return bounds
  }

  /// What a record stands for in these tests: its version.
  static func cache(_ bounds: KeyCacheBounds = narrow) -> KeyCache<Int64> {
    var cache = KeyCache<Int64>(bounds)
    cache.learn(code)
    return cache
  }
}

extension KeyCache where Value == Int64 {
  /// As a client with the right secret, the shared state there, both clocks alike.
  mutating func look(
    _ number: Int, secret: Int? = nil, from address: UInt64 = 1,
    _ turn: KeyTurn = .arrival(isAvailable: true),
    now: Int64
  ) -> KeyAnswer<Int64> {
    look(
      KeyFixture.id(number), KeyFixture.digest(secret ?? number), from: address, turn, now: now, clock: now)
  }

  /// Knows the key, as of now.
  mutating func know(_ number: Int, now: Int64, expires: KeyInstant? = nil) throws {
    #expect(look(number, now: now) == .ask)
    let record = try KeyFixture.record(number, expires: expires)
    #expect(answered(KeyFixture.id(number), .record(record, 1), now: now) == .wake(.afterAnswer))
  }
}
