import NIOCore
import TestSupport
import Testing
import Upstream

@testable import Gateway

extension ReplicaTests {
  /// Streams that several ask for at once, over sockets: one call, and everybody reads it as it comes.
  struct LiveStreamTests {
    private static let options = ReplicaUnderTest.Options(cache: "{ ttl: 60s }")
    private static let begun = Wire.event("0") + Wire.event("1")
    private static let rest = Wire.stream(["2"])

    /// A stream that waits behind its second event.
    private static func stream(_ end: ScriptedProvider.Stream.End = .whole) -> ScriptedProvider.Script {
      { _ in .stream(.init(count: end == .whole ? 3 : 2, end: end, waitsAfter: 2)) }
    }

    /// Reads the first two events, as far as they come in whole chunks.
    private static func readBegin(_ client: WireClient) async throws {
      var text = ""
      while text.utf8.count < begun.utf8.count { text += try await String(buffer: client.chunk()) }
      #expect(text == begun)
    }

    /// A leader that has read the begin, and others who have followed it so far.
    private static func party(_ test: ReplicaUnderTest, followers: Int) async throws -> (
      WireClient, [WireClient]
    ) {
      let leader = try await test.askForStream()
      #expect(try await leader.head().first("cache-status")?.hasPrefix("switchyard; fwd=miss; key=") == true)
      try await readBegin(leader)
      var clients: [WireClient] = []
      for _ in 0..<followers {
        let client = try await test.askForStream()
        let head = try await client.head()
        #expect(head.first("cache-status")?.hasPrefix("switchyard; fwd=miss; collapsed") == true)
        #expect(head.first("content-type") == "text/event-stream" && head.first("age") == "0")
        try await readBegin(client)
        clients.append(client)
      }
      return (leader, clients)
    }

    /// Followers are let in one by one, and read what has come before the provider goes on.
    @Test func followersReadAStreamAsItComes() async throws {
      try await withReplica(Self.stream(), Self.options) { test, provider in
        let (leader, followers) = try await Self.party(test, followers: 20)
        #expect(await test.metric("switchyard_cache_waiting") == 0)
        provider.goOn()
        for client in [leader] + followers {
          #expect(try await String(buffer: client.chunks()) == Self.rest)
        }
        #expect(provider.requestCount == 1)
        #expect(await test.metric("switchyard_cache_requests_total", "collapsed") == 20)
        let replayed = try await test.askForStream().message()
        #expect(replayed.text == Self.begun + Self.rest)
        #expect(replayed.first("cache-status")?.hasPrefix("switchyard; hit") == true)
      }
    }

