import Testing

@testable import modelsim

private let tools = #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#

private func ask(_ messages: String, _ members: String = #""stream":false"#) -> String {
  post("/api/chat", #"{"model":"m","messages":[\#(messages)],\#(members)}"#)
}

/// A body for /api/chat and words of the refusal.
private let wrongs: [(body: String, words: String)] = [
  (#"{"messages":[]}"#, "model is required"),
  (#"{"model":"m","messages":"x"}"#, "cannot unmarshal string"),
  (
    #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"x"}]}]}"#,
    "cannot unmarshal array into Go struct field ChatRequest.messages.content of type string"
  ),
  (#"{"model":"m","messages":[{"role":"developer","content":"x"}]}"#, "invalid role: developer"),
  (#"{"model":"m","messages":[{"role":"user","content":"x","images":["no base64"]}]}"#, "illegal base64"),
  (
    #"{"model":"m","messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}]}"#,
    "cannot unmarshal string into Go struct field ChatRequest.messages.tool_calls.function.arguments"
  ),
  (#"{"model":"m","messages":[],"format":"xml"}"#, "invalid format"),
  (#"{"model":"m","messages":[],"think":"much"}"#, "invalid think value"),
  (#"{"model":"m","messages":[],"options":{"stop":"x"}}"#, "option \"stop\" must be of type array"),
  (#"{"model":"m","messages":[],"options":{"temperature":"hot"}}"#, "must be of type float32"),
]

@Suite struct OllamaTests {
  @Test(arguments: wrongs)
  func whatTheServerRefusesIsRefused(body: String, words: String) async throws {
    try await withServer { server in
      let (status, answer) = try server.exchange(post("/api/chat", body))
      #expect(status == 400)
      #expect(answer["error"]?.text?.contains(words) == true, "\(answer)")
    }
  }

  @Test func aStreamIsLinesOfJSONAndCallsComeWhole() async throws {
    try await withServer { server in
      let order = #"{"role":"user","content":"[[sim:thinking=1,text=Yes,tool=get_weather,calls=2]]"}"#
      let request = ask(order, #""options":{}"#)
      let client = try RawClient(port: server.port)
      client.send(request)
      #expect(client.read(until: "\r\n\r\n") && client.text.contains("content-type: application/x-ndjson"))
      let lines = try server.lines(request).map { try JSONValue(parsing: $0) }
      #expect(lines.map { $0["done"] == .bool(true) } == [false, false, false, false, true])
      #expect(lines[0]["message"]?["thinking"]?.text?.isEmpty == false)
      #expect(lines[1]["message"]?["content"] == "Yes")
      let calls = lines.compactMap { $0["message"]?["tool_calls"]?.elements?.first?["function"] }
      #expect(calls.compactMap { $0["index"]?.integer } == [0, 1])
      #expect(calls.allSatisfy { $0["arguments"] == .object([]) })
      #expect(lines[4]["done_reason"] == "stop" && lines[4]["eval_count"]?.integer == 4)
    }
  }

  @Test func plainAnswersHaveAllAtOnce() async throws {
    try await withServer { server in
      let order = #"{"role":"user","content":"x"}"#
      let called = try server.exchange(ask(order, #""stream":false,\#(tools)"#)).body["message"]
      #expect(called?["content"] == "" && called?["tool_calls"]?.elements?.count == 1)
      let result = #"\#(order),{"role":"tool","tool_name":"f","content":"y"}"#
      let said = try server.exchange(ask(result, #""stream":false,\#(tools)"#)).body["message"]
      #expect(said?["tool_calls"] == nil && said?["content"] != "")
      let thought = try server.exchange(ask(order, #""stream":false,"think":true"#)).body["message"]
      #expect(thought?["thinking"]?.text?.split(separator: " ").count == Answer.usualThinking)
      let short = try server.exchange(ask(order, #""stream":false,"options":{"num_predict":2}"#)).body
      #expect(short["done_reason"] == "length" && short["eval_count"]?.integer == 2)
      let object = try server.exchange(ask(order, #""stream":false,"format":"json""#)).body["message"]
      let text = try #require(object?["content"]?.text)
      #expect(throws: Never.self) { try JSONValue(parsing: text) }
    }
  }

  @Test func embeddingsAreThoseOfOpenAI() async throws {
    try await withServer { server in
      let body = #"{"model":"m","input":["a cat","a dog"],"dimensions":8}"#
      let ours = try server.exchange(post("/api/embed", body)).body
      let theirs = try server.exchange(post("/v1/embeddings", body)).body
      let vectors = theirs["data"]?.elements?.compactMap { $0["embedding"] }
      #expect(ours["embeddings"]?.elements?.count == 2 && ours["embeddings"]?.elements == vectors)
      #expect(ours["prompt_eval_count"] == theirs["usage"]?["prompt_tokens"])
      let one = try server.exchange(post("/api/embed", #"{"model":"m","input":"a cat"}"#)).body
      #expect(one["embeddings"]?.elements?.first?.elements?.count == 64)
    }
  }
}
