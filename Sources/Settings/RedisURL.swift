/// Where Redis is and who we are to it, as a URL that has been checked. Describing it shows no password.
///
///     redis://user:password@host:6379/0             rediss: with TLS
///     redis+unix:///run/redis.sock                  or unix://
///     redis-sentinel://host:26379,host/primary      rediss-sentinel: with TLS
///     redis-cluster://host:6379,host                rediss-cluster: with TLS
///
/// User and password are %-encoded and may stand in each of them. They are Redis', not Sentinel's.
package struct RedisURL: Sendable {
  package enum Topology: Sendable, Hashable { case standalone, sentinel, cluster }

  package let topology: Topology
  package let isTLS: Bool
  package let hasUser: Bool
  package let hasPassword: Bool
  /// The URL as a secret, and where the document has it from.
  let secret: Secret

  /// The whole URL with its password, for the one place that connects.
  package var revealed: String { secret.revealed }

  /// The URL with `***` for its password.
  package var masked: String { Self.masked(revealed) }

  /// Any text, with `***` for what would be its password were it such a URL; also where it is none.
  static func masked(_ text: String) -> String {
    guard let password = password(in: text) else { return text }
    return text[..<password.startIndex] + "***" + text[password.endIndex...]
  }

  /// What would be the password were any text such a URL.
  static func password(in text: String) -> Substring? {
    let start = text.firstRange(of: "://")?.upperBound ?? text.startIndex
    guard let at = text[start...].lastIndex(of: "@"), let colon = text[start..<at].firstIndex(of: ":") else {
      return nil
    }
    return text[text.index(after: colon)..<at]
  }

  init(
    topology: Topology, isTLS: Bool, hasUser: Bool, hasPassword: Bool, secret: Secret
  ) {
    self.topology = topology
    self.isTLS = isTLS
    self.hasUser = hasUser
    self.hasPassword = hasPassword
    self.secret = secret
  }
}

extension RedisURL: Hashable, CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
  package static func == (a: RedisURL, b: RedisURL) -> Bool { a.secret == b.secret }
  package func hash(into hasher: inout Hasher) { hasher.combine(secret) }

  package var description: String { masked }
  package var debugDescription: String { masked }
  package var customMirror: Mirror { Mirror(self, children: []) }
}