    /// Those who wait for the first event begin with it.
    @Test func whoWaitedForTheBeginReadsOnLive() async throws {
      let script: ScriptedProvider.Script = { _ in .stream(.init(count: 1, waitsAfter: 0)) }
      try await withReplica(script, Self.options) { test, provider in
        var clients: [WireClient] = []
        for _ in 0..<5 { clients.append(try await test.askForStream()) }
        #expect(try await eventually { await test.metric("switchyard_cache_waiting") == 4 })
        provider.goOn()
        for client in clients { #expect(try await client.message().text == Wire.stream(["0"])) }
        #expect(provider.requestCount == 1)
      }
    }

    @Test func aFollowerThatGoesHarmsNobody() async throws {
      try await withReplica(Self.stream(), Self.options) { test, provider in
        let (leader, followers) = try await Self.party(test, followers: 3)
        followers[1].close()
        #expect(try await eventually { await test.metric("switchyard_client_disconnects_total") == 1 })
        provider.goOn()
        for client in [leader, followers[0], followers[2]] {
          #expect(try await String(buffer: client.chunks()) == Self.rest)
        }
      }
    }

    @Test func aLeaderThatGoesLeavesTheStreamToItsFollowers() async throws {
      try await withReplica(Self.stream(), Self.options) { test, provider in
        let (leader, followers) = try await Self.party(test, followers: 2)
        leader.close()
        #expect(try await eventually { await test.metric("switchyard_connections_open") == 2 })
        let late = try await test.askForStream()
        _ = try await late.head()
        try await Self.readBegin(late)
        provider.goOn()
        for client in followers + [late] { #expect(try await String(buffer: client.chunks()) == Self.rest) }
        #expect(provider.requestCount == 1)
        #expect(try await test.askForStream().message().text == Self.begun + Self.rest, "and it is stored")
        #expect(provider.requestCount == 1)
      }
    }

    /// The lock outlasts that: nobody else could have taken it.
    @Test func aWorkerThatStoodStillStoresItAllTheSame() async throws {
      try await withReplica(Self.stream(), Self.options) { test, provider in
        let (leader, followers) = try await Self.party(test, followers: 2)
        try await test.standStill(for: .seconds(1))
        provider.goOn()
        for client in [leader] + followers { #expect(try await String(buffer: client.chunks()) == Self.rest) }
        #expect(try await test.askForStream().message().text == Self.begun + Self.rest)
        #expect(provider.requestCount == 1)
      }
    }

    /// Also before there is anything to be read.
    @Test func aLeaderThatGoesBeforeTheBeginLeavesTheCallToThoseWhoWait() async throws {
      let script: ScriptedProvider.Script = { _ in .stream(.init(count: 1, waitsAfter: 0)) }
      try await withReplica(script, Self.options) { test, provider in
        let leader = try await test.askForStream()
        #expect(try await eventually { provider.requestCount == 1 })
        let follower = try await test.askForStream()
        #expect(try await eventually { await test.metric("switchyard_cache_waiting") == 1 })
        leader.close()
        #expect(try await eventually { await test.metric("switchyard_connections_open") == 1 })
        provider.goOn()
        #expect(try await follower.message().text == Wire.stream(["0"]))
        #expect(provider.requestCount == 1)
      }
    }

    @Test func onceNobodyReadsTheProviderIsLetGo() async throws {
      try await withReplica(Self.stream(), Self.options) { test, provider in
        let (leader, followers) = try await Self.party(test, followers: 2)
        for client in [leader] + followers { client.close() }
        #expect(try await eventually(within: .seconds(2)) { provider.openCount == 0 })
        #expect(try await test.untilIdle(within: .seconds(2)) == [])
        #expect(await test.metric("switchyard_cache_flights") == 0)
      }
    }

    @Test func allLearnThatTheProviderBrokeOff() async throws {
      try await withReplica(Self.stream(.cut), Self.options) { test, provider in
        let (leader, followers) = try await Self.party(test, followers: 3)
        provider.goOn()
        for client in [leader] + followers {
          let text = try await String(buffer: client.chunks())
          #expect(text.hasPrefix(#"data: {"error":{"#) && text.hasSuffix("}}\n\n"))
          #expect(text.contains(#""code":"upstream_stream_broken""#))
        }
        #expect(await test.metric("switchyard_upstream_attempt_results_total", "broken_stream") == 1)
        #expect(await test.metric("switchyard_cache_stores_total", "broken") == 1)
      }
    }

    /// An event that is too long to be held back has been passed on in part: the error is one of its own behind it.
    @Test func aStreamThatBrokeOffWithinALongEventStillEndsInOne() async throws {
      let part = Wire.event(String(repeating: "x", count: 100 << 10)).dropLast(20)
      let stream = ScriptedProvider.Stream(
        count: 2, end: .cut, waitsAfter: 1, form: { $0 == "1" ? String(part) : Wire.event($0) })
      try await withReplica({ _ in .stream(stream) }, Self.options) { test, provider in
        var clients: [WireClient] = []
        for _ in 0..<2 {
          clients.append(try await test.askForStream())
          _ = try await clients.last?.head()
        }
        provider.goOn()
        for client in clients {
          let text = try await String(buffer: client.chunks())
          #expect(text.hasPrefix(Wire.event("0") + part + "\n\n" + #"data: {"error":{"#))
          #expect(text.hasSuffix("}}\n\n"))
        }
      }
    }

    @Test func aLeaderWhoseTimeIsUpDoesNotEndItForOthers() async throws {
      try await withReplica(Self.stream(), Self.options) { test, provider in
        let leader = try await test.connect()
        leader.send(Wire.chat("hi", stream: true, fields: "x-request-timeout-ms: 500\r\n"))
        _ = try await leader.head()
        try await Self.readBegin(leader)
        let follower = try await test.askForStream()
        _ = try await follower.head()
        try await Self.readBegin(follower)
        let end = try await String(buffer: leader.chunks())
        #expect(end.hasPrefix(#"data: {"error":{"#) && end.contains(#""code":"deadline_exceeded""#))
        provider.goOn()
        #expect(try await String(buffer: follower.chunks()) == Self.rest)
        leader.send(Wire.chat("hi", stream: true))
        #expect(try await leader.message().text == Self.begun + Self.rest, "on the same connection")
        #expect(provider.requestCount == 1)
      }
    }

    @Test func allAreToldThatTheReplicaStops() async throws {
      try await withReplica(Self.stream(.never), Self.options) { test, _ in
        let (leader, followers) = try await Self.party(test, followers: 2)
        #expect(try await finishes { await test.replica.stop() })
        for client in [leader] + followers {
          let text = try await String(buffer: client.chunks())
          #expect(text.contains(#""code":"server_stopping""#) && text.hasSuffix("}}\n\n"))
        }
      }
    }

    // MARK: Slow ones

    /// 15 MB: more than the sockets hold.
    private static let flood = ScriptedProvider.Stream(
      count: 240, waitsAfter: 1, content: Flood.stream.content)
    private static let large = ReplicaUnderTest.Options(cache: "{ ttl: 60s, max_body: 4MiB }")
    private static let small = ReplicaUnderTest.Options(cache: "{ ttl: 60s, max_body: 16KiB }")

    @Test(arguments: [true, false]) func aSlowOneHoldsUpNobody(theLeaderIs: Bool) async throws {
      try await withReplica({ _ in .stream(Self.flood) }, Self.large) { test, provider in
        let leader = try await test.askForStream(receiveBuffer: 64 << 10)
        _ = try await leader.head()
        let follower = try await test.askForStream(receiveBuffer: 64 << 10)
        _ = try await follower.head()
        let (slow, fast) = theLeaderIs ? (leader, follower) : (follower, leader)
        try await slow.setReading(false)
        provider.goOn()
        let whole = Wire.stream((0..<Self.flood.count).map(Self.flood.content))
        #expect(try await String(buffer: fast.chunks()) == whole)
        try await slow.setReading(true)
        #expect(try await String(buffer: slow.chunks()) == whole)
        #expect(provider.requestCount == 1)
      }
    }

    /// Of which 128 KiB could be stored.
    @Test func aStreamThatIsTooLargeIsReadToItsEnd() async throws {
      try await withReplica({ _ in .stream(Self.flood) }, Self.small) { test, provider in
        var clients: [WireClient] = []
        for _ in 0..<3 {
          clients.append(try await test.askForStream())
          _ = try await clients.last?.head()
        }
        provider.goOn()
        let whole = Wire.stream((0..<Self.flood.count).map(Self.flood.content))
        for client in clients { #expect(try await String(buffer: client.chunks()) == whole) }
        #expect(provider.requestCount == 1)
        #expect(await test.metric("switchyard_cache_stores_total", "too_large") == 1)
      }
    }

    @Test func whoFallsFarBehindSuchAStreamIsSentNoMore() async throws {
      try await withReplica({ _ in .stream(Self.flood) }, Self.small) { test, provider in
        let leader = try await test.askForStream()
        _ = try await leader.head()
        let slow = try await test.askForStream(receiveBuffer: 64 << 10)
        _ = try await slow.head()
        try await slow.setReading(false)
        provider.goOn()
        let whole = Wire.stream((0..<Self.flood.count).map(Self.flood.content))
        #expect(try await String(buffer: leader.chunks()) == whole)
        try await slow.setReading(true)
        let events = try await String(buffer: slow.chunks()).split(separator: "\n\n").map { $0 + "\n\n" }
        #expect(events.count > 2 && events.count < Self.flood.count)
        #expect(events.last?.hasPrefix(#"data: {"error":{"#) == true, "an event of its own")
        #expect(events.last?.contains(#""code":"fell_behind""#) == true)
        #expect(whole.hasPrefix(events.dropLast(2).joined()), "the last before it may be a part of one")
      }
    }

    /// What its client has yet to read is kept, whoever else is quick.
    @Test func theLeaderIsNeverLeftBehind() async throws {
      try await withReplica({ _ in .stream(Self.flood) }, Self.small) { test, provider in
        let leader = try await test.askForStream(receiveBuffer: 64 << 10)
        _ = try await leader.head()
        let follower = try await test.askForStream()
        _ = try await follower.head()
        try await leader.setReading(false)
        provider.goOn()
        _ = try await Flood.untilItStands(provider)
        try await leader.setReading(true)
        let whole = Wire.stream((0..<Self.flood.count).map(Self.flood.content))
        #expect(try await String(buffer: leader.chunks()) == whole)
        #expect(try await String(buffer: follower.chunks()) == whole)
      }
    }
  }
}
