/// Where one Redis listens, and who we are to it.
package struct RedisServer: Hashable, Sendable {
  package enum Address: Hashable, Sendable {
    case tcp(host: String, port: Int)
    case unix(path: String)
  }

  package var address: Address
  package var user: String?
  package var password: String?
  package var database: Int
  /// Shown by `CLIENT LIST`.
  package var name: String

  package init(
    _ address: Address, user: String? = nil, password: String? = nil, database: Int = 0,
    name: String = "switchyard"
  ) {
    self.address = address
    self.user = user
    self.password = password
    self.database = database
    self.name = name
  }

  /// The commands that a new connection begins with; every reply must be `OK`.
  var greeting: [[String]] {
    var commands = authentication
    if database != 0 { commands.append(["SELECT", String(database)]) }
    commands.append(["CLIENT", "SETNAME", name])
    return commands
  }

  /// None, or one command.
  var authentication: [[String]] {
    password.map { [["AUTH"] + [user, $0].compactMap { $0 }] } ?? []
  }
}

extension RedisServer: CustomStringConvertible, CustomDebugStringConvertible {
  /// Without user and password.
  package var description: String { address.description }
  package var debugDescription: String { description }
}

extension RedisServer.Address: CustomStringConvertible {
  package var description: String {
    switch self {
    case .tcp(let host, let port): "\(host.contains(":") ? "[\(host)]" : host):\(port)"
    case .unix(let path): path
    }
  }
}
