import Testing

@testable import modelsim

@Suite struct ServerTests {
  @Test func equalRequestsHaveEqualAnswersButForTheirIDs() async throws {
    try await withServer { server in
      let first = try JSONValue(parsing: server.ask(chat("hello")).body)
      let second = try JSONValue(parsing: server.ask(chat("hello")).body)
      let other = try JSONValue(parsing: server.ask(chat("hullo")).body)
      #expect(first["choices"] == second["choices"] && first["id"] != second["id"])
      #expect(first["choices"] != other["choices"])
      #expect(first["usage"]?["prompt_tokens"]?.integer == 2)
      #expect(first["usage"]?["completion_tokens"]?.integer == 16)
    }
  }

  @Test func everySurfaceAnswersValidJSON() async throws {
    try await withServer { server in
      let bodies = [
        ("/v1/completions", #"{"model":"m","prompt":"x","n":2}"#, "text_completion"),
        ("/v1/embeddings", #"{"model":"m","input":["a","b"]}"#, "list"),
        ("/v1/responses", #"{"model":"m","input":"x"}"#, "response"),
      ]
      for (path, body, object) in bodies {
        let answer = try server.ask(httpRequest("POST", path, body))
        #expect(try JSONValue(parsing: answer.body)["object"]?.text == object)
      }
      #expect(try server.ask(httpRequest("GET", "/health")).head.contains(" 200 "))
      #expect(try server.ask(httpRequest("GET", "/v1/models/any")).body.contains(#""id":"any""#))
    }
  }

  @Test func everyStreamedEventIsValidJSON() async throws {
    try await withServer { server in
      let tools =
        #""tools":[{"type":"function","name":"f","function":{"name":"f","parameters":{"properties":{"q":{}}}}}]"#
      let requests = [
        ("/v1/chat/completions", #""messages":[],"n":2"#, "[DONE]"),
        ("/v1/completions", #""prompt":"x""#, "[DONE]"),
        ("/v1/chat/completions", #""messages":[],\#(tools)"#, "[DONE]"),
        ("/v1/responses", #""input":"x""#, "response.completed"),
        ("/v1/responses", #""input":"x",\#(tools)"#, "response.completed"),
      ]
      for (path, members, last) in requests {
        let client = try RawClient(port: server.port)
        client.send(httpRequest("POST", path, #"{"model":"m","stream":true,\#(members)}"#))
        #expect(client.read(until: "\r\n0\r\n\r\n") && client.text.contains(last))
        for line in client.text.split(separator: "\n") where line.hasPrefix("data: {") {
          #expect(throws: Never.self) { try JSONValue(parsing: String(line.dropFirst(6))) }
        }
      }
    }
  }

  @Test func toolsAndFormatsShapeTheAnswer() async throws {
    try await withServer { server in
      func message(_ members: String) throws -> JSONValue? {
        let body = #"{"model":"m","messages":[{"role":"user","content":"x"}],\#(members)}"#
        let answer = try server.ask(httpRequest("POST", "/v1/chat/completions", body))
        return try JSONValue(parsing: answer.body)["choices"]?.elements?.first?["message"]
      }
      let call = try message(
        #"""
        "tools":[{"type":"function","function":{"name":"f","parameters":
        {"type":"object","required":["q"],"properties":{"q":{"type":"string"}}}}}]
        """#)?["tool_calls"]?.elements?.first?["function"]
      #expect(call?["name"] == "f" && call?["arguments"]?.text == #"{"q":"text"}"#)
      let object = try #require(try message(#""response_format":{"type":"json_object"}"#)?["content"]?.text)
      #expect(throws: Never.self) { try JSONValue(parsing: object) }
      let schema = #"{"type":"object","properties":{"k":{"type":"integer"}}}"#
      let instance = try message(
        #""response_format":{"type":"json_schema","json_schema":{"name":"s","schema":\#(schema)}}"#)
      #expect(instance?["content"]?.text == #"{"k":1}"#)
    }
  }

  @Test func pipelinedRequestsAreAnsweredInOrder() async throws {
    try await withServer { server in
      let client = try RawClient(port: server.port)
      client.send(
        chat("[[sim:ttft=5ms]]", model: "first") + chat("x", model: "second") + chat("x", model: "third"))
      for model in ["first", "second", "third"] {
        #expect(client.answer()?.body.contains(#""model":"\#(model)""#) == true)
      }
    }
  }

  @Test func aClientThatAsksIsToldToContinue() async throws {
    try await withServer { server in
      let client = try RawClient(port: server.port)
      let parts = chat("x").split(separator: "\r\n\r\n", maxSplits: 1).map(String.init)
      client.send(parts[0] + "\r\nExpect: 100-continue\r\n\r\n")
      #expect(client.read(until: "HTTP/1.1 100 Continue\r\n\r\n"))
      client.send(parts[1])
      #expect(client.read(until: "chat.completion"))
    }
  }

  @Test func errorsHaveOpenAIsShape() async throws {
    var settings = SimulatorSettings()
    settings.keys = ["sk-right-key"]
    settings.models = ["known"]
    try await withServer(settings) { server in
      func outcome(_ body: String, path: String = "/v1/chat/completions", key: String?) throws -> String {
        let header = key.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        let answer = try server.ask(httpRequest("POST", path, body, headers: header))
        #expect(!answer.body.contains("sk-"))
        let error = try JSONValue(parsing: answer.body)["error"]
        return answer.head.prefix(13).suffix(4) + (error?["code"]?.text ?? error?["type"]?.text ?? "")
      }
      let ask = #"{"model":"unknown","messages":[]}"#
      #expect(try outcome(ask, key: nil) == "401 invalid_api_key")
      #expect(try outcome(ask, key: "sk-wrong-key") == "401 invalid_api_key")
      #expect(try outcome(ask, key: "sk-right-key") == "404 model_not_found")
      let broken = try outcome("{", key: "sk-right-key")
      #expect(broken == "400 invalid_request_error")
      #expect(try outcome("{}", path: "/v1/nothing", key: "sk-right-key") == "404 unknown_url")
    }
  }

  @Test func theLogShowsWhatCameButNoSecrets() async throws {
    var settings = SimulatorSettings()
    settings.keepsBodies = true
    try await withServer(settings) { server in
      let headers = "Authorization: Bearer sk-secret-7890\r\nX-Api-Key: sk-secret-4321\r\nX-Trace: t1\r\n"
      let body = #"{"model":"m","prompt":"x"}"#
      _ = try server.ask(httpRequest("POST", "/v1/completions", body, headers: headers))
      let text = try server.ask(httpRequest("GET", "/sim/log?since=0")).body
      let entry = try JSONValue(parsing: text)["entries"]?.elements?.first
      #expect(entry?["key"] == "7890" && entry?["authorization"] == .bool(true))
      #expect(entry?["headers"]?["x-trace"] == "t1" && entry?["headers"]?["x-api-key"] == "4321")
      #expect(entry?["body"]?.text == body && entry?["outcome"] == "answered")
      #expect(!text.contains("secret"))
      _ = try server.ask(httpRequest("DELETE", "/sim/log"))
      #expect(
        try JSONValue(parsing: server.ask(httpRequest("GET", "/sim/log")).body)["entries"] == .array([]))
    }
  }

  @Test func theBillAddsUpPerModelAndKey() async throws {
    try await withServer { server in
      for model in ["a", "a", "b"] { _ = try server.ask(chat("12345678", model: model)) }
      let bill = try JSONValue(parsing: server.ask(httpRequest("GET", "/sim/bill")).body)
      #expect(bill["total"]?["prompt_tokens"]?.integer == 6)
      #expect(bill["models"]?["a"]?["completion_tokens"]?.integer == 32)
      #expect(bill["models"]?["b"]?["answered"]?.integer == 1)
    }
  }

  @Test func embeddingsOfOneTextAreEqualInBothEncodings() async throws {
    let list = EmbeddingList(texts: [], dimensions: 4)
    #expect(list.vector(of: "a cat") == list.vector(of: "A cat!"))
    #expect(base64([1, 2, 3, 4]) == "AQIDBA==" && base64([255, 254]) == "//4=" && base64([]) == "")
  }

  @Test func manyPacedStreamsRunAtOnce() async throws {
    try await withServer { server in
      let clients = try (0..<200).map { _ in try RawClient(port: server.port) }
      for client in clients { client.send(chat("[[sim:tokens=5,per_token=2ms]]", stream: true)) }
      for client in clients { #expect(client.read(until: "data: [DONE]")) }
      #expect(try server.eventually("/sim/stats") { $0["active_streams"]?.integer == 0 })
    }
  }
}
