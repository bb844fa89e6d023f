@testable import modelsim

/// Runs `body` against a simulator on a free port and stops it.
func withServer(
  _ settings: SimulatorSettings = SimulatorSettings(), ports: Int = 1, controlPort: Int? = nil,
  _ body: (Server) throws -> Void
) async throws {
  let server = try await Server.start(
    settings, ports: Array(repeating: 0, count: ports), controlPort: controlPort)
  let result = Result { try body(server) }
  try await server.stop()
  try result.get()
}

extension Server {
  var port: Int { ports[0] }

  /// One exchange on a connection of its own.
  func ask(_ text: String, port: Int? = nil) throws -> (head: String, body: String) {
    let client = try RawClient(port: port ?? self.port)
    client.send(text)
    guard let answer = client.answer() else { throw RawClient.ConnectError(code: 0) }
    return answer
  }

  /// The status and the body of one exchange.
  func exchange(_ text: String) throws -> (status: Int, body: JSONValue) {
    let answer = try ask(text)
    return (Int(answer.head.dropFirst(9).prefix(3)) ?? 0, try JSONValue(parsing: answer.body))
  }

  /// The lines of a streamed answer, without the sizes of its chunks.
  func lines(_ text: String) throws -> [String] {
    let client = try RawClient(port: port)
    client.send(text)
    guard client.read(until: "\r\n0\r\n\r\n") else { throw RawClient.ConnectError(code: 0) }
    return client.text.split(whereSeparator: \.isNewline).map { String($0) }.filter { line in
      ["event: ", "data: ", "{"].contains { line.hasPrefix($0) }
    }
  }

  /// The answer's bytes to their end, on a connection of its own that the server closes.
  func exhaust(_ text: String) throws -> RawClient {
    let client = try RawClient(port: port)
    client.send(text)
    client.readToEnd()
    return client
  }

  /// Asks the admin door until `condition` holds, so many times at most.
  func eventually(_ path: String, _ condition: (JSONValue) -> Bool) throws -> Bool {
    let client = try RawClient(port: port)
    for _ in 0..<20_000 {
      client.send(httpRequest("GET", path))
      guard let answer = client.answer() else { return false }
      if condition(try JSONValue(parsing: answer.body)) { return true }
    }
    return false
  }
}
