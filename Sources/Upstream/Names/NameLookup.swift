import CLinux
import Glibc

/// Asks the system's resolver (`/etc/hosts`, `/etc/resolv.conf`) where a name's servers are. Blocks its thread, for seconds where a name
/// server is away.
package enum NameLookup {
  /// One server.
  package struct Server: Hashable, Sendable {
    /// The name that it goes by, for its certificate and `Host`.
    package var host: String
    package var port: Int
    /// `10.0.0.5`, or `fd00::5`.
    package var address: String
    /// Its share, as its SRV record says; 1 without.
    package var weight: Int

    package init(host: String, port: Int, address: String, weight: Int = 1) {
      (self.host, self.port, self.address, self.weight) = (host, port, address, weight)
    }
  }

  package enum Failure: Error, Equatable, CustomStringConvertible {
    /// Nothing goes by that name.
    case nothing(String)
    /// Nobody who knows has answered.
    case unknown(String)

    package var description: String {
      switch self {
      case .nothing(let name): "there is no '\(name)'"
      case .unknown(let reason): reason
      }
    }
  }

  /// Records of a service beyond these are left out.
  private static let mostServices: Int32 = 256

  /// The servers behind `name`, sorted: the addresses of `host:port`, or those of the hosts that the SRV records of `_service._tcp.domain`
  /// name, of the lowest priority alone. A host with addresses of both kinds is reached over IPv4, so that it is one server.
  package static func servers(of name: String) throws(Failure) -> [Server] {
    if name.hasPrefix("_") { return try services(of: name) }
    guard let colon = name.lastIndex(of: ":"), let port = Int(name[name.index(after: colon)...]) else {
      throw .unknown("'\(name)' has no port")
    }
    let host = String(name[..<colon])
    return try addresses(of: host).map { Server(host: host, port: port, address: $0) }
  }

  private static func services(of name: String) throws(Failure) -> [Server] {
    var records = [sy_service](repeating: sy_service(), count: Int(mostServices))
    let count = sy_find_services(name, &records, mostServices)
    if count == -ENOENT { throw .nothing(name) }
    guard count > 0 else { throw .unknown("no name server answers for '\(name)'") }
    let first = records[..<Int(count)].map(\.priority).min()
    var servers: Set<Server> = []
    for record in records[..<Int(count)] where record.priority == first {
      let host = record.hostName
      // Of a weight of 0 there is to be next to no traffic, but some. A host without an address is on its way out.
      for address in try addresses(ofService: host) {
        servers.insert(
          Server(host: host, port: Int(record.port), address: address, weight: max(1, Int(record.weight))))
      }
    }
    guard !servers.isEmpty else { throw .nothing(name) }
    return servers.sorted { ($0.address, $0.port, $0.host) < ($1.address, $1.port, $1.host) }
  }

  /// `EAI_NODATA`, which glibc's headers tell to GNU sources alone.
  private static let noAddress: Int32 = -5

  /// The name is whole: no search domain is to be put behind it, unless it is known in no other way.
  private static func addresses(ofService host: String) throws(Failure) -> [String] {
    for name in [host + ".", host] {
      do throws(Failure) { return try addresses(of: name) } catch {
        if case .unknown = error { throw error }
      }
    }
    return []
  }

  private static func addresses(of host: String) throws(Failure) -> [String] {
    var list: UnsafeMutablePointer<addrinfo>?
    // For sockets of every kind, as no hint is given: each address comes several times.
    let code = getaddrinfo(host, nil, nil, &list)
    defer { if let list { freeaddrinfo(list) } }
    guard code == 0 else {
      if code == EAI_NONAME || code == noAddress { throw .nothing(host) }
      throw .unknown("'\(host)' can't be looked up: \(String(cString: gai_strerror(code)))")
    }
    var byFamily: [Int32: Set<String>] = [:]
    var entry = list
    while let current = entry {
      if let address = numeric(current.pointee) {
        byFamily[current.pointee.ai_family, default: []].insert(address)
      }
      entry = current.pointee.ai_next
    }
    guard let addresses = byFamily[AF_INET] ?? byFamily[AF_INET6] else { throw .nothing(host) }
    return addresses.sorted()
  }

  private static func numeric(_ info: addrinfo) -> String? {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let code = getnameinfo(
      info.ai_addr, info.ai_addrlen, &text, socklen_t(text.count), nil, 0, NI_NUMERICHOST)
    return code == 0 ? String(decoding: text.prefix { $0 != 0 }.map(UInt8.init), as: UTF8.self) : nil
  }
}

extension sy_service {
  fileprivate var hostName: String {
    withUnsafeBytes(of: host) { String(decoding: $0.prefix { $0 != 0 }, as: UTF8.self) }
  }
}
