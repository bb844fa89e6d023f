import NIOConcurrencyHelpers
import NIOCore
import TestSupport
import Testing

@testable import Upstream

/// Whole exchanges over real sockets, every way that this machine has.
@Suite(.timeLimit(.minutes(5)))
struct TransferTests {
  @Test(arguments: LoopUnderTest.ways) func plainAnswersComeWhole(_ way: LoopUnderTest.Way) async throws {
    try await withServer({ $0.answerAll("hello", fields: "X-A: 1\r\n") }) { server in
      try await withLoop(way) { loop in
        let outcome = try await loop.fetch(on: loop.pool(server.url))
        #expect(outcome.status == 200)
        #expect(outcome.fields == ["X-A: 1", "Content-Length: 5"])
        #expect(outcome.text == "hello")
        #expect(outcome.failure == nil)
        #expect(outcome.strays == 0)
      }
    }
  }

  /// A target aside finds its own connections, and takes nobody's.
  @Test func targetsAsideHaveConnectionsOfTheirOwn() async throws {
    try await withServer({ $0.answerAll("ok") }) { server in
      try await withLoop(.http1) { loop in
        var aside = TransferTarget(url: server.url)
        aside.isAside = true
        let (usual, other) = (try await loop.pool(server.url), try await loop.pool(aside))
        for _ in 0..<2 {
          #expect(try await loop.fetch(on: usual).status == 200)
          #expect(try await loop.fetch(on: other).status == 200)
        }
        #expect(server.connectionCount == 2)
      }
    }
  }

  @Test(arguments: LoopUnderTest.ways) func bodiesAndFieldsAreSentAsGiven(_ way: LoopUnderTest.Way)
    async throws
  {
    let body = [UInt8]((0..<3_000_000).map { UInt8(truncatingIfNeeded: $0 &* 31 >> 3) })
    try await withServer({ $0.answerAll("ok") }) { server in
      try await withLoop(way) { loop in
        var configuration = TransferTarget(url: server.url + "/v1/x")
        configuration.headers = ["Content-Type: application/json", "Authorization: Bearer k"]
        let pool = try await loop.pool(configuration)
        _ = try await loop.fetch(on: pool, body: body, headers: ["X-Once: 1"])
        _ = try await loop.fetch(on: pool, body: [])
        let requests = server.requests
        #expect(requests.map(\.start) == ["POST /v1/x HTTP/1.1", "POST /v1/x HTTP/1.1"])
        #expect(requests[0].body == body)
        #expect(requests[0].all("x-once") == ["1"])
        #expect(requests[1].body.isEmpty)
        #expect(requests[1].all("x-once") == [], "a field of one request must not stay with its handle")
        for request in requests {
          #expect(request.all("authorization") == ["Bearer k"])
          #expect(request.all("content-type") == ["application/json"])
          #expect(request.all("expect") == [], "a provider that doesn't know it costs a second")
        }
      }
    }
  }

  @Test(arguments: LoopUnderTest.ways) func chunkedAnswersComeWhole(_ way: LoopUnderTest.Way)
    async throws
  {
    try await withServer({ peer in
      _ = peer.request()
      peer.stream.send("HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n")
      peer.stream.send("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: X-T\r\n\r\n")
      for piece in ["a", "bc", "def"] { peer.stream.send("\(piece.count)\r\n\(piece)\r\n") }
      peer.stream.send("0\r\nX-T: 1\r\n\r\n")
      _ = peer.stream.untilEnd()
    }) { server in
      try await withLoop(way) { loop in
        let outcome = try await loop.fetch(on: loop.pool(server.url))
        #expect(outcome.text == "abcdef")
        #expect(outcome.fields == ["Transfer-Encoding: chunked", "Trailer: X-T"])
        #expect(outcome.failure == nil)
        #expect(outcome.strays == 0)
      }
    }
  }

  @Test(arguments: LoopUnderTest.ways) func headsMayComeInPieces(_ way: LoopUnderTest.Way) async throws {
    let answer = Array("HTTP/1.1 200 OK\r\nX-A: 1\r\nContent-Length: 2\r\n\r\nok".utf8)
    try await withServer({ peer in
      // At each position once in two pieces, then byte by byte.
      for cut in 1..<answer.count {
        guard peer.request() != nil else { return }
        peer.stream.send(Array(answer[..<cut]))
        peer.stream.send(Array(answer[cut...]))
      }
      _ = peer.request()
      for byte in answer { peer.stream.send([byte]) }
      _ = peer.stream.untilEnd()
    }) { server in
      try await withLoop(way) { loop in
        let pool = try await loop.pool(server.url)
        for _ in answer.indices {
          let outcome = try await loop.fetch(on: pool)
          #expect(outcome.status == 200)
          #expect(outcome.fields == ["X-A: 1", "Content-Length: 2"])
          #expect(outcome.text == "ok")
        }
        #expect(server.connectionCount == 1)
      }
    }
  }

  @Test(arguments: LoopUnderTest.ways, [1, 2, 7])
  func aConsumerThatPausesGetsEveryByteInOrder(_ way: LoopUnderTest.Way, every: Int) async throws {
    let body = [UInt8]((0..<1_500_000).map { UInt8(truncatingIfNeeded: $0 &* 2_654_435_761 >> 11) })
    try await withServer({ peer in
      _ = peer.request()
      peer.stream.send("HTTP/1.1 200 OK\r\nContent-Length: \(body.count)\r\n\r\n")
      peer.stream.send(body)
      _ = peer.stream.untilEnd()
    }) { server in
      try await withLoop(way) { loop in
        // Pausing at every piece alone would never take one.
        let flow = Recorder.Flow.pausing(every: max(every, 2))
        let outcome = try await loop.fetch(on: loop.pool(server.url), flow: flow)
        #expect(outcome.failure == nil)
        #expect(outcome.pauses >= 2)
        #expect(outcome.body == body)
      }
    }
  }

