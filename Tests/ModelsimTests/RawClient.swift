import Glibc

/// A blocking TCP client that shows what really arrives: bytes, FIN or RST. Every wait is bounded.
final class RawClient {
  enum End: Equatable {
    case open, fin, reset
  }

  struct ConnectError: Error, Equatable {
    var code: CInt
  }

  private let descriptor: CInt
  private(set) var received: [UInt8] = []
  private(set) var end = End.open

  init(port: Int) throws {
    descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue), 0)
    var limit = timeval(tv_sec: 20, tv_usec: 0)
    setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
    var address = sockaddr_in()
    address.sin_family = sa_family_t(AF_INET)
    address.sin_port = in_port_t(port).bigEndian
    address.sin_addr.s_addr = inet_addr("127.0.0.1")
    let size = socklen_t(MemoryLayout<sockaddr_in>.size)
    let result = withUnsafePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { connect(descriptor, $0, size) }
    }
    if result != 0 {
      throw ConnectError(code: errno)  // all is set by now, so `deinit` closes
    }
  }

  deinit { close(descriptor) }

  var text: String { String(decoding: received, as: UTF8.self) }

  func send(_ text: String) {
    let bytes = Array(text.utf8)
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
      guard count > 0 else { return }
      sent += count
    }
  }

  /// Takes in one read's worth; false at the end or when nothing came in time.
  @discardableResult
  func readOnce(waits: Bool = true) -> Bool {
    var chunk = [UInt8](repeating: 0, count: 65536)
    let count = recv(descriptor, &chunk, chunk.count, waits ? 0 : CInt(MSG_DONTWAIT))
    if count > 0 {
      received += chunk[..<count]
      return true
    }
    if count == 0 { end = .fin }
    if count < 0, errno == ECONNRESET { end = .reset }
    return false
  }

  func readToEnd() {
    while readOnce() {}
  }

  /// Reads until `mark` has arrived; false if it never did.
  @discardableResult
  func read(until mark: String) -> Bool {
    while !text.contains(mark) {
      guard readOnce() else { return false }
    }
    return true
  }

  /// Reads one answer with a Content-Length and takes it off; nil if none came whole.
  func answer() -> (head: String, body: String)? {
    let blank = Array("\r\n\r\n".utf8)
    while true {
      if let start = received.firstRange(of: blank) {
        let head = String(decoding: received[..<start.lowerBound], as: UTF8.self)
        let length = contentLength(head)
        if received.count >= start.upperBound + length {
          let body = String(decoding: received[start.upperBound..<start.upperBound + length], as: UTF8.self)
          received.removeFirst(start.upperBound + length)
          return (head, body)
        }
      }
      guard readOnce() else { return nil }
    }
  }

  private func contentLength(_ head: String) -> Int {
    let line = head.split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }
    return line.flatMap { Int($0.dropFirst("content-length: ".count)) } ?? 0
  }
}

extension [UInt8] {
  func firstRange(of needle: [UInt8]) -> Range<Int>? {
    guard count >= needle.count else { return nil }
    for start in 0...(count - needle.count) where self[start..<start + needle.count].elementsEqual(needle) {
      return start..<start + needle.count
    }
    return nil
  }
}

/// The text of a request.
func httpRequest(_ method: String, _ path: String, _ body: String = "", headers: String = "") -> String {
  "\(method) \(path) HTTP/1.1\r\nHost: sim\r\n\(headers)Content-Length: \(body.utf8.count)\r\n\r\n\(body)"
}

/// A POST with what the path's service demands of each request.
func post(_ path: String, _ body: String, headers: String = "") -> String {
  let version = path.hasPrefix("/v1/messages") ? "anthropic-version: 2023-06-01\r\n" : ""
  return httpRequest("POST", path, body, headers: version + headers)
}

/// A chat completion request whose prompt is `prompt`.
func chat(_ prompt: String, stream: Bool = false, model: String = "m") -> String {
  let body = #"{"model":"\#(model)","stream":\#(stream),"messages":[{"role":"user","content":"\#(prompt)"}]}"#
  return httpRequest("POST", "/v1/chat/completions", body)
}
