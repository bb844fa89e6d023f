import Crypto
import Policy
import Settings

/// Turns an API key into a principal: keys are kept as SHA-256 digests only.
struct Authenticator: Sendable {
  private struct Entry: Sendable {
    var digest: [UInt8]
    var principal: Principal
  }

  /// By the first eight bytes of the digest. Whoever could steer those could invert SHA-256, so the look-up's time tells nothing.
  private let entries: [UInt64: [Entry]]
  /// With `auth: { mode: none }` everyone is this principal.
  private let anyone: Principal?

  init(_ settings: Settings, _ limits: LimitTable) {
    let models = settings.models.map(\.name)
    anyone =
      settings.auth.mode == .none
      ? Principal(tenant: "default", key: "none", team: nil, tier: nil, models: nil) : nil
    var entries: [UInt64: [Entry]] = [:]
    for tenant in settings.tenants {
      for key in tenant.keys {
        let principal = Principal(
          tenant: tenant.name, key: key.id, team: key.team, user: key.user, tier: tenant.tier,
          models: Self.allowed(key.models.map(Glob.init), models),
          limits: limits.limits(of: key, team: tenant.teams.first { $0.name == key.team }, in: tenant))
        entries[Self.prefix(key.sha256), default: []].append(Entry(digest: key.sha256, principal: principal))
      }
    }
    self.entries = entries
  }

  private static func allowed(_ globs: [Glob], _ models: [String]) -> Set<Int>? {
    guard !globs.isEmpty else { return nil }
    return Set(models.indices.filter { position in globs.contains { $0.matches(models[position]) } })
  }

  var needsKey: Bool { anyone == nil }

  /// The principal of a key; nil where none has that key. `key` is what stands behind `Bearer `.
  func principal(for key: UnsafeRawBufferPointer?) -> Principal? {
    if let anyone { return anyone }
    guard let key else { return nil }
    return SHA256.hash(bufferPointer: key).withUnsafeBytes { digest in
      entries[Self.prefix(digest)]?.first { Self.equal($0.digest, digest) }?.principal
    }
  }

  private static func prefix(_ digest: some Collection<UInt8>) -> UInt64 {
    digest.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
  }

  /// In a time that doesn't depend on where they differ.
  private static func equal(_ a: [UInt8], _ b: UnsafeRawBufferPointer) -> Bool {
    guard a.count == b.count else { return false }
    var difference: UInt8 = 0
    for index in a.indices { difference |= a[index] ^ b[index] }
    return difference == 0
  }
}

extension SHA256 {
  fileprivate static func hash(bufferPointer: UnsafeRawBufferPointer) -> SHA256Digest {
    var hash = SHA256()
    hash.update(bufferPointer: bufferPointer)
    return hash.finalize()
  }
}