  /// What is not read stays with the provider: the kernel's buffers hold some, this process next to nothing.
  @Test(arguments: LoopUnderTest.ways) func aPausedTransferStopsTheSender(_ way: LoopUnderTest.Way)
    async throws
  {
    let piece = [UInt8](repeating: 0x61, count: 64 << 10)
    let sent = NIOLockedValueBox(0)
    try await withServer({ peer in
      _ = peer.request()
      peer.stream.send("HTTP/1.1 200 OK\r\nContent-Length: \(piece.count * 10_000)\r\n\r\n")
      for _ in 0..<10_000 {
        guard peer.stream.send(piece) else { return }
        sent.withLockedValue { $0 += piece.count }
      }
      peer.stream.reset()
    }) { server in
      try await withLoop(way) { loop in
        let recorder = try await loop.start(on: loop.pool(server.url), flow: .stuck)
        #expect(try await eventually { try await loop.run { _ in recorder.value.outcome.pauses } > 0 })
        try await Task.sleep(for: .milliseconds(300))
        #expect(sent.withLockedValue { $0 } < 64 << 20, "sockets' buffers hold a few MB")
        try await loop.run { _ in recorder.value.cancel() }
        #expect(try await eventually { server.openCount == 0 }, "the sender hears of the cancellation")
        let outcome = try await loop.run { _ in recorder.value.outcome }
        #expect(outcome.pauses == 1)
        #expect(outcome.body.isEmpty)
      }
    }
  }

  @Test(arguments: LoopUnderTest.ways) func connectionsAreUsedAgain(_ way: LoopUnderTest.Way)
    async throws
  {
    try await withServer({ $0.answerAll("ok") }) { server in
      try await withLoop(way) { loop in
        let (a, b) = (try await loop.pool(server.url + "/a"), try await loop.pool(server.url + "/b"))
        for pool in [a, b, a, b, a] {
          for _ in 0..<10 { #expect(try await loop.fetch(on: pool).text == "ok") }
        }
        #expect(server.requestCount == 50)
        #expect(server.connectionCount == 1)
        #expect(try await loop.socketCount == 1)
      }
    }
  }

  @Test(arguments: LoopUnderTest.ways) func closingClosesIdleConnections(_ way: LoopUnderTest.Way)
    async throws
  {
    try await withServer({ $0.answerAll("ok") }) { server in
      try await withLoop(way) { loop in _ = try await loop.fetch(on: loop.pool(server.url)) }
      #expect(try await eventually { server.openCount == 0 })
    }
  }

  @Test(arguments: ["Authorization: Bearer a\r\nX: 1", "A: b\u{0}", "A: b\n"])
  func fieldsWithLineEndsAreRefused(field: String) async throws {
    for way in LoopUnderTest.ways {
      try await withLoop(way) { loop in
        var target = TransferTarget(url: "http://127.0.0.1:1/")
        target.headers = [field]
        let refused = target
        await #expect(throws: UpstreamError.self) { _ = try await loop.pool(refused) }
      }
    }
  }

  @Test func urlsThatCannotBeCalledAreRefused() async throws {
    try await withLoop(.http1) { loop in
      for url in ["ftp://a/", "file:///etc/passwd", "a", "", "http://", "http://a:99999/"] {
        await #expect(throws: UpstreamError.self, "\(url)") { _ = try await loop.pool(url) }
      }
    }
  }

  /// Bytes that nobody asked for might be taken for the next answer.
  @Test(arguments: LoopUnderTest.ways) func aConnectionThatSaysTooMuchIsNotUsedAgain(_ way: LoopUnderTest.Way)
    async throws
  {
    let stray = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nstray"
    try await withServer({ peer in
      while peer.request() != nil {
        peer.stream.send("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok\(stray)")
      }
    }) { server in
      try await withLoop(way) { loop in
        let pool = try await loop.pool(server.url)
        for _ in 0..<5 {
          let outcome = try await loop.fetch(on: pool)
          #expect(outcome.text == "ok")
        }
        if way == .http1 { #expect(server.connectionCount == 5) }
      }
    }
  }

  /// The provider is done and gone long before the consumer has taken everything.
  @Test(arguments: LoopUnderTest.ways) func nothingIsLostWhenTheSenderLeavesBeforeAPausedConsumer(
    _ way: LoopUnderTest.Way
  ) async throws {
    let body = [UInt8]((0..<300_000).map { UInt8(truncatingIfNeeded: $0 &* 40_503 >> 7) })
    try await withServer({ peer in
      _ = peer.request()
      peer.stream.send("HTTP/1.1 200 OK\r\n\r\n")
      peer.stream.send(body)
    }) { server in
      try await withLoop(way) { loop in
        let outcome = try await loop.fetch(on: loop.pool(server.url), flow: .pausing(every: 2))
        #expect(outcome.failure == nil)
        #expect(outcome.body == body)
        #expect(outcome.strays == 0)
      }
    }
  }

  @Test(arguments: LoopUnderTest.ways) func anAnswerMayComeBeforeTheRequestWasRead(_ way: LoopUnderTest.Way)
    async throws
  {
    try await withServer({ peer in
      _ = peer.stream.take(10)
      peer.stream.send("HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\n\r\nbig")
      _ = peer.stream.untilEnd()
    }) { server in
      try await withLoop(way) { loop in
        let body = [UInt8](repeating: 0x20, count: 20 << 20)
        let outcome = try await loop.fetch(on: loop.pool(server.url, .post), body: body)
        #expect(outcome.status == 413)
        #expect(outcome.text == "big")
      }
    }
  }
}
