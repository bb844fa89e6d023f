/// Where the shared Redis is, however many servers that means, and who we are to it. Read from a URL:
///
///     redis://[user[:password]@]host[:port][/db]                 rediss:// over TLS
///     redis+unix:///path[?db=n]                                  unix:// means the same
///     redis-sentinel://[…@]host[:port],host…/name[/db]           rediss-sentinel:// over TLS
///     redis-cluster://[…@]host[:port],host…                      rediss-cluster:// over TLS
///
/// IPv6 addresses stand in brackets; user, password, path and name may be %-encoded.
package struct RedisAddress: Hashable, Sendable {
  package enum Topology: Hashable, Sendable {
    case standalone(RedisServer.Address)
    /// Sentinels, and the name by which they know the primary.
    case sentinel([RedisServer.Address], name: String)
    /// Some nodes; the others are learnt from them.
    case cluster([RedisServer.Address])
  }

  package let topology: Topology

  var isCluster: Bool { if case .cluster = topology { true } else { false } }
  package let user: String?
  package let password: String?
  package let database: Int
  /// Nil where it is spoken to in plain text.
  package let tls: RedisTLS?

  /// Reads a URL. The password may be in it or come beside it, not both; `caFile` is for TLS alone: a PEM file whose authorities
  /// are trusted instead of the system's.
  package init(_ url: String, password: String? = nil, caFile: String? = nil) throws(Invalid) {
    let parts = try RedisURL(url)
    topology = parts.topology
    user = parts.user
    database = parts.database
    guard password == nil || parts.password == nil else {
      throw Invalid("A Redis URL has a password although one is given beside it: keep one of them.")
    }
    self.password = password ?? parts.password
    guard user == nil || self.password != nil else {
      throw Invalid("A Redis URL names a user without a password: give the password in a file.")
    }
    guard caFile == nil || parts.isEncrypted else {
      throw Invalid(
        "A CA file is given for a Redis without TLS: begin the URL with rediss, or leave the file out.")
    }
    tls = parts.isEncrypted ? RedisTLS(caFile: caFile) : nil
  }

  /// A server of this address: with our user, password and database.
  func server(at address: RedisServer.Address) -> RedisServer {
    RedisServer(address, user: user, password: password, database: database)
  }
}

extension RedisAddress {
  /// Why a URL can't be used and what to do: one sentence, without its password.
  package struct Invalid: Error, Equatable, CustomStringConvertible {
    package let description: String

    init(_ description: String) { self.description = description }
  }
}

extension RedisAddress: CustomStringConvertible, CustomDebugStringConvertible {
  /// As a URL, without user and password.
  package var description: String {
    let s = tls == nil ? "" : "s"
    let path = database == 0 ? "" : "/\(database)"
    switch topology {
    case .standalone(.unix(let path)):
      return "redis+unix://\(path)" + (database == 0 ? "" : "?db=\(database)")
    case .standalone(let address): return "redis\(s)://\(address)\(path)"
    case .sentinel(let addresses, let name):
      return "redis\(s)-sentinel://\(Self.list(addresses))/\(name)\(path)"
    case .cluster(let addresses): return "redis\(s)-cluster://\(Self.list(addresses))"
    }
  }

  package var debugDescription: String { description }

  private static func list(_ addresses: [RedisServer.Address]) -> String {
    addresses.map(\.description).joined(separator: ",")
  }
}

/// How TLS is spoken: with certificates checked, and made for the host that was dialled.
package struct RedisTLS: Hashable, Sendable {
  /// Authorities in PEM; nil for those that the system trusts.
  package var caFile: String?

  package init(caFile: String? = nil) { self.caFile = caFile }
}
