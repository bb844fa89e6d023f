import Glibc
import NIOCore
import TestSupport
import Testing

@testable import Upstream

/// What providers do wrong, and what consumers are told of it.
@Suite(.timeLimit(.minutes(5)))
struct TransferFailureTests {
  /// The outcome against a server that reads a request and says `answer`, then closes.
  private func outcome(_ way: LoopUnderTest.Way, of answer: String, count: Int = 1) async throws
    -> Recorder.Outcome
  {
    try await withServer({ peer in
      _ = peer.request()
      for _ in 0..<count { guard peer.stream.send(answer) else { return } }
    }) { server in
      try await withLoop(way) { loop in
        let outcome = try await loop.fetch(on: loop.pool(server.url))
        #expect(server.requestCount == 1)
        #expect(outcome.strays == 0)
        #expect(try await loop.activeCount == 0)
        return outcome
      }
    }
  }

  @Test(arguments: LoopUnderTest.ways) func refusedConnectionsAreConnectFailures(
    _ way: LoopUnderTest.Way
  ) async throws {
    try await withLoop(way) { loop in
      let outcome = try await loop.fetch(on: loop.pool("http://127.0.0.1:\(ScriptedServer.closedPort())"))
      #expect(outcome.failure?.kind == .connect)
      #expect(try await loop.socketCount == 0)
    }
  }

  @Test func unknownNamesAreConnectFailures() async throws {
    try await withLoop(.http1) { loop in
      let outcome = try await loop.fetch(on: loop.pool("http://nowhere.invalid/"))
      #expect(outcome.failure?.kind == .connect)
    }
  }

  /// A backlog that is full lets further connections hang: nobody accepts them, and nobody refuses them.
  @Test(arguments: LoopUnderTest.ways) func connectionsThatHangTimeOut(_ way: LoopUnderTest.Way)
    async throws
  {
    let (listener, port) = try ScriptedServer.listen(backlog: 0)
    defer { close(listener) }
    let held = try TCPStream(port: port)
    defer { held.close() }
    try await withLoop(way) { loop in
      var target = TransferTarget(url: "http://127.0.0.1:\(port)")
      target.connectTimeout = .milliseconds(300)
      let outcome = try await loop.fetch(on: loop.pool(target))
      #expect(outcome.failure?.kind == .connectTimeout)
    }
  }

  @Test(arguments: LoopUnderTest.ways, [true, false])
  func aConnectionThatEndsBeforeTheAnswerIsAReset(_ way: LoopUnderTest.Way, byReset: Bool) async throws {
    try await withServer({ peer in
      _ = peer.request()
      if byReset { peer.stream.reset() }
    }) { server in
      try await withLoop(way) { loop in
        let outcome = try await loop.fetch(on: loop.pool(server.url))
        #expect(outcome.failure?.kind == .reset)
        #expect(outcome.status == 0)
        #expect(server.requestCount == 1)
      }
    }
  }

  /// libcurl would send the request again by itself here; attempts are ours to count.
  @Test(arguments: LoopUnderTest.ways, [true, false])
  func aKeptConnectionThatEndsBeforeTheAnswerIsAResetToo(_ way: LoopUnderTest.Way, byReset: Bool)
    async throws
  {
    try await withServer({ peer in
      _ = peer.request()
      peer.answer("ok")
      _ = peer.request()
      if byReset { peer.stream.reset() }
    }) { server in
      try await withLoop(way) { loop in
        let pool = try await loop.pool(server.url, .post)
        #expect(try await loop.fetch(on: pool, body: [1]).text == "ok")
        let outcome = try await loop.fetch(on: pool, body: [2])
        #expect(outcome.failure?.kind == .reset)
        #expect(server.requests.map(\.body) == [[1], [2]], "nothing is sent twice")
        #expect(try await loop.fetch(on: pool, body: [3]).text == "ok")
      }
    }
  }

  @Test(arguments: LoopUnderTest.ways) func aHeadThatNeverComesIsAReset(_ way: LoopUnderTest.Way)
    async throws
  {
    #expect(try await outcome(way, of: "HTTP/1.1 100 Continue\r\n\r\n").failure?.kind == .reset)
  }

  /// libcurl calls that a success, though without a head.
  @Test(arguments: LoopUnderTest.ways) func aHeadThatBreaksOffIsAReset(_ way: LoopUnderTest.Way)
    async throws
  {
    let outcome = try await outcome(way, of: "HTTP/1.1 200 OK\r\nContent-Le")
    #expect(outcome.failure?.kind == .reset)
  }

  @Test(
    arguments: LoopUnderTest.ways,
    [
      "SSH-2.0-OpenSSH_9.2\r\n", "\u{0}\u{1}\u{2}\u{3}\r\n\r\n", "<html></html>\r\n\r\n",
      "HTTP/1.1 x\r\n\r\n",
      "HTTP/1.1 20\r\n\r\n",
    ])
  func whatIsNotHTTPIsGarbage(_ way: LoopUnderTest.Way, answer: String) async throws {
    let outcome = try await outcome(way, of: answer)
    #expect(outcome.failure?.kind == .garbage, "\(outcome.failure?.detail ?? "no failure")")
    #expect(outcome.status == 0)
  }

  @Test(
    arguments: LoopUnderTest.ways,
    [
      "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nabc",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n",
      "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\nzz\r\n",
    ])
  func aBodyThatBreaksOffIsBroken(_ way: LoopUnderTest.Way, answer: String) async throws {
    let outcome = try await outcome(way, of: answer)
    #expect(outcome.status == 200)
    #expect(outcome.text == "abc")
    #expect(outcome.failure?.kind == .brokenBody)
  }

  @Test(arguments: LoopUnderTest.ways) func aHugeFieldLineIsAnOversizedHead(_ way: LoopUnderTest.Way)
    async throws
  {
    let answer = "HTTP/1.1 200 OK\r\nX-Huge: \(String(repeating: "x", count: 120 << 10))\r\n\r\n"
    let outcome = try await outcome(way, of: answer)
    #expect(outcome.failure?.kind == .oversizedHead)
    #expect(outcome.status == 0)
  }

  @Test(arguments: LoopUnderTest.ways) func tooManyFieldsAreAnOversizedHead(_ way: LoopUnderTest.Way)
    async throws
  {
    let line = "X-A: \(String(repeating: "x", count: 500))\r\n"
    let answer = "HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 300) + "\r\n"
    #expect(try await outcome(way, of: answer).failure?.kind == .oversizedHead)
  }

  @Test(arguments: LoopUnderTest.ways) func aHeadJustBelowTheLimitIsFine(_ way: LoopUnderTest.Way)
    async throws
  {
    let line = "X-A: \(String(repeating: "x", count: 994))\r\n"
    let answer = "HTTP/1.1 200 OK\r\n" + String(repeating: line, count: 60) + "Content-Length: 2\r\n\r\nok"
    let outcome = try await outcome(way, of: answer)
    #expect(outcome.failure == nil)
    #expect(outcome.fields.count == 61)
  }

  /// Redirects are the provider's answer, not an order.
  @Test(arguments: LoopUnderTest.ways) func redirectsAreNotFollowed(_ way: LoopUnderTest.Way)
    async throws
  {
    let answer = "HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n"
    #expect(try await outcome(way, of: answer).status == 302)
  }
}
