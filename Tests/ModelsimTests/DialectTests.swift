import Testing

@testable import modelsim

private let gemini = "/v1beta/models/m:generateContent"
private let azure = "/openai/deployments/m/chat/completions?api-version=2024-10-21"

/// How a prompt is asked in a dialect, and where the text and the two counts of tokens stand in the answer.
private struct Way: Sendable {
  var path: String
  var body: @Sendable (String) -> String
  var text: @Sendable (JSONValue) -> JSONValue?
  var counts: @Sendable (JSONValue) -> [JSONValue?]
}

private let ways: [Way] = [
  Way(
    path: "/v1/chat/completions",
    body: { #"{"model":"m","messages":[{"role":"user","content":"\#($0)"}]}"# },
    text: { $0["choices"]?.elements?.first?["message"]?["content"] },
    counts: { [$0["usage"]?["prompt_tokens"], $0["usage"]?["completion_tokens"]] }),
  Way(
    path: azure,
    body: { #"{"messages":[{"role":"user","content":"\#($0)"}]}"# },
    text: { $0["choices"]?.elements?.first?["message"]?["content"] },
    counts: { [$0["usage"]?["prompt_tokens"], $0["usage"]?["completion_tokens"]] }),
  Way(
    path: "/v1/messages",
    body: { #"{"model":"m","max_tokens":99,"messages":[{"role":"user","content":"\#($0)"}]}"# },
    text: { $0["content"]?.elements?.first?["text"] },
    counts: { [$0["usage"]?["input_tokens"], $0["usage"]?["output_tokens"]] }),
  Way(
    path: "/api/chat",
    body: { #"{"model":"m","stream":false,"messages":[{"role":"user","content":"\#($0)"}]}"# },
    text: { $0["message"]?["content"] },
    counts: { [$0["prompt_eval_count"], $0["eval_count"]] }),
  Way(
    path: "/api/generate",
    body: { #"{"model":"m","stream":false,"prompt":"\#($0)"}"# },
    text: { $0["response"] },
    counts: { [$0["prompt_eval_count"], $0["eval_count"]] }),
  Way(
    path: gemini,
    body: { #"{"contents":[{"role":"user","parts":[{"text":"\#($0)"}]}]}"# },
    text: { answer in
      answer["candidates"]?.elements?.first?["content"]?["parts"]?.elements?.first?["text"]
    },
    counts: { [$0["usageMetadata"]?["promptTokenCount"], $0["usageMetadata"]?["candidatesTokenCount"]] }),
]

/// The way, and how it shows its key.
private let credentials: [(number: Int, header: String)] = [
  (0, "Authorization: Bearer "), (1, "api-key: "), (2, "x-api-key: "), (3, "Authorization: Bearer "),
  (5, "x-goog-api-key: "),
]

@Suite struct DialectTests {
  @Test func onePromptHasOneAnswerAndOnePriceInEveryDialect() async throws {
    try await withServer { server in
      let first = try server.exchange(post(ways[0].path, ways[0].body("hello there"))).body
      let text = try #require(ways[0].text(first)?.text)
      #expect(text.split(separator: " ").count == 16)
      for way in ways {
        let (status, answer) = try server.exchange(post(way.path, way.body("hello there")))
        #expect(status == 200, "\(way.path): \(answer)")
        #expect(way.text(answer)?.text == text, "\(way.path)")
        #expect(way.counts(answer).compactMap { $0?.integer } == [3, 16], "\(way.path)")
      }
      let bill = try server.exchange(httpRequest("GET", "/sim/bill")).body
      #expect(bill["total"]?["prompt_tokens"]?.integer == 3 * (ways.count + 1))
      #expect(bill["models"]?["m"]?["completion_tokens"]?.integer == 16 * (ways.count + 1))
    }
  }

  @Test(arguments: credentials)
  func eachDialectHasItsOwnHeaderForKeys(number: Int, header: String) async throws {
    let (missing, wrong) = number == 5 ? (403, 400) : (401, 401)
    var settings = SimulatorSettings()
    settings.keys = ["sk-right-key"]
    try await withServer(settings) { server in
      let way = ways[number]
      func status(_ headers: String) throws -> Int {
        try server.exchange(post(way.path, way.body("x"), headers: headers)).status
      }
      #expect(try status("") == missing)
      #expect(try status("\(header)sk-wrong-key\r\n") == wrong)
      #expect(try status("\(header)sk-right-key\r\n") == 200)
      // Anthropic's own client sends its key either way.
      let other =
        switch header {
        case "x-api-key: ": "api-key: "
        case "Authorization: Bearer ": "x-api-key: "
        default: "Authorization: Bearer "
        }
      #expect(try status("\(other)sk-right-key\r\n") == missing)
      let log = try server.ask(httpRequest("GET", "/sim/log")).body
      #expect(!log.contains("sk-right") && log.contains(#""key":"-key""#))
    }
  }

  @Test func aKeyMayStandInGeminisQuery() async throws {
    var settings = SimulatorSettings()
    settings.keys = ["sk-right-key"]
    try await withServer(settings) { server in
      #expect(try server.exchange(post(gemini + "?key=sk-right-key", ways[5].body("x"))).status == 200)
      let log = try server.ask(httpRequest("GET", "/sim/log")).body
      #expect(!log.contains("sk-right"))
    }
  }

  @Test func faultsHaveEachDialectsShape() async throws {
    try await withServer { server in
      func error(_ way: Int, _ directive: String) throws -> (status: Int, body: JSONValue) {
        try server.exchange(post(ways[way].path, ways[way].body("[[sim:\(directive)]]")))
      }
      let anthropic = try error(2, "status=529")
      #expect(anthropic.status == 529 && anthropic.body["type"] == "error")
      #expect(anthropic.body["error"]?["type"] == "overloaded_error")
      #expect(anthropic.body["request_id"]?.text?.hasPrefix("req_") == true)
      let google = try error(5, "status=429,retry_after=2").body["error"]
      #expect(google?["code"]?.integer == 429 && google?["status"] == "RESOURCE_EXHAUSTED")
      #expect(google?["details"]?.elements?.first?["retryDelay"] == "2s")
      #expect(try error(3, "status=503").body["error"]?.text?.contains("Simulated") == true)
      #expect(try error(1, "status=401").body["error"]?["code"] == "401")
      #expect(try error(0, "status=429").body["error"]?["code"] == "rate_limit_exceeded")
      #expect(try error(2, "nonsense=1").status == 400)
    }
  }

  @Test func refusalsAreToldInEachDialect() async throws {
    try await withServer { server in
      func answer(_ way: Int) throws -> JSONValue {
        try server.exchange(post(ways[way].path, ways[way].body("[[sim:refusal=No]]"))).body
      }
      let openai = try answer(0)["choices"]?.elements?.first
      #expect(openai?["message"]?["refusal"] == "No" && openai?["message"]?["content"] == .null)
      #expect(openai?["finish_reason"] == "stop")
      #expect(try answer(2)["stop_reason"] == "refusal")
      #expect(try answer(5)["candidates"]?.elements?.first?["finishReason"] == "SAFETY")
      let streamed = try server.lines(chat("[[sim:refusal=No]]", stream: true))
      #expect(streamed.contains { $0.contains(#""delta":{"refusal":"No"}"#) })
    }
  }

  @Test func unknownModelsAreRefusedInEachDialectsWords() async throws {
    var settings = SimulatorSettings()
    settings.models = ["known"]
    try await withServer(settings) { server in
      let words = [
        "does not exist", "deployment", "model: m", "model 'm' not found", "'m' not", "models/m is",
      ]
      for (way, words) in zip(ways, words) {
        let answer = try server.ask(post(way.path, way.body("x")))
        #expect(answer.head.hasPrefix("HTTP/1.1 404") && answer.body.contains(words), "\(answer)")
      }
    }
  }

  @Test func modelsAreListedInEachDialect() async throws {
    var settings = SimulatorSettings()
    settings.models = ["a", "b"]
    try await withServer(settings) { server in
      func get(_ path: String, headers: String = "") throws -> JSONValue {
        try server.exchange(httpRequest("GET", path, headers: headers)).body
      }
      #expect(try get("/v1/models")["object"] == "list")
      let anthropic = try get("/v1/models", headers: "anthropic-version: 2023-06-01\r\n")
      #expect(anthropic["has_more"] == .bool(false) && anthropic["last_id"] == "b")
      #expect(try get("/api/tags")["models"]?.elements?.compactMap { $0["name"]?.text } == ["a", "b"])
      #expect(try get("/api/version")["version"]?.text != nil)
      #expect(try get("/v1beta/models")["models"]?.elements?.first?["name"] == "models/a")
      #expect(try get("/v1beta/models/b")["name"] == "models/b")
      #expect(try get("/v1beta/models/c")["error"]?["status"] == "NOT_FOUND")
    }
  }

  @Test func azureWantsAVersionAndTellsOfItsFilters() async throws {
    try await withServer { server in
      let body = ways[1].body("x")
      #expect(try server.exchange(post("/openai/deployments/m/chat/completions", body)).status == 404)
      let streamed = #"{"stream":true,"messages":[{"role":"user","content":"x"}]}"#
      let first = try #require(try server.lines(post(azure, streamed)).first)
      let chunk = try JSONValue(parsing: String(first.dropFirst(6)))
      #expect(chunk["choices"] == .array([]) && chunk["prompt_filter_results"] != nil)
      let named = #"{"model":"n","messages":[{"role":"user","content":"x"}]}"#
      #expect(try server.exchange(post("/openai/v1/chat/completions", named)).body["model"] == "n")
      #expect(try server.exchange(post(azure, named)).body["model"] == "m")
    }
  }

  @Test func aStreamBreaksWithEachDialectsError() async throws {
    try await withServer { server in
      let order = "[[sim:error_event,after=2]]"
      let anthropic = try server.lines(
        post(
          "/v1/messages",
          #"{"model":"m","max_tokens":9,"stream":true,"messages":[{"role":"user","content":"\#(order)"}]}"#))
      #expect(anthropic.dropLast().last == "event: error")
      #expect(anthropic.last?.contains(#""type":"api_error""#) == true)
      #expect(!anthropic.contains("event: message_stop"))
      let ollama = try server.lines(post("/api/generate", #"{"model":"m","prompt":"\#(order)"}"#))
      #expect(ollama.last?.hasPrefix(#"{"error":""#) == true && !ollama.joined().contains(#""done":true"#))
      let google = try server.lines(
        post("/v1beta/models/m:streamGenerateContent?alt=sse", ways[5].body(order)))
      #expect(google.last?.contains(#""status":"INTERNAL""#) == true)
    }
  }
}
