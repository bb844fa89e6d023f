import NIOCore
import TestSupport
import Testing
import Upstream

extension ReplicaTests {
  struct BackPressureTests {
    /// 15 MB to a client that doesn't read: the provider is stopped after what sockets and one turn of buffers hold.
    @Test(arguments: ReplicaUnderTest.modes)
    func aClientThatDoesNotReadHoldsTheProviderBack(_ mode: ReadinessBridge.Mode) async throws {
      let script: ScriptedProvider.Script = { _ in .stream(Flood.stream) }
      try await withReplica(script, .init(readiness: mode)) { test, provider in
        let client = try await test.askForStream(receiveBuffer: 256 << 10)
        _ = try await client.head()
        try await client.setReading(false)
        let stoodAt = try await Flood.untilItStands(provider)
        #expect(stoodAt > 0)
        #expect(stoodAt < Flood.stream.count * 3 / 4, "of \(Flood.stream.count) pieces of 64 KiB")
        try await client.setReading(true)
        let body = try await client.chunks()
        let expected = ByteBuffer(string: Wire.stream((0..<Flood.stream.count).map(Flood.stream.content)))
        #expect(body.readableBytes == expected.readableBytes)
        #expect(body == expected)
      }
    }
  }
}

/// A stream of much more than all buffers on its way hold.
enum Flood {
  static let stream = ScriptedProvider.Stream(count: 240) { number in "\(number)" + piece }
  private static let piece = String(repeating: "x", count: 64 << 10)

  /// Waits until the provider got rid of something, and then of nothing more for half a second; how many events by then.
  static func untilItStands(_ provider: ScriptedProvider) async throws -> Int {
    #expect(try await eventually { provider.eventCount > 0 })
    var (last, rounds) = (0, 0)
    while rounds < 50 {
      try await Task.sleep(for: .milliseconds(10))
      rounds = provider.eventCount == last ? rounds + 1 : 0
      last = provider.eventCount
    }
    return last
  }
}
