import NIOCore
import NIOPosix
import TestSupport
import Testing

@testable import Upstream

@Suite(.timeLimit(.minutes(3)))
struct TransferLoadTests {
  /// Transfers that all run at once: the server answers none before it has heard of all.
  private func load(_ way: LoopUnderTest.Way, loops: Int, transfers: Int) async throws {
    let total = loops * transfers
    try await withServer({ peer in
      while peer.request() != nil {
        peer.wait { $0.requestCount >= total }
        guard peer.answer(String(repeating: "x", count: 1000 + peer.number)) else { return }
      }
    }) { server in
      let group = MultiThreadedEventLoopGroup(numberOfThreads: loops)
      try await withThrowingTaskGroup(of: Void.self) { tasks in
        for loop in group.makeIterator() {
          tasks.addTask { try await Self.play(way, on: loop, server.url, transfers) }
        }
        try await tasks.waitForAll()
      }
      #expect(server.requestCount == total * 2)
      #expect(server.connectionCount == total, "the second round uses the connections of the first")
      try await group.shutdownGracefully()
    }
  }

  private static func play(
    _ way: LoopUnderTest.Way, on loop: any EventLoop, _ url: String, _ transfers: Int
  ) async throws {
    let loop = try await LoopUnderTest.start(way, on: loop)
    let pool = try await loop.pool(url)
    for _ in 0..<2 {
      var recorders: [NIOLoopBound<Recorder>] = []
      for _ in 0..<transfers { recorders.append(try await loop.start(on: pool)) }
      for recorder in recorders {
        let outcome = try await loop.loop.flatSubmit { recorder.value.ended.futureResult }.get()
        #expect(outcome.failure == nil)
        #expect(outcome.body.count >= 1000)
        #expect(outcome.strays == 0)
      }
      #expect(try await loop.activeCount == 0)
      #expect(try await loop.socketCount == transfers)
    }
    try await loop.stop()
  }

  @Test(arguments: LoopUnderTest.ways) func twoHundredTransfersShareALoop(_ way: LoopUnderTest.Way)
    async throws
  {
    try await load(way, loops: 1, transfers: 200)
  }

  @Test(arguments: LoopUnderTest.ways) func loopsDoNotDisturbEachOther(_ way: LoopUnderTest.Way)
    async throws
  {
    try await load(way, loops: 4, transfers: 100)
  }

  /// Descriptors of drivers that were closed are gone: bridges, wakers and sockets.
  @Test(arguments: LoopUnderTest.ways) func driversComeAndGoWithoutATrace(_ way: LoopUnderTest.Way)
    async throws
  {
    try await withServer({ $0.answerAll("ok") }) { server in
      for _ in 0..<50 {
        let outcome = try await withLoop(way) { loop in try await loop.fetch(on: loop.pool(server.url)) }
        #expect(outcome.text == "ok")
      }
      #expect(try await eventually { server.openCount == 0 })
      #expect(server.connectionCount == 50)
    }
  }
}
