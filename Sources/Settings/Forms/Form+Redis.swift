extension Form where Value == RedisURL {
  /// A Redis alone, or those of a Sentinel or a cluster; it may hold a user and a password.
  static var redisURL: Form {
    Form(
      schema: [
        "type": "string",
        "examples": ["redis://redis:6379/0", "redis-sentinel://h1,h2,h3/name", "redis-cluster://h1,h2,h3"],
      ],
      read: { tree, reader in
        guard let text = reader.text(tree, wanted: "a Redis URL") else { return nil }
        do throws(Refusal) {
          let source: Secret.Source = text.isReference ? .environment(text.written) : .literal
          return try RedisAddress(text.value).url(text.value, source)
        } catch {
          reader.fail("'\(RedisAddress.quotable(text.written))' \(error.message)", at: tree.mark)
          return nil
        }
      },
      write: { url in
        guard case .environment(let written) = url.secret.source else {
          return .scalar(References.escaped(url.masked))
        }
        return .scalar(
          RedisURL.password(in: written)?.contains("${") == true ? written : RedisURL.masked(written))
      })
  }
}

/// The parts of a Redis URL, checked.
private struct RedisAddress {
  private struct Scheme {
    var name: String
    var topology: RedisURL.Topology
    var isTLS = false
    var isUnix = false
    /// A URL of this kind.
    var example: String
  }

  private static let schemes = [
    Scheme(name: "redis", topology: .standalone, example: "redis://redis:6379/0"),
    Scheme(name: "rediss", topology: .standalone, isTLS: true, example: "rediss://redis:6379/0"),
    Scheme(
      name: "redis+unix", topology: .standalone, isUnix: true, example: "redis+unix:///run/redis.sock"),
    Scheme(name: "unix", topology: .standalone, isUnix: true, example: "unix:///run/redis.sock"),
    Scheme(name: "redis-sentinel", topology: .sentinel, example: "redis-sentinel://h1:26379,h2/mymaster"),
    Scheme(
      name: "rediss-sentinel", topology: .sentinel, isTLS: true,
      example: "rediss-sentinel://h1:26379,h2/mymaster"),
    Scheme(name: "redis-cluster", topology: .cluster, example: "redis-cluster://h1:6379,h2"),
    Scheme(
      name: "rediss-cluster", topology: .cluster, isTLS: true, example: "rediss-cluster://h1:6379,h2"),
  ]

  private let scheme: Scheme
  private let user: Substring
  /// Nil where there is no colon before the `@`.
  private let password: Substring?

  /// Throws the end of a sentence that begins with the URL.
  init(_ text: String) throws(Refusal) {
    guard let colon = text.firstRange(of: "://"),
      let scheme = Self.schemes.first(where: { $0.name == text[..<colon.lowerBound] })
    else {
      throw Refusal(
        "is not a Redis URL, such as redis://redis:6379/0, redis-sentinel://h1,h2,h3/name"
          + " or redis-cluster://h1,h2,h3")
    }
    let rest = text[colon.upperBound...]
    let at = rest.lastIndex(of: "@")
    let login = at.map { rest[..<$0] } ?? ""
    let parts = login.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    self.scheme = scheme
    user = parts.first ?? ""
    password = parts.count == 2 ? parts[1] : nil
    try checkLogin(isWritten: at != nil)
    try checkPlace(at.map { rest[rest.index(after: $0)...] } ?? rest)
  }

  func url(_ text: String, _ source: Secret.Source) -> RedisURL {
    RedisURL(
      topology: scheme.topology, isTLS: scheme.isTLS, hasUser: !user.isEmpty, hasPassword: password != nil,
      secret: Secret(text, source: source))
  }

  /// Any text without what may be a password.
  static func quotable(_ text: String) -> String {
    guard let at = text.lastIndex(of: "@") else { return text }
    let scheme = text.firstRange(of: "://").map { text[..<$0.upperBound] } ?? ""
    return scheme.endIndex <= at || scheme.isEmpty ? scheme + "***" + text[at...] : text
  }

  private func checkLogin(isWritten: Bool) throws(Refusal) {
    guard isWritten else { return }
    guard password != "***" else {
      throw Refusal("has the '***' that printing shows in a password's place: write ${VAR}, or password_file")
    }
    guard password.map({ !$0.isEmpty }) ?? !user.isEmpty else {
      throw Refusal("has an empty user or password before its @: write user:password@, or neither")
    }
    for part in [user, password ?? ""] where !Self.isEncoded(part) {
      throw Refusal("has letters in its user or password that need %-encoding, such as %40 for @")
    }
  }

  private func checkPlace(_ place: Substring) throws(Refusal) {
    guard !place.contains("?"), !place.contains("#") else {
      throw Refusal("has a query or a fragment: write a URL such as \(scheme.example)")
    }
    let slash = place.firstIndex(of: "/") ?? place.endIndex
    let (hosts, path) = (place[..<slash], place[slash...].dropFirst())
    if scheme.isUnix { return try checkSocket(hosts, path) }
    try checkHosts(hosts)
    switch scheme.topology {
    case .standalone: try checkDatabase(path)
    case .sentinel: try checkPrimary(path)
    case .cluster:
      guard path.isEmpty || path == "0" else {
        throw Refusal("has a path, but a cluster has no databases: remove '/\(path)'")
      }
    }
  }

  private func checkSocket(_ hosts: Substring, _ path: Substring) throws(Refusal) {
    guard hosts.isEmpty, !path.isEmpty, WebAddress.isPath(path) else {
      throw Refusal("has no absolute path of a socket: write a URL such as \(scheme.example)")
    }
  }

  private func checkHosts(_ text: Substring) throws(Refusal) {
    let hosts = text.split(separator: ",", omittingEmptySubsequences: false)
    for host in hosts where !WebAddress.isAuthority(host) {
      throw Refusal("has no good host and port: write a URL such as \(scheme.example)")
    }
    if scheme.topology == .standalone, hosts.count > 1 {
      throw Refusal(
        "has several hosts: write one, or \(scheme.name)-sentinel://h1,h2/name for those of a Sentinel,"
          + " \(scheme.name)-cluster://h1,h2 for those of a cluster")
    }
    for (index, host) in hosts.enumerated() where hosts[..<index].contains(host) {
      throw Refusal("names the host '\(host)' twice: remove one")
    }
  }

  private func checkDatabase(_ path: Substring) throws(Refusal) {
    guard path.isEmpty || path.utf8.allSatisfy(Ascii.isDigit) && UInt16(path) != nil else {
      throw Refusal("ends in '/\(path)', which is no database: write its number, such as /0, or nothing")
    }
  }

  private func checkPrimary(_ path: Substring) throws(Refusal) {
    guard !path.isEmpty else {
      throw Refusal("lacks the primary's name: write it behind the hosts, such as \(scheme.example)")
    }
    guard NameRule.accepts(String(path)), !path.contains("/") else {
      throw Refusal("ends in '/\(path)', which is no primary's name: write a URL such as \(scheme.example)")
    }
  }

  /// Letters that a URL may have there, the others as %XX.
  private static func isEncoded(_ text: Substring) -> Bool {
    let bytes = Array(text.utf8)
    for (index, byte) in bytes.enumerated() where byte == UInt8(ascii: "%") {
      let digits = bytes[(index + 1)...].prefix(2)
      guard digits.count == 2, digits.allSatisfy({ Character(UnicodeScalar($0)).isHexDigit }) else {
        return false
      }
    }
    return bytes.allSatisfy { (0x21...0x7E).contains($0) && !"/?#[]@\"<>\\^`{|}".utf8.contains($0) }
  }
}
