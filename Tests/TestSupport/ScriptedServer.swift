import Glibc
import NIOConcurrencyHelpers

/// A TCP server on a free port of this machine that plays a script on each connection, on a thread of its own.
///
/// A script reads and writes blockingly and returns when it has done; the connection is closed then. `stop()` ends all.
package final class ScriptedServer: Sendable {
  /// One connection.
  package struct Peer: Sendable {
    package let stream: TCPStream
    /// How many connections came before it.
    package let number: Int
    fileprivate let server: ScriptedServer

    /// The next request whole, counted; nil once the client has gone.
    package func request() -> HTTPMessage? {
      guard let message = stream.message() else { return nil }
      server.state.withLockedValue { $0.requests.append(message) }
      return message
    }

    /// Waits until something holds of the whole server; false where it doesn't in time.
    @discardableResult
    package func wait(until condition: (ScriptedServer) -> Bool) -> Bool {
      for _ in 0..<20_000 {
        if condition(server) { return true }
        usleep(1000)
      }
      return false
    }
  }

  private struct State {
    var requests: [HTTPMessage] = []
    var connections = 0
    var open: [Int: TCPStream] = [:]
    var isStopped = false
  }

  package let port: Int
  private let listener: CInt
  private let state = NIOLockedValueBox(State())

  package init(_ script: @escaping @Sendable (Peer) -> Void) throws {
    signal(SIGPIPE, SIG_IGN)
    (listener, port) = try Self.listen(backlog: 4096)
    startThread { [self] in accept(script) }
  }

  /// A listening socket on a free port.
  package static func listen(backlog: CInt) throws -> (descriptor: CInt, port: Int) {
    let descriptor = socket(AF_INET, CInt(SOCK_STREAM.rawValue) | CInt(SOCK_CLOEXEC.rawValue), 0)
    let bound = withLoopback(port: 0) { bind(descriptor, $0, $1) }
    guard bound == 0, Glibc.listen(descriptor, backlog) == 0 else {
      throw TCPStream.ConnectError(code: errno)
    }
    var address = sockaddr_in()
    var size = socklen_t(MemoryLayout<sockaddr_in>.size)
    _ = withUnsafeMutablePointer(to: &address) { pointer in
      pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { getsockname(descriptor, $0, &size) }
    }
    return (descriptor, Int(in_port_t(bigEndian: address.sin_port)))
  }

  /// A port where nothing listens.
  package static func closedPort() throws -> Int {
    let (descriptor, port) = try listen(backlog: 1)
    close(descriptor)
    return port
  }

  // MARK: What happened

  package var url: String { "http://127.0.0.1:\(port)" }
  package var requests: [HTTPMessage] { state.withLockedValue { $0.requests } }
  package var requestCount: Int { state.withLockedValue { $0.requests.count } }
  /// Connections accepted so far.
  package var connectionCount: Int { state.withLockedValue { $0.connections } }
  /// Connections whose script has not ended.
  package var openCount: Int { state.withLockedValue { $0.open.count } }

  // MARK: Life

  /// Closes everything; returns when every script has ended.
  package func stop() async {
    let open = state.withLockedValue { state in
      state.isStopped = true
      return Array(state.open.values)
    }
    shutdown(listener, CInt(SHUT_RDWR))
    for stream in open { stream.cut() }
    _ = try? await eventually { self.openCount == 0 }
  }

  private func accept(_ script: @escaping @Sendable (Peer) -> Void) {
    while true {
      let descriptor = Glibc.accept(listener, nil, nil)
      if descriptor < 0, errno == EINTR || errno == ECONNABORTED { continue }
      guard descriptor >= 0, let peer = admit(TCPStream(descriptor: descriptor)) else { break }
      startThread { [self] in
        script(peer)
        peer.stream.close()
        state.withLockedValue { $0.open[peer.number] = nil }
      }
    }
    close(listener)
  }

  private func admit(_ stream: TCPStream) -> Peer? {
    state.withLockedValue { state in
      guard !state.isStopped else { return nil }
      defer { state.connections += 1 }
      state.open[state.connections] = stream
      return Peer(stream: stream, number: state.connections, server: self)
    }
  }
}

extension ScriptedServer.Peer {
  /// A plain answer.
  @discardableResult
  package func answer(_ body: String, status: String = "200 OK", fields: String = "") -> Bool {
    stream.send("HTTP/1.1 \(status)\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
  }

  /// Answers every request of the connection alike.
  package func answerAll(_ body: String, fields: String = "") {
    while request() != nil, answer(body, fields: fields) {}
  }
}

/// Runs `body` against a server that plays `script`, and stops it.
package func withServer<Result>(
  _ script: @escaping @Sendable (ScriptedServer.Peer) -> Void,
  _ body: (ScriptedServer) async throws -> Result
) async throws -> Result {
  let server = try ScriptedServer(script)
  do {
    let result = try await body(server)
    await server.stop()
    return result
  } catch {
    await server.stop()
    throw error
  }
}
