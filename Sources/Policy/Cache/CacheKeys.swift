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
    assert(!hash.isEmpty && hash.utf8.allSatisfy(Self.isPlain), "\(hash) is no hash")
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

  /// All bytes but letters, digits, `-`, `_` and `.` as `%` and two digits: no brace, colon, space or glob character is left. Answers
  /// that all share stand under `~`, which no tenant's name can give.
  private static func name(of tenant: String?) -> String? {
    guard let tenant else { return "~" }
    guard !tenant.isEmpty else { return nil }
    var name = ""
    for byte in tenant.utf8 {
      if isPlain(byte) {
        name.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        name += (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
      if name.utf8.count > longestTenant { return nil }
    }
    return name
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
