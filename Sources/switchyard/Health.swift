import ArgumentParser
import Glibc

/// `switchyard health`: how a replica is, for the health check of a container that has no other program in it.
struct Health: ParsableCommand {
  static let configuration = CommandConfiguration(
    abstract: "Ask a running replica whether it takes requests.",
    discussion: "Exits 0 where it does, 1 where it does not or where nothing answers; one line says which.")

  @Option(help: "The replica's admin port, HOST:PORT.")
  var admin = "127.0.0.1:8081"

  @Flag(help: "Ask whether the process is alive (/livez), though it may not take requests (/readyz).")
  var live = false

  @Option(help: "Seconds to wait for the answer of each address that HOST stands for.")
  var timeout = 2

  func validate() throws {
    guard Self.parts(of: admin) != nil else {
      throw ValidationError("--admin wants HOST:PORT, such as 127.0.0.1:8081 or [::1]:8081; not '\(admin)'.")
    }
    guard timeout > 0 else { throw ValidationError("--timeout wants at least 1.") }
  }

  func run() throws {
    do throws(Failure) {
      let answer = try ask(live ? "/livez" : "/readyz")
      guard answer.status == 200 else { throw Failure("\(answer.text) (status \(answer.status))") }
      print("\(admin): \(answer.text)")
    } catch {
      StandardError.write("\(admin): \(error.reason)")
      throw Switchyard.Exit.no
    }
  }

  private struct Failure: Error {
    var reason: String
    init(_ reason: String) { self.reason = reason }
    static func system(_ doing: String) -> Failure {
      Failure("\(doing): \(String(cString: strerror(errno)))")
    }
  }

  private static func parts(of admin: String) -> (host: String, port: Int)? {
    guard let colon = admin.lastIndex(of: ":"), let port = Int(admin[admin.index(after: colon)...]),
      (1...65_535).contains(port)
    else { return nil }
    let host = admin[..<colon].trimmingPrefix("[")
    return host.isEmpty ? nil : (String(host.hasSuffix("]") ? host.dropLast() : host), port)
  }

  /// Asks the addresses of the name one after another, until one answers: `localhost` may stand for one that nobody listens on.
  private func ask(_ path: String) throws(Failure) -> (status: Int, text: String) {
    guard let parts = Self.parts(of: admin) else { throw Failure("no HOST:PORT") }
    var wanted = addrinfo()
    wanted.ai_socktype = CInt(SOCK_STREAM.rawValue)
    var list: UnsafeMutablePointer<addrinfo>?
    guard getaddrinfo(parts.host, String(parts.port), &wanted, &list) == 0, let list else {
      throw Failure("no address is known of this name")
    }
    defer { freeaddrinfo(list) }
    var failures: [(address: String, reason: String)] = []
    for entry in sequence(first: list, next: \.pointee.ai_next) {
      do throws(Failure) { return try ask(path, at: entry.pointee) } catch {
        failures.append((Self.text(of: entry.pointee), error.reason))
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

  /// One request on a connection of its own; blocking, as there is nothing else to do.
  private func ask(_ path: String, at address: addrinfo) throws(Failure) -> (status: Int, text: String) {
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
    let request = "GET \(path) HTTP/1.1\r\nhost: \(admin)\r\nconnection: close\r\n\r\n"
    guard send(descriptor, request, request.utf8.count, CInt(MSG_NOSIGNAL)) == request.utf8.count else {
      throw .system("the request could not be sent")
    }
    return try read(descriptor)
  }

  private func read(_ descriptor: CInt) throws(Failure) -> (status: Int, text: String) {
    var bytes: [UInt8] = []
    var piece = [UInt8](repeating: 0, count: 4_096)
    while bytes.count < 64 << 10 {
      let count = recv(descriptor, &piece, piece.count, 0)
      guard count >= 0 else { throw .system("no answer") }
      guard count > 0 else { break }
      bytes += piece[..<count]
    }
    let answer = String(decoding: bytes, as: UTF8.self)
    let words = answer.split(separator: " ", maxSplits: 2)
    guard words.count > 1, words[0].hasPrefix("HTTP/1."), let status = Int(words[1]),
      let end = answer.firstRange(of: "\r\n\r\n")
    else { throw Failure("what answers is no replica's admin port") }
    let text = answer[end.upperBound...].prefix { !$0.isNewline }
    return (status, String(text))
  }
}
