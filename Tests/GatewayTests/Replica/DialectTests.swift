import NIOCore
import NIOHTTP1
import Settings
import TestSupport
import Testing

@testable import Gateway

/// Clients of one dialect in front of providers of another, or of the same.
extension ReplicaTests {
  struct DialectTests {
    /// The provider speaks this dialect, and has a key.
    private static func speaking(_ dialect: Settings.Provider.Dialect) -> ReplicaUnderTest.Options {
      .init(edit: { settings in
        settings.providers[0].dialect = dialect
        settings.providers[0].keys = [Secret("provider-key")]
        guard dialect != .openai else { return }
        for index in settings.providers[0].endpoints.indices {
          settings.providers[0].endpoints[index].url.removeLast("/v1".count)
        }
      })
    }

    private static func post(_ path: String, _ body: String, fields: String = "") -> String {
      "POST \(path) HTTP/1.1\r\nHost: a\r\n\(fields)Content-Length: \(body.utf8.count)\r\n\r\n" + body
    }

    private static func message(_ more: String = "") -> String {
      post(
        "/v1/messages", #"{"model":"m","max_tokens":9\#(more),"messages":[{"role":"user","content":"hi"}]}"#,
        fields: "x-api-key: client-key\r\nAnthropic-Version: 2023-06-01\r\n")
    }

    /// What an Anthropic provider answers.
    private static let answer =
      #"{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[{"type":"text","text":"hello"}],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":3,"cache_read_input_tokens":2,"output_tokens":4}}"#

