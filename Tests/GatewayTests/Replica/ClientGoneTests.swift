import TestSupport
import Testing
import Upstream

@testable import Gateway

extension ReplicaTests {
  /// A client that goes takes its attempt with it: the provider must not work, and bill, for no one.
  struct ClientGoneTests {
    /// Far more than it takes, and far less than any of the timeouts that would end the attempt too.
    static let soon = Duration.seconds(2)

    @Test(arguments: ReplicaUnderTest.modes)
    func beforeTheAnswersHead(_ mode: ReadinessBridge.Mode) async throws {
      try await withReplica({ _ in .silence }, .init(readiness: mode)) { test, provider in
        let client = try await test.connect()
        client.send(Wire.chat("hi"))
        #expect(try await eventually { provider.requestCount == 1 })
        #expect(await test.activeCount() == 1)
        #expect(await test.metric("switchyard_buffered_bytes") > 0)
        client.close()
        try await expectTheEnd(of: test, provider)
      }
    }

    @Test(arguments: ReplicaUnderTest.modes)
    func inTheMiddleOfAStream(_ mode: ReadinessBridge.Mode) async throws {
      let script: ScriptedProvider.Script = { _ in .stream(.init(count: 2, waitsAfter: 1)) }
      try await withReplica(script, .init(readiness: mode)) { test, provider in
        let client = try await test.askForStream()
        _ = try await client.head()
        _ = try await client.chunk()
        #expect(await test.activeCount() == 1)
        client.close()
        try await expectTheEnd(of: test, provider)
      }
    }

    /// The transfer is paused then, and libcurl watches nothing of it.
    @Test(arguments: ReplicaUnderTest.modes)
    func whileTheProviderIsHeldBack(_ mode: ReadinessBridge.Mode) async throws {
      let script: ScriptedProvider.Script = { _ in .stream(Flood.stream) }
      try await withReplica(script, .init(readiness: mode)) { test, provider in
        let client = try await test.askForStream(receiveBuffer: 256 << 10)
        try await client.setReading(false)
        _ = try await Flood.untilItStands(provider)
        #expect(await test.activeCount() == 1)
        client.close()
        try await expectTheEnd(of: test, provider)
      }
    }

    @Test func beforeTheRequestIsWhole() async throws {
      try await withReplica({ _ in .silence }) { test, provider in
        let client = try await test.connect()
        client.send(Wire.post(length: 1000) + "{")
        #expect(try await eventually { await test.metric("switchyard_buffered_bytes") == 1 })
        client.close()
        #expect(try await test.untilIdle(within: Self.soon) == [])
        #expect(await test.metric("switchyard_client_disconnects_total") == 1)
        #expect(provider.requestCount == 0)
      }
    }

    private func expectTheEnd(of test: ReplicaUnderTest, _ provider: ScriptedProvider) async throws {
      #expect(try await eventually(within: Self.soon) { provider.openCount == 0 })
      #expect(try await test.untilIdle(within: Self.soon) == [])
      #expect(await test.metric("switchyard_client_disconnects_total") == 1)
      #expect(await test.metric("switchyard_requests_total") == 1)
    }
  }
}
