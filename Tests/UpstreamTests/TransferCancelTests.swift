import NIOCore
import TestSupport
import Testing

@testable import Upstream

@Suite(.timeLimit(.minutes(5)))
struct TransferCancelTests {
  /// Reads a request, says `begin`, and waits for the client's end.
  private static func hang(_ begin: String) -> @Sendable (ScriptedServer.Peer) -> Void {
    { peer in
      _ = peer.request()
      peer.stream.send(begin)
      _ = peer.stream.untilEnd()
    }
  }

  private static let beginnings = ["", "HTTP/1.1 200", "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc"]

  @Test(arguments: LoopUnderTest.ways, beginnings)
  func cancellingClosesTheConnection(_ way: LoopUnderTest.Way, begin: String) async throws {
    try await withServer(Self.hang(begin)) { server in
      try await withLoop(way) { loop in
        let recorder = try await loop.start(on: loop.pool(server.url))
        let isUnderWay: @Sendable () async throws -> Bool = {
          guard begin.hasSuffix("abc") else { return server.requestCount == 1 }
          return try await loop.run { _ in recorder.value.outcome.body.count == 3 }
        }
        #expect(try await eventually(isUnderWay))
        #expect(try await loop.activeCount == 1)
        try await loop.run { _ in recorder.value.cancel() }
        #expect(try await loop.activeCount == 0)
        #expect(try await eventually { server.openCount == 0 }, "the server sees the close")
        #expect(try await loop.socketCount == 0)
        #expect(try await loop.run { _ in recorder.value.outcome.strays } == 0)
      }
    }
  }

  @Test(arguments: LoopUnderTest.ways) func cancellingFromACallbackIsAllowed(_ way: LoopUnderTest.Way)
    async throws
  {
    let piece = [UInt8](repeating: 0x61, count: 1 << 20)
    try await withServer({ peer in
      _ = peer.request()
      peer.stream.send("HTTP/1.1 200 OK\r\nContent-Length: \(piece.count * 100)\r\n\r\n")
      for _ in 0..<100 { guard peer.stream.send(piece) else { return } }
    }) { server in
      try await withLoop(way) { loop in
        let outcome = try await loop.fetch(on: loop.pool(server.url), flow: .cancelling(after: 100_000))
        #expect((100_000..<200_000).contains(outcome.body.count))
        #expect(try await loop.activeCount == 0)
        #expect(try await eventually { server.openCount == 0 })
      }
    }
  }

  @Test(arguments: LoopUnderTest.curlWays) func theHandleOfACancelledTransferIsUsedAgain(
    _ way: LoopUnderTest.Way
  ) async throws {
    try await withServer({ peer in
      guard peer.request()?.target == "/answer" else { return _ = peer.stream.untilEnd() }
      peer.answer("ok")
    }) { server in
      try await withLoop(way) { loop in
        let pool = try await loop.pool(server.url + "/hang")
        var handles: Set<ObjectIdentifier> = []
        for _ in 0..<20 {
          let recorder = try await loop.start(on: pool)
          let handle = try await loop.run { _ in recorder.value.transfer.map { ObjectIdentifier($0) } }
          if let handle { handles.insert(handle) }
          try await loop.run { _ in recorder.value.cancel() }
        }
        #expect(handles.count == 1)
        #expect(try await loop.activeCount == 0)
        let outcome = try await loop.fetch(on: loop.pool(server.url + "/answer"))
        #expect(outcome.text == "ok")
      }
    }
  }

  @Test(arguments: LoopUnderTest.ways) func cancellingAfterTheEndDoesNothing(_ way: LoopUnderTest.Way)
    async throws
  {
    try await withServer({ $0.answerAll("ok") }) { server in
      try await withLoop(way) { loop in
        let pool = try await loop.pool(server.url)
        let recorder = try await loop.start(on: pool)
        let transfer = try await loop.run { _ in NIOLoopBound(recorder.value.transfer, eventLoop: loop.loop) }
        _ = try await loop.loop.flatSubmit { recorder.value.ended.futureResult }.get()
        try await loop.run { _ in
          transfer.value?.cancel()
          transfer.value?.resume()
        }
        #expect(try await loop.fetch(on: pool).text == "ok")
        #expect(server.connectionCount == 1)
      }
    }
  }

  /// Half of many are cancelled while all wait; the others don't notice.
  @Test(arguments: LoopUnderTest.ways) func cancellingOneLeavesTheOthersAlone(_ way: LoopUnderTest.Way)
    async throws
  {
    try await withServer({ peer in
      guard let request = peer.request() else { return }
      guard request.target == "/kept" else { return _ = peer.stream.untilEnd() }
      peer.wait { $0.requestCount == 60 && $0.openCount <= 30 }
      peer.answer("kept")
    }) { server in
      try await withLoop(way) { loop in
        let (kept, dropped) = (
          try await loop.pool(server.url + "/kept"), try await loop.pool(server.url + "/dropped")
        )
        var (stay, go): ([NIOLoopBound<Recorder>], [NIOLoopBound<Recorder>]) = ([], [])
        for _ in 0..<30 {
          stay.append(try await loop.start(on: kept))
          go.append(try await loop.start(on: dropped))
        }
        #expect(try await eventually { server.requestCount == 60 })
        for recorder in go { try await loop.run { _ in recorder.value.cancel() } }
        for recorder in stay {
          #expect(try await loop.loop.flatSubmit { recorder.value.ended.futureResult }.get().text == "kept")
        }
        #expect(try await loop.activeCount == 0)
        #expect(try await eventually { server.openCount == 0 })
      }
    }
  }
}
