import Glibc
import NIOCore
import TestSupport
import Testing

@testable import Upstream

/// What providers do wrong, and what consumers are told of it.
@Suite(.timeLimit(.minutes(2)))
struct CurlDriverFailureTests {
  /// The outcome against a server that reads a request and says `answer`, then closes.
  private func outcome(_ mode: ReadinessBridge.Mode, of answer: String, count: Int = 1) async throws
    -> Recorder.Outcome
  {
    try await withServer({ peer in
      _ = peer.request()
      for _ in 0..<count { guard peer.stream.send(answer) else { return } }
    }) { server in
      try await withLoop(mode) { loop in
        let outcome = try await loop.fetch(on: loop.pool(server.url))
        #expect(server.requestCount == 1)
        #expect(outcome.strays == 0)
        #expect(try await loop.activeCount == 0)
        return outcome
      }
    }
  }

  @Test(arguments: LoopUnderTest.modes) func refusedConnectionsAreConnectFailures(
    _ mode: ReadinessBridge.Mode
  ) async throws {
    try await withLoop(mode) { loop in
      let outcome = try await loop.fetch(on: loop.pool("http://127.0.0.1:\(ScriptedServer.closedPort())"))
      #expect(outcome.failure?.kind == .connect)
      #expect(try await loop.socketCount == 0)
    }
  }

  @Test func unknownNamesAreConnectFailures() async throws {
    try await withLoop(.automatic) { loop in
      let outcome = try await loop.fetch(on: loop.pool("http://nowhere.invalid/"))
      #expect(outcome.failure?.kind == .connect)
    }
  }

  /// A backlog that is full lets further connections hang: nobody accepts them, and nobody refuses them.
  @Test(arguments: LoopUnderTest.modes) func connectionsThatHangTimeOut(_ mode: ReadinessBridge.Mode)
    async throws
  {
    let (listener, port) = try ScriptedServer.listen(backlog: 0)
    defer { close(listener) }
    let held = try TCPStream(port: port)
    defer { held.close() }
    try await withLoop(mode) { loop in
      var configuration = HandleConfiguration(url: "http://127.0.0.1:\(port)")
      configuration.connectTimeout = .milliseconds(300)
      let outcome = try await loop.fetch(on: loop.pool(configuration))
      #expect(outcome.failure?.kind == .connectTimeout)
      let before = try await loop.socketCount
      let again = try await loop.fetch(on: loop.pool(configuration))
      let after = try await loop.socketCount
      print(
        "DEBUG", before, after, again.failure?.kind.rawValue ?? "-", again.failure?.detail ?? "-",
        outcome.failure?.detail ?? "-")
    }
  }

  @Test(arguments: LoopUnderTest.modes, [true, false])
  func aConnectionThatEndsBeforeTheAnswerIsAReset(_ mode: ReadinessBridge.Mode, byReset: Bool) async throws {
    try await withServer({ peer in
      _ = peer.request()
      if byReset { peer.stream.reset() }
    }) { server in
      try await withLoop(mode) { loop in
        let outcome = try await loop.fetch(on: loop.pool(server.url))
        #expect(outcome.failure?.kind == .reset)
        #expect(outcome.status == 0)
        #expect(server.requestCount == 1)
      }
    }
  }

  /// libcurl would send the request again by itself here; attempts are ours to count.
  @Test(arguments: LoopUnderTest.modes, [true, false])
  func aKeptConnectionThatEndsBeforeTheAnswerIsAResetToo(_ mode: ReadinessBridge.Mode, byReset: Bool)
    async throws
  {
    try await withServer({ peer in
      _ = peer.request()
      peer.answer("ok")
      _ = peer.request()
      if byReset { peer.stream.reset() }
    }) { server in
      try await withLoop(mode) { loop in
        let pool = try await loop.pool(server.url, .post)
        #expect(try await loop.fetch(on: pool, body: [1]).text == "ok")
        let outcome = try await loop.fetch(on: pool, body: [2])
        #expect(outcome.failure?.kind == .reset)
        #expect(server.requests.map(\.body) == [[1], [2]], "nothing is sent twice")
        #expect(try await loop.fetch(on: pool, body: [3]).text == "ok")
      }
    }
  }

  @Test(arguments: LoopUnderTest.modes) func aHeadThatNeverComesIsAReset(_ mode: ReadinessBridge.Mode)
    async throws
  {
    #expect(try await outcome(mode, of: "HTTP/1.1 100 Continue\r\n\r\n").failure?.kind == .reset)
  }

  /// libcurl calls that a success, though without a head.
  @Test(arguments: LoopUnderTest.modes) func aHeadThatBreaksOffIsAReset(_ mode: ReadinessBridge.Mode)
    async throws
  {
    let outcome = try await outcome(mode, of: "HTTP/1.1 200 OK\r\nContent-Le")
    #expect(outcome.failure?.kind == .reset)
  }

  @Test(
    arguments: LoopUnderTest.modes,
    [
      "SSH-2.0-OpenSSH_9.2\r\n", "\u{0}\u{1}\u{2}\u{3}\r\n\r\n", "<html></html>\r\n\r\n",
      "HTTP/1.1 x\r\n\r\n",
      "HTTP/1.1 20\r\n\r\n",
    ])
  func whatIsNotHTTPIsGarbage(_ mode: ReadinessBridge.Mode, answer: String) async throws {
    let outcome = try await outcome(mode, of: answer)
    #expect(outcome.failure?.kind == .garbage, "\(outcome.failure?.detail ?? "no failure")")
    #expect(outcome.status == 0)
  }

  @Test(
    arguments: LoopUnderTest.modes,
    [
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
    ])
  func aBodyThatBreaksOffIsBroken(_ mode: ReadinessBridge.Mode, answer: String) async throws {
    let outcome = try await outcome(mode, of: answer)
    #expect(outcome.status == 200)
    #expect(outcome.text == "abc")
    #expect(outcome.failure?.kind == .brokenBody)
  }

  @Test(arguments: LoopUnderTest.modes) func aHugeFieldLineIsAnOversizedHead(_ mode: ReadinessBridge.Mode)
    async throws
  {
    let answer = "HTTP/1.1 200 OK\r\nX-Huge: \(String(repeating: "x", count: 120 << 10))\r\n\r\n"
    let outcome = try await outcome(mode, of: answer)
    #expect(outcome.failure?.kind == .oversizedHead)
    #expect(outcome.status == 0)
  }

  @Test(arguments: LoopUnderTest.modes) func tooManyFieldsAreAnOversizedHead(_ mode: ReadinessBridge.Mode)
    async throws
  {
    let line = "X-A: \(String(repeating: "x", count: 500))\r\n"
    let answer = "HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 300) + "\r\n"
    #expect(try await outcome(mode, of: answer).failure?.kind == .oversizedHead)
  }

  @Test(arguments: LoopUnderTest.modes) func aHeadJustBelowTheLimitIsFine(_ mode: ReadinessBridge.Mode)
    async throws
  {
    let line = "X-A: \(String(repeating: "x", count: 994))\r\n"
    let answer = "HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 60) + "Content-Length: 2\r\n\r\nok"
    let outcome = try await outcome(mode, of: answer)
    #expect(outcome.failure == nil)
    #expect(outcome.fields.count == 61)
  }

  /// Redirects are the provider's answer, not an order.
  @Test(arguments: LoopUnderTest.modes) func redirectsAreNotFollowed(_ mode: ReadinessBridge.Mode)
    async throws
  {
    let answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    #expect(try await outcome(mode, of: answer).status == 302)
  }
}
