/// The parts of a Redis URL. See `RedisAddress` for its forms.
struct RedisURL {
  typealias Invalid = RedisAddress.Invalid

  private(set) var topology: RedisAddress.Topology
  private(set) var user: String?
  private(set) var password: String?
  private(set) var database = 0
  let isEncrypted: Bool

  private enum Scheme: String {
    case redis, rediss
    case plus = "redis+unix"
    case unix
    case sentinel = "redis-sentinel"
    case sentinels = "rediss-sentinel"
    case cluster = "redis-cluster"
    case clusters = "rediss-cluster"

    var isEncrypted: Bool { self == .rediss || self == .sentinels || self == .clusters }
    var port: Int { self == .sentinel || self == .sentinels ? 26_379 : 6_379 }
  }

  init(_ url: String) throws(Invalid) {
    let (scheme, authority, path) = try Self.split(url)
    isEncrypted = scheme.isEncrypted
    topology = .cluster([])
    let hosts = try readUser(authority)
    switch scheme {
    case .unix, .plus:
      guard hosts.isEmpty else {
        throw Invalid("A Redis socket's URL has a host: write three slashes, as in unix:///run/redis.")
      }
      topology = .standalone(.unix(path: try socket(path)))
    case .redis, .rediss:
      let addresses = try Self.addresses(hosts, scheme.port)
      guard addresses.count == 1 else {
        throw Invalid("A Redis URL has several hosts: begin it with redis-sentinel:// or redis-cluster://.")
      }
      topology = .standalone(addresses[0])
      database = try Self.database(path.dropFirst())
    case .sentinel, .sentinels:
      let words = path.dropFirst().split(separator: "/", maxSplits: 1)
      guard let name = words.first else {
        throw Invalid("A Sentinel URL has no primary's name: end it with the name, as in …/mymaster.")
      }
      topology = .sentinel(try Self.addresses(hosts, scheme.port), name: try Self.decoded(name))
      database = try Self.database(words.dropFirst().first ?? "")
    case .cluster, .clusters:
      topology = .cluster(try Self.addresses(hosts, scheme.port))
      guard path.isEmpty || path == "/" || path == "/0" else {
        throw Invalid("A Redis Cluster URL has a path, but a cluster has one database only: leave it out.")
      }
    }
  }

  /// Scheme, what is between the slashes, and what begins at the third.
  private static func split(_ url: String) throws(Invalid) -> (Scheme, Substring, Substring) {
    guard let colon = url.firstRange(of: "://"),
      let scheme = Scheme(rawValue: url[..<colon.lowerBound].lowercased())
    else {
      throw Invalid(
        "A Redis URL begins with redis://, rediss://, redis+unix://, unix://, redis-sentinel://, "
          + "rediss-sentinel://, redis-cluster:// or rediss-cluster://: correct it.")
    }
    guard !url.contains(where: { $0.isWhitespace || $0 == "#" }) else {
      throw Invalid("A Redis URL has a space or a # in it: write them as %20 and %23.")
    }
    let rest = url[colon.upperBound...]
    let isPath = rest.hasPrefix("/")
    let at = isPath ? rest.startIndex : rest.prefix { $0 != "?" }.lastIndex(of: "@") ?? rest.startIndex
    let slash = rest[at...].firstIndex { $0 == "/" || $0 == "?" } ?? rest.endIndex
    return (scheme, rest[..<slash], rest[slash...])
  }

  /// Takes user and password; what is left are the hosts.
  private mutating func readUser(_ authority: Substring) throws(Invalid) -> Substring {
    guard let at = authority.lastIndex(of: "@") else { return authority }
    let words = authority[..<at].split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
    let decoded = try words.map { word throws(Invalid) in try Self.decoded(word) }
    user = decoded.first.flatMap { $0.isEmpty ? nil : $0 }
    password = decoded.count == 2 && !decoded[1].isEmpty ? decoded[1] : nil
    return authority[authority.index(after: at)...]
  }

  private static func addresses(_ hosts: Substring, _ port: Int) throws(Invalid) -> [RedisServer.Address] {
    try hosts.split(separator: ",", omittingEmptySubsequences: false).map { host throws(Invalid) in
      guard let address = RedisServer.Address(host, port: port) else {
        throw Invalid(
          "A Redis URL has a host that can't be read: write host, host:port or [IPv6 address]:port.")
      }
      return address
    }
  }

  private static func database(_ text: Substring) throws(Invalid) -> Int {
    if text.isEmpty { return 0 }
    guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }), let number = Int(text), number < 1 << 20
    else {
      throw Invalid("A Redis URL ends with what is no database's number: write one such as /0, or nothing.")
    }
    return number
  }

  /// The path, and the database that its query names.
  private mutating func socket(_ text: Substring) throws(Invalid) -> String {
    let words = text.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
    let path = try Self.decoded(words.first ?? "")
    // What sockaddr_un holds.
    guard (2...107).contains(path.utf8.count) else {
      throw Invalid("A Redis socket's path is empty or longer than 107 bytes: give another path.")
    }
    guard words.count == 2 else { return path }
    guard words[1].hasPrefix("db=") else {
      throw Invalid("A Redis socket's URL has an unknown option: db=<number> is the only one.")
    }
    database = try Self.database(words[1].dropFirst(3))
    return path
  }

  private static func decoded(_ text: Substring) throws(Invalid) -> String {
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      guard byte == 0x25 else {
        bytes.append(byte)
        continue
      }
      let digits = rest.prefix(2)
      guard digits.count == 2, let value = UInt8(String(decoding: digits, as: UTF8.self), radix: 16) else {
        throw Invalid("A Redis URL has a % that isn't followed by two hexadecimal digits: write it as %25.")
      }
      rest = rest.dropFirst(2)
      bytes.append(value)
    }
    guard let text = String(validating: bytes, as: UTF8.self), !text.contains("\0") else {
      throw Invalid("A Redis URL has %-encoded bytes that are no text: correct them.")
    }
    return text
  }
}

extension RedisServer.Address {
  /// Reads `host`, `host:port`, `[IPv6]` or `[IPv6]:port`.
  init?(_ text: some StringProtocol, port: Int) {
    let isBracketed = text.hasPrefix("[")
    guard let end = isBracketed ? text.firstIndex(of: "]") : text.firstIndex(of: ":") ?? text.endIndex else {
      return nil
    }
    let host = isBracketed ? text[text.index(after: text.startIndex)..<end] : text[..<end]
    let rest = isBracketed ? text[text.index(after: end)...] : text[end...]
    guard Self.isHost(String(host), isBracketed: isBracketed) else { return nil }
    if rest.isEmpty {
      self = .tcp(host: String(host), port: port)
    } else {
      guard rest.hasPrefix(":"), let number = UInt16(rest.dropFirst()), number > 0 else { return nil }
      self = .tcp(host: String(host), port: Int(number))
    }
  }

  private static func isHost(_ text: String, isBracketed: Bool) -> Bool {
    (1...253).contains(text.utf8.count)
      && text.utf8.allSatisfy { byte in
        switch byte {
        case 0x30...0x39, 0x41...0x5A, 0x61...0x7A: true
        case 0x2E: true
        case 0x3A, 0x25: isBracketed
        case 0x2D, 0x5F: !isBracketed
        default: false
        }
      }
  }
}
