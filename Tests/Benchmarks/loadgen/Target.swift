import Glibc

/// Where requests go, and how one looks.
struct Target {
  let address: sockaddr_in
  private let host: String
  private let path: String

  /// Throws where `url` is not `http://ADDRESS:PORT/path` with an IPv4 address in numbers.
  init(_ url: String) throws(LoadError) {
    let wrong = LoadError(description: "want http://ADDRESS:PORT/path with an address in numbers, got \(url)")
    guard url.hasPrefix("http://") else { throw wrong }
    let rest = url.dropFirst("http://".count)
    host = String(rest.prefix { $0 != "/" })
    path = rest.count > host.count ? String(rest.dropFirst(host.count)) : "/"
    let parts = host.split(separator: ":")
    guard parts.count == 2, let port = UInt16(parts[1]) else { throw wrong }
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = port.bigEndian
    guard inet_pton(AF_INET, String(parts[0]), &address.sin_addr) == 1 else { throw wrong }
    self.address = address
  }

  /// A POST with `body`, or a GET without one.
  func request(body: [UInt8]?, headers: [String]) -> [UInt8] {
    var head = "\(body == nil ? "GET" : "POST") \(path) HTTP/1.1\r\nhost: \(host)\r\naccept: */*\r\n"
    if let body { head += "content-type: application/json\r\ncontent-length: \(body.count)\r\n" }
    for header in headers { head += "\(header)\r\n" }
    return Array((head + "\r\n").utf8) + (body ?? [])
  }
}
