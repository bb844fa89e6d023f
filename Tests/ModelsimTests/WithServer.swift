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
