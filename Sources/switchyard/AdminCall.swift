import Glibc

/// One request to a replica, mostly to its admin port, on a connection of its own; blocking, as a command has nothing else to do.
struct AdminCall {
  struct Failure: Error, CustomStringConvertible {
    let description: String
    init(_ reason: String) { description = reason }
    static func system(_ doing: String) -> Failure {
      Failure("\(doing): \(String(cString: strerror(errno)))")
    }
  }

  struct Answer {
    var status: Int
    /// By their names in lower case; of several of a name the last one.
    var headers: [String: String]
    var body: String
  }

  /// As it was written, `127.0.0.1:8081`.
  let authority: String
  private let host: String
  private let port: Int
  /// Seconds that one step may take.
  private let timeout: Int

  /// Nil where it isn't `HOST:PORT`, such as `[::1]:8081`.
  init?(_ authority: String, timeout: Int) {
    guard let colon = authority.lastIndex(of: ":"),
      let port = Int(authority[authority.index(after: colon)...]),
      (1...65_535).contains(port)
    else { return nil }
    let host = authority[..<colon].trimmingPrefix("[")
    self.host = String(host.hasSuffix("]") ? host.dropLast() : host)
    if self.host.isEmpty { return nil }
    (self.authority, self.port, self.timeout) = (authority, port, timeout)
  }

  /// Asks the addresses of the name one after another, until one answers: `localhost` may stand for one that nobody listens on.
  func send(
    _ method: String, _ target: String, _ headers: [(name: String, value: String)] = [], body: [UInt8] = []
  ) throws(Failure) -> Answer {
    var head = "\(method) \(target) HTTP/1.1\r\nhost: \(authority)\r\nconnection: close\r\n"
    if method == "POST" { head += "content-length: \(body.count)\r\n" }
    for (name, value) in headers { head += "\(name): \(value)\r\n" }
    let request = Array((head + "\r\n").utf8) + body
    var wanted = addrinfo()
    wanted.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(host, String(port), &wanted, &list) == 0, let list else {
      throw Failure("no address is known of this name")
    }
    defer { freeaddrinfo(list) }
    var failures: [(address: String, reason: String)] = []
    for entry in sequence(first: list, next: \.pointee.ai_next) {
      do throws(Failure) { return try send(request, to: entry.pointee) } catch {
        failures.append((Self.text(of: entry.pointee), error.description))
      }
    }
    guard failures.count > 1 else { throw Failure(failures[0].reason) }
    throw Failure(failures.map { "\($0.address): \($0.reason)" }.joined(separator: "; "))
  }

  /// The address as digits.
  private static func text(of address: addrinfo) -> String {
    var text = [CChar](repeating: 0, count: Int(NI_MAXHOST))
    let capacity = socklen_t(text.count)
    getnameinfo(address.ai_addr, address.ai_addrlen, &text, capacity, nil, 0, NI_NUMERICHOST)
    return text.withUnsafeBufferPointer { $0.baseAddress.map(String.init(cString:)) } ?? ""
  }

  private func send(_ request: [UInt8], to address: addrinfo) throws(Failure) -> Answer {
    let descriptor = socket(address.ai_family, address.ai_socktype, 0)
    guard descriptor >= 0 else { throw .system("socket") }
    defer { close(descriptor) }
    var patience = timeval(tv_sec: timeout, tv_usec: 0)
    for option in [SO_RCVTIMEO, SO_SNDTIMEO] {
      setsockopt(descriptor, SOL_SOCKET, option, &patience, socklen_t(MemoryLayout<timeval>.size))
    }
    guard connect(descriptor, address.ai_addr, address.ai_addrlen) == 0 else {
      throw .system("nothing answers")
    }
    var rest = request[...]
    while !rest.isEmpty {
      let sent = rest.withUnsafeBytes { Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL)) }
      guard sent > 0 else { throw .system("the request could not be sent") }
      rest = rest.dropFirst(sent)
    }
    return try read(descriptor)
  }

  /// Bytes of an answer; what comes behind them is left.
  private static let most = 16 << 20

  private func read(_ descriptor: CInt) throws(Failure) -> Answer {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 16 << 10)
    while bytes.count < Self.most {
      let count = recv(descriptor, &piece, piece.count, 0)
      guard count >= 0 else { throw .system("no answer") }
      guard count > 0 else { break }
      bytes += piece[..<count]
    }
    return try Answer(bytes)
  }
}
