import NIOCore
import NIOHTTP1
import TestSupport
import Testing
import Upstream

extension ReplicaTests {
  struct RoundTripTests {
    @Test(arguments: ReplicaUnderTest.modes)
    func anAnswerComesThroughWithTheProvidersModel(_ mode: ReadinessBridge.Mode) async throws {
      try await withReplica({ .answer($0.prompt) }, .init(readiness: mode)) { test, provider in
        let client = try await test.connect()
        client.send(
          Wire.chat("hello", fields: "Authorization: Bearer client-key\r\nX-Request-Id: mine\r\n"))
        let answer = try await client.message()
        #expect(answer.status == 200)
        #expect(answer.text == Wire.answer("hello"))
        #expect(answer.first("x-request-id") == "mine")
        #expect(answer.first("x-switchyard-deployment") == "d")
        #expect(answer.first("set-cookie") == nil)
        let request = try #require(provider.requests.first)
        #expect(request.target == "/v1/chat/completions")
        #expect(request.body.contains(#""model":"provider-m""#))
        #expect(request.fields["authorization"] == [], "the client's own credential goes nowhere")
      }
    }

    @Test(arguments: ReplicaUnderTest.modes)
    func aStreamComesThroughEventByEvent(_ mode: ReadinessBridge.Mode) async throws {
      let stream = ScriptedProvider.Stream(count: 3, waitsAfter: 2, pause: .milliseconds(50))
      try await withReplica({ _ in .stream(stream) }, .init(readiness: mode)) { test, provider in
        let client = try await test.askForStream()
        let head = try await client.head()
        #expect(head.status == 200)
        #expect(head.first("content-type") == "text/event-stream")
        let first = Wire.event("0") + Wire.event("1")
        var text = ""
        while text.utf8.count < first.utf8.count { text += try await String(buffer: client.chunk()) }
        #expect(text == first, "before the provider goes on")
        provider.goOn()
        #expect(try await String(buffer: client.chunks()) == Wire.stream(["2"]))
      }
    }

    /// Whatever came with the first, the others wait their turn.
    @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
      try await withReplica({ .answer($0.prompt) }) { test, provider in
        let client = try await test.connect()
        client.send((0..<20).map { Wire.chat("\($0)") }.joined())
        for number in 0..<20 { #expect(try await client.message().text == Wire.answer("\(number)")) }
        #expect(provider.requests.map(\.prompt) == (0..<20).map { "\($0)" })
      }
    }

    @Test func aStreamThatBreaksOffEndsInAnErrorEvent() async throws {
      let script: ScriptedProvider.Script = { _ in .stream(.init(count: 2, end: .cut)) }
      try await withReplica(script) { test, _ in
        let client = try await test.askForStream()
        let text = try await client.message().text
        #expect(text.hasPrefix(Wire.event("0") + Wire.event("1") + #"data: {"error":{"#))
        #expect(text.contains(#""code":"upstream_stream_broken""#))
        #expect(text.hasSuffix("}}\n\n"))
        #expect(await test.metric("switchyard_upstream_attempt_results_total", "broken_stream") == 1)
      }
    }
  }
}
