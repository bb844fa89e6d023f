/// Where an answer is kept: keys of one tag, so of one slot, with the tenant in it.
///
/// To forget a tenant's answers: `SCAN` for `pattern`, on every primary, and `UNLINK` what it finds. That takes the locks too, so a
/// fill that is under way finds its lock gone and stores nothing: what was asked before the purge doesn't come back after it.
package struct CacheKeys: Hashable, Sendable {
  /// When it was made and by which flight, `CachedMeta`, and the body, encoded; until there is one, the lock of whoever fetches it.
  package let answer: String
  /// The lock of whoever fetches an answer anew: `L <owner> <until> <lifetime>`, in milliseconds.
  package let lock: String
  /// `filled` or `failed` is published here.
  package let channel: String

  /// The hash's first digits: enough to tell answers apart, and all that clients are told.
  package let label: String

  /// Bytes of a tenant's name, as it stands in the key.
  private static let longestTenant = 256

  /// `hash` is of letters and digits; `tenant` is nil for answers that all share; `prefix` is what all keys begin with. Nil where
  /// the tenant has no name or one that is too long: then nothing is cached.
  package init?(tenant: String?, hash: String, prefix: String = "sy") {
    assert(!hash.isEmpty && hash.utf8.allSatisfy(PlainName.isPlain), "\(hash) is no hash")
    guard let name = Self.name(of: tenant) else { return nil }
    let key = "\(prefix):{c:\(name):\(hash)}"
    (answer, lock) = (key + ":answer", key + ":lock")
    channel = "\(prefix):ev:c:\(name):\(hash)"
    label = String(hash.prefix(12))
  }

  /// One key says all of them.
  package static func == (one: CacheKeys, other: CacheKeys) -> Bool { one.answer == other.answer }
  package func hash(into hasher: inout Hasher) { hasher.combine(answer) }

  /// What matches all keys of a tenant, and no others.
  package static func pattern(tenant: String?, prefix: String = "sy") -> String? {
    name(of: tenant).map { "\(prefix):{c:\($0):*" }
  }

  /// Answers that all share stand under `~`, which no tenant's name can give. A colon is none of a name's, so a pattern ends there.
  private static func name(of tenant: String?) -> String? {
    guard let tenant else { return "~" }
    guard !tenant.isEmpty, tenant.utf8.count <= longestTenant else { return nil }
    let name = PlainName.escaped(tenant)
    return name.utf8.count > longestTenant ? nil : name
  }
}
