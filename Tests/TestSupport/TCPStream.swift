import Glibc
import NIOConcurrencyHelpers

/// One side of a TCP connection, blocking, with every wait bounded. For one thread at a time.
// @unchecked Sendable: a test makes it, and hands it to the one thread that uses it;
// `cut()` alone is called from elsewhere, and only shuts the descriptor down.
package final class TCPStream: @unchecked Sendable {
  package enum End: Sendable, Equatable { case fin, reset, timeout }

  package struct ConnectError: Error {
    package let code: CInt
  }

  private let descriptor: CInt
  private let isClosed = NIOLockedValueBox(false)
  private var buffer: [UInt8] = []
  /// How reading came to its end; nil while it goes on.
  package private(set) var end: End?

  /// Takes over a connected descriptor.
  init(descriptor: CInt) {
    self.descriptor = descriptor
    setOption(SOL_SOCKET, SO_RCVTIMEO, timeval(tv_sec: 20, tv_usec: 0))
    setOption(SOL_SOCKET, SO_SNDTIMEO, timeval(tv_sec: 20, tv_usec: 0))
    setOption(CInt(IPPROTO_TCP), TCP_NODELAY, CInt(1))
  }

  /// Connects to a port of this machine.
  /// `receiveBuffer`: bytes that the kernel may keep for us; small ones fill up soon.
  package convenience init(port: Int, receiveBuffer: Int? = nil) throws {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    if var size = receiveBuffer.map(CInt.init) {
      setsockopt(descriptor, SOL_SOCKET, SO_RCVBUF, &size, socklen_t(MemoryLayout<CInt>.size))
    }
    let result = withLoopback(port: port) { connect(descriptor, $0, $1) }
    guard result == 0 else {
      let code = errno
      Glibc.close(descriptor)
      throw ConnectError(code: code)
    }
    self.init(descriptor: descriptor)
  }

  deinit { close() }

  private func setOption<Value: BitwiseCopyable>(_ level: CInt, _ option: CInt, _ value: Value) {
    withUnsafeBytes(of: value) {
      _ = setsockopt(descriptor, level, option, $0.baseAddress, socklen_t($0.count))
    }
  }

  // MARK: Writing

  /// False once the other side has gone.
  @discardableResult
  package func send(_ text: String) -> Bool { send(Array(text.utf8)) }

  @discardableResult
  package func send(_ bytes: [UInt8]) -> Bool {
    var sent = 0
    while sent < bytes.count {
      let count = bytes[sent...].withUnsafeBytes {
        Glibc.send(descriptor, $0.baseAddress, $0.count, CInt(MSG_NOSIGNAL))
      }
      guard count > 0 else { return false }
      sent += count
    }
    return true
  }

  /// Says that nothing more will be sent.
  package func finish() { shutdown(descriptor, CInt(SHUT_WR)) }

  // MARK: Reading

  /// Reads once; false at the end.
  @discardableResult
  package func readMore() -> Bool {
    var chunk = [UInt8](repeating: 0, count: 64 << 10)
    let count = recv(descriptor, &chunk, chunk.count, 0)
    if count > 0 {
      buffer += chunk[..<count]
      return true
    }
    end = count == 0 ? .fin : errno == EAGAIN ? .timeout : .reset
    return false
  }

  /// Takes bytes up to and with `mark`; nil where the end comes first.
  package func take(through mark: String) -> String? {
    let mark = Array(mark.utf8)
    var searched = 0
    while true {
      if let end = firstEnd(of: mark, from: searched) {
        defer { buffer.removeFirst(end) }
        return String(decoding: buffer[..<end], as: UTF8.self)
      }
      searched = max(0, buffer.count - mark.count)
      guard readMore() else { return nil }
    }
  }

  private func firstEnd(of mark: [UInt8], from start: Int) -> Int? {
    guard buffer.count >= start + mark.count else { return nil }
    return (start...(buffer.count - mark.count)).first { index in
      buffer[index] == mark[0] && buffer[index..<(index + mark.count)].elementsEqual(mark)
    }.map { $0 + mark.count }
  }

  /// Takes exactly `count` bytes; nil where the end comes first.
  package func take(_ count: Int) -> [UInt8]? {
    while buffer.count < count { guard readMore() else { return nil } }
    defer { buffer.removeFirst(count) }
    return Array(buffer[..<count])
  }

  /// Everything up to the end.
  package func takeAll() -> [UInt8] {
    while readMore() {}
    defer { buffer = [] }
    return buffer
  }

  /// Waits for the other side's end, throwing away what comes before it.
  package func untilEnd() -> End {
    while readMore() { buffer.removeAll(keepingCapacity: true) }
    return end ?? .timeout
  }

  // MARK: The end

  package func close() {
    isClosed.withLockedValue { isClosed in
      guard !isClosed else { return }
      isClosed = true
      Glibc.close(descriptor)
    }
  }

  /// Closes with a RST.
  package func reset() {
    setOption(SOL_SOCKET, SO_LINGER, linger(l_onoff: 1, l_linger: 0))
    close()
  }

  /// Makes every wait of this connection end.
  func cut() {
    isClosed.withLockedValue { isClosed in
      if !isClosed { shutdown(descriptor, CInt(SHUT_RDWR)) }
    }
  }
}

/// Calls `body` with 127.0.0.1 and a port.
func withLoopback(port: Int, _ body: (UnsafePointer<sockaddr>, socklen_t) -> CInt) -> CInt {
  var address = sockaddr_in()
  address.sin_family = sa_family_t(AF_INET)
  address.sin_port = in_port_t(port).bigEndian
  address.sin_addr.s_addr = inet_addr("127.0.0.1")
  return withUnsafePointer(to: &address) { pointer in
    pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
      body($0, socklen_t(MemoryLayout<sockaddr_in>.size))
    }
  }
}