    private static func event(_ data: String) -> String {
      let type = data.dropFirst(#"{"type":""#.count).prefix { $0 != "\"" }
      return "event: \(type)\ndata: \(data)\n\n"
    }

    private static let begin = event(
      #"{"type":"message_start","message":{"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[],"usage":{"input_tokens":3,"output_tokens":1}}}"#
    )
    private static let block = event(
      #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#)
    private static func delta(_ text: String) -> String {
      event(
        #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\#(text)"}}"#)
    }
    private static let end =
      event(#"{"type":"content_block_stop","index":0}"#)
      + event(
        #"{"type":"message_delta","delta":{"stop_reason":"end_turn","stop_sequence":null},"usage":{"output_tokens":4}}"#
      ) + event(#"{"type":"message_stop"}"#)

    private static func stream(_ texts: [String]) -> String {
      begin + block + texts.map(delta).joined() + end
    }

    private static func events(_ text: String) -> ScriptedProvider.Behaviour {
      .status(200, ["content-type": "text/event-stream"], text)
    }

    // MARK: Another dialect than the provider's

    @Test func aClientOfOpenAIsIsAnsweredByAnthropic() async throws {
      let script: ScriptedProvider.Script = { _ in .status(200, ["request-id": "req_1"], Self.answer) }
      try await withReplica(script, Self.speaking(.anthropic)) { test, provider in
        let client = try await test.connect()
        let body =
          #"{"model":"m","seed":1,"messages":[{"role":"system","content":"be"},{"role":"user","content":"hi"}]}"#
        client.send(Self.post("/v1/chat/completions", body, fields: "OpenAI-Beta: x\r\n"))
        let answer = try await client.message()
        #expect(answer.status == 200)
        #expect(answer.first("content-type") == "application/json")
        #expect(answer.text.hasPrefix(#"{"id":"msg_1","object":"chat.completion""#))
        #expect(answer.text.contains(#""content":"hello""#))
        #expect(answer.text.contains(#""prompt_tokens":5,"completion_tokens":4"#))
        #expect(answer.first("x-switchyard-dropped")?.contains("seed") == true)
        let request = try #require(provider.requests.first)
        #expect(request.target == "/v1/messages")
        #expect(request.body.contains(#""model":"provider-m""#) && request.body.contains(#""system":"#))
        #expect(request.fields["x-api-key"] == ["provider-key"])
        #expect(request.fields["anthropic-version"] == ["2023-06-01"])
        #expect(request.fields["authorization"] == [] && request.fields["openai-beta"] == [])
      }
    }

    @Test func anAnswerOfOpenAIsBecomesAMessage() async throws {
      try await withReplica({ _ in .answer("hello") }, Self.speaking(.openai)) { test, provider in
        let client = try await test.connect()
        client.send(Self.message())
        let answer = try await client.message()
        #expect(answer.status == 200)
        #expect(answer.text.contains(#""type":"message""#) && answer.text.contains(#""text":"hello""#))
        #expect(answer.text.contains(#""stop_reason":"end_turn""#))
        let request = try #require(provider.requests.first)
        #expect(request.target == "/v1/chat/completions")
        #expect(request.fields["authorization"] == ["Bearer provider-key"])
        #expect(request.fields["anthropic-version"] == [] && request.fields["x-api-key"] == [])
      }
    }

    @Test func streamsAreTranslatedEventByEvent() async throws {
      let stream = ScriptedProvider.Stream(count: 3, waitsAfter: 2)
      try await withReplica({ _ in .stream(stream) }, Self.speaking(.openai)) { test, provider in
        let client = try await test.connect()
        client.send(Self.message(#","stream":true"#))
        let head = try await client.head()
        #expect(head.first("content-type") == "text/event-stream")
        var text = ""
        while !text.contains(#""text":"1""#) { text += try await String(buffer: client.chunk()) }
        #expect(text.hasPrefix("event: message_start\n") && text.contains(#""text":"0""#))
        #expect(!text.contains("message_stop"), "before the provider goes on")
        provider.goOn()
        text += try await String(buffer: client.chunks())
        #expect(text.contains(#""text":"2""#))
        #expect(text.hasSuffix("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"))
        #expect(!text.contains("[DONE]"))
        #expect(provider.requests.first?.body.contains(#""include_usage":true"#) == true)
      }
    }

    @Test func aStreamOfAnthropicsEndsAsOpenAIsDoes() async throws {
      let script: ScriptedProvider.Script = { _ in Self.events(Self.stream(["a", "b"])) }
      try await withReplica(script, Self.speaking(.anthropic)) { test, _ in
        let client = try await test.askForStream()
        let text = try await client.message().text
        #expect(text.contains(#""content":"a""#) && text.contains(#""content":"b""#))
        #expect(text.contains(#""finish_reason":"stop""#))
        #expect(text.hasSuffix("data: [DONE]\n\n"))
        #expect(!text.contains(#""usage""#), "the client didn't ask for it")
        #expect(await test.metric("switchyard_upstream_attempt_results_total", "ok") == 1)
      }
    }

    @Test func aTranslatedStreamThatBreaksOffEndsInAnErrorOfTheClients() async throws {
      let script: ScriptedProvider.Script = { _ in .stream(.init(count: 2, end: .cut)) }
      try await withReplica(script, Self.speaking(.openai)) { test, _ in
        let client = try await test.connect()
        client.send(Self.message(#","stream":true"#))
        let text = try await client.message().text
        let last = try #require(text.firstRange(of: "event: error\ndata: "))
        #expect(text[last.upperBound...].hasPrefix(#"{"type":"error","error":{"type":"api_error""#))
        #expect(text.contains("upstream_stream_broken") && text.hasSuffix("}}\n\n"))
      }
    }

    @Test func errorsOfProvidersAreToldInTheClientsWords() async throws {
      let error =
        #"{"type":"error","error":{"type":"invalid_request_error","message":"prompt is too long: 9 > 8"}}"#
      let script: ScriptedProvider.Script = { _ in .status(400, [:], error) }
      try await withReplica(script, Self.speaking(.anthropic)) { test, _ in
        let client = try await test.connect()
        client.send(Wire.chat("hi"))
        let answer = try await client.message()
        #expect(answer.status == 400)
        #expect(answer.text.hasPrefix(#"{"error":{"#))
        #expect(answer.text.contains(#""code":"context_length_exceeded""#))
      }
    }

    /// It costs neither a call nor a place at a limit.
    @Test func whatCantBeCarriedIsRefusedBeforeAnybodyIsAsked() async throws {
      try await withReplica({ _ in .silence }, Self.speaking(.anthropic)) { test, provider in
        let client = try await test.connect()
        let body = #"{"model":"m","n":2,"messages":[{"role":"user","content":"hi"}]}"#
        client.send(Self.post("/v1/chat/completions", body))
        let answer = try await client.message()
        #expect(answer.status == 400)
        #expect(answer.text.contains(#""code":"not_supported_by_provider""#))
        #expect(answer.text.contains(#""param":"n""#))
        client.send(Self.post("/v1/embeddings", #"{"model":"m","input":"x"}"#))
        let other = try await client.message()
        #expect(other.status == 400 && other.text.contains(#""code":"not_supported_by_provider""#))
        #expect(provider.requestCount == 0)
        #expect(await test.metric("switchyard_upstream_attempts_total") == 0)
      }
    }

    @Test func anAnswerThatIsNoneIsTriedElsewhereAndNotPassedOn() async throws {
      try await withReplica({ _ in .status(200, [:], "<html>") }, Self.speaking(.anthropic)) {
        test, provider in
        let client = try await test.connect()
        client.send(Wire.chat("hi"))
        let answer = try await client.message()
        #expect(answer.status == 502 && answer.text.contains("upstream_invalid_answer"))
        #expect(provider.requestCount > 0)
      }
    }

    @Test func whatIsKeptIsTheClientsAnswer() async throws {
      var options = Self.speaking(.anthropic)
      options.cache = "{ ttl: 60s }"
      try await withReplica({ _ in .status(200, [:], Self.answer) }, options) { test, provider in
        let client = try await test.connect()
        client.send(Wire.chat("hi"))
        let first = try await client.message()
        #expect(first.text.contains("chat.completion") && first.first("age") == nil)
        client.send(Wire.chat("hi"))
        let second = try await client.message()
        #expect(second.text == first.text && second.first("age") != nil)
        #expect(second.first("content-type") == "application/json")
        #expect(provider.requestCount == 1)
        client.send(Self.message())
        #expect(try await client.message().text == Self.answer, "a path's answers are its own")
        #expect(provider.requestCount == 2)
      }
    }

    // MARK: The provider's own dialect

    @Test func bytesOfOneDialectPass() async throws {
      let script: ScriptedProvider.Script = {
        $0.isStream ? Self.events(Self.stream(["a"])) : .status(200, ["request-id": "r"], Self.answer)
      }
      try await withReplica(script, Self.speaking(.anthropic)) { test, provider in
        let client = try await test.connect()
        client.send(Self.message(#", "odd" : 1.0"#))
        let answer = try await client.message()
        #expect(answer.text == Self.answer)
        #expect(answer.first("x-switchyard-dropped") == nil)
        client.send(Self.message(#","stream":true"#))
        #expect(try await client.message().text == Self.stream(["a"]))
        let request = try #require(provider.requests.first)
        #expect(
          request.body
            == #"{"model":"provider-m","max_tokens":9, "odd" : 1.0,"messages":[{"role":"user","content":"hi"}]}"#
        )
        #expect(request.fields["anthropic-version"] == ["2023-06-01"])
        #expect(await test.metric("switchyard_tokens_total", #"type="input""#) == 5 + 3)
        #expect(await test.metric("switchyard_tokens_total", #"type="output""#) == 4 + 4)
        #expect(await test.metric("switchyard_upstream_attempt_results_total", "ok") == 2)
      }
    }

    // MARK: Ollama

    private static let lines =
      #"{"model":"x","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":"a"},"done":false}"#
      + "\n"
      + #"{"model":"x","created_at":"2026-01-01T00:00:00Z","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":4}"#
      + "\n"

    private static let turns = #""messages":[{"role":"user","content":"hi"}]"#

    private static func ndjson(_ text: String) -> ScriptedProvider.Behaviour {
      .status(200, ["content-type": "application/x-ndjson"], text)
    }

    @Test func linesOfOllamasPassAndAreTranslated() async throws {
      try await withReplica({ _ in Self.ndjson(Self.lines) }, Self.speaking(.ollama)) { test, provider in
        let client = try await test.connect()
        client.send(Self.post("/api/chat", #"{"model":"m",\#(Self.turns)}"#))
        let passed = try await client.message()
        #expect(passed.text == Self.lines && passed.first("content-type") == "application/x-ndjson")
        client.send(Wire.chat("hi", stream: true))
        let translated = try await client.message()
        #expect(translated.first("content-type") == "text/event-stream")
        #expect(translated.text.contains(#""content":"a""#) && translated.text.hasSuffix("data: [DONE]\n\n"))
        #expect(provider.requests.map(\.target) == ["/api/chat", "/api/chat"])
        #expect(provider.requests[1].isStream)
        #expect(provider.requests[0].fields["authorization"] == ["Bearer provider-key"])
        #expect(await test.metric("switchyard_tokens_total", #"type="input""#) == 5 + 5)
      }
    }

    @Test func aClientOfOllamasIsSentLinesOfItsOwn() async throws {
      let stream = ScriptedProvider.Stream(count: 2)
      let script: ScriptedProvider.Script = { $0.isStream ? .stream(stream) : .answer("hello") }
      try await withReplica(script, Self.speaking(.openai)) { test, _ in
        let client = try await test.connect()
        client.send(Self.post("/api/chat", #"{"model":"m",\#(Self.turns)}"#))
        let streamed = try await client.message()
        #expect(streamed.first("content-type") == "application/x-ndjson")
        let lines = streamed.text.split(separator: "\n")
        #expect(lines.allSatisfy { $0.hasPrefix("{") && $0.hasSuffix("}") })
        #expect(lines.dropLast().allSatisfy { $0.contains(#""done":false"#) })
        #expect(lines.last?.contains(#""done":true"#) == true)
        client.send(Self.post("/api/generate", #"{"model":"m","prompt":"hi","stream":false}"#))
        let generated = try await client.message()
        #expect(generated.first("content-type") == "application/json")
        #expect(generated.text.contains(#""response":"hello""#))
      }
    }

    @Test func brokenLinesEndInAnErrorOnALine() async throws {
      let script: ScriptedProvider.Script = { _ in .stream(.init(count: 2, end: .cut)) }
      try await withReplica(script, Self.speaking(.openai)) { test, _ in
        let client = try await test.connect()
        client.send(Self.post("/api/chat", #"{"model":"m",\#(Self.turns)}"#))
        let text = try await client.message().text
        #expect(text.split(separator: "\n").last?.hasPrefix(#"{"error":""#) == true)
        #expect(text.hasSuffix("}\n"))
      }
    }

    @Test func embeddingsAreTranslated() async throws {
      let answer = #"{"model":"x","embeddings":[[0.5,0.25]],"prompt_eval_count":3}"#
      let script: ScriptedProvider.Script = { _ in .status(200, [:], answer) }
      try await withReplica(script, Self.speaking(.ollama)) { test, provider in
        let client = try await test.connect()
        client.send(Self.post("/v1/embeddings", #"{"model":"m","input":"x"}"#))
        let translated = try await client.message()
        #expect(translated.status == 200 && translated.text.contains(#""object":"list""#))
        #expect(translated.text.contains("0.25"))
        #expect(provider.requests.first?.target == "/api/embed")
      }
    }

    @Test func modelsAreListedAsOllamaDoes() async throws {
      try await withReplica({ _ in .silence }, Self.speaking(.openai)) { test, _ in
        let client = try await test.connect()
        client.send("GET /api/tags HTTP/1.1\r\nHost: a\r\n\r\n")
        let tags = try await client.message().text
        #expect(tags.hasPrefix(#"{"models":["#) && tags.contains(#""name":"also-m""#))
        client.send("GET /api/version HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(try await client.message().text.hasPrefix(#"{"version":""#))
        client.send(Self.post("/api/show", #"{"model":"m"}"#))
        #expect(try await client.message().text.contains(#""capabilities":["completion""#))
        client.send(Self.post("/api/show", #"{"model":"gone"}"#))
        let missing = try await client.message()
        #expect(missing.status == 404 && missing.text.hasPrefix(#"{"error":""#))
      }
    }

    // MARK: Without a provider

    @Test func errorsOfTheRoutersAreInTheDialectOfThePath() async throws {
      let missing = #"{"model":"gone","messages":[{"role":"user","content":"hi"}]}"#
      let asked = [
        (Self.post("/v1/messages", missing), #"{"type":"error","error":{"type":"not_found_error""#),
        (Self.post("/v1/messages/batches", "{}"), #"{"type":"error","error":{"#),
        (Self.post("/v1/chat/completions", missing), #"{"error":{"type":"invalid_request_error""#),
        (
          "GET /v1/models/m HTTP/1.1\r\nHost: a\r\nAnthropic-Version: 2023-06-01\r\n\r\n",
          #"{"type":"model","id":"m""#
        ),
      ]
      try await withReplica({ _ in .silence }, Self.speaking(.openai)) { test, _ in
        for (request, beginning) in asked {
          let client = try await test.connect()
          client.send(request)
          let answer = try await client.message()
          #expect(answer.text.hasPrefix(beginning))
          client.close()
        }
      }
    }

    @Test func tokensAreCountedHereWhereNobodyElseDoes() async throws {
      let count = #"{"model":"m","messages":[{"role":"user","content":"hello there"}]}"#
      try await withReplica({ _ in .silence }, Self.speaking(.openai)) { test, provider in
        let client = try await test.connect()
        client.send(Self.post("/v1/messages/count_tokens", count))
        let answer = try await client.message()
        #expect(answer.status == 200 && answer.text.hasPrefix(#"{"input_tokens":"#))
        #expect(provider.requestCount == 0)
      }
      let script: ScriptedProvider.Script = { _ in .status(200, [:], #"{"input_tokens":77}"#) }
      try await withReplica(script, Self.speaking(.anthropic)) { test, provider in
        let client = try await test.connect()
        client.send(Self.post("/v1/messages/count_tokens", count))
        #expect(try await client.message().text == #"{"input_tokens":77}"#)
        #expect(provider.requests.first?.target == "/v1/messages/count_tokens")
      }
    }
  }
}
