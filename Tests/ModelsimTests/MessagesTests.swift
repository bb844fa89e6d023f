import Testing

@testable import modelsim

private let user = #"{"role":"user","content":"x"}"#
private let called = #"{"role":"assistant","content":[{"type":"tool_use","id":"t1","name":"f","input":{}}]}"#
private let result = #"{"type":"tool_result","tool_use_id":"t1","content":"y"}"#
private let tools = #""tools":[{"name":"f","input_schema":{"type":"object"}}]"#

private func message(_ messages: String, _ members: String = #""max_tokens":99"#) -> String {
  post("/v1/messages", #"{"model":"m","messages":[\#(messages)],\#(members)}"#)
}

/// Messages, further members, and words of the refusal.
struct WrongMessages: Sendable, CustomTestStringConvertible {
  var messages: String
  var members: String
  var words: String

  init(_ messages: String, _ words: String, _ members: String = #""max_tokens":99"#) {
    (self.messages, self.members, self.words) = (messages, members, words)
  }

  var testDescription: String { words }
}

private let wrongs: [WrongMessages] = [
  WrongMessages(user, "max_tokens: Field required", #""stream":false"#),
  WrongMessages(user, "max_tokens: Input should be greater than or equal to 1", #""max_tokens":0"#),
  WrongMessages(user, "n: Extra inputs are not permitted", #""max_tokens":9,"n":2"#),
  WrongMessages(user, "temperature: range: 0..1", #""max_tokens":9,"temperature":1.5"#),
  WrongMessages(user, "stop_sequences: each stop sequence", #""max_tokens":9,"stop_sequences":[" "]"#),
  WrongMessages("", "at least one message is required"),
  WrongMessages(#"{"role":"system","content":"x"}"#, "Unexpected role"),
  WrongMessages(#"{"role":"tool","content":"x"}"#, "messages.0.role: Input should be 'user' or 'assistant'"),
  WrongMessages(#"{"role":"assistant","content":"x"}"#, "first message must use the"),
  WrongMessages("\(user),\(user)", "roles must alternate"),
  WrongMessages(#"{"role":"user","content":""}"#, "must have non-empty content"),
  WrongMessages(
    #"{"role":"user","content":[{"type":"text","text":""}]}"#, "text content blocks must be non-empty"),
  WrongMessages(#"{"role":"user","content":[{"type":"input_text","text":"x"}]}"#, "Input tag 'input_text'"),
  WrongMessages(
    #"{"role":"user","content":"x","name":"n"}"#, "messages.0.name: Extra inputs are not permitted"),
  WrongMessages(#"\#(user),{"role":"assistant","content":"x "}"#, "cannot end with trailing whitespace"),
  WrongMessages(
    "\(user),\(called)", "`tool_use` ids were found without `tool_result` blocks immediately after: t1"),
  WrongMessages("\(user),\(called),\(user)", "without `tool_result` blocks immediately after: t1"),
  WrongMessages(#"{"role":"user","content":[\#(result)]}"#, "unexpected `tool_use_id` found"),
  WrongMessages(
    #"\#(user),\#(called),{"role":"user","content":[{"type":"text","text":"x"},\#(result)]}"#,
    "without `tool_result` blocks immediately after"),
  WrongMessages(#"\#(user),\#(called),{"role":"user","content":[\#(result),\#(result)]}"#, "Found multiple"),
  WrongMessages(user, "tools.0.input_schema: Field required", #""max_tokens":9,"tools":[{"name":"f"}]"#),
  WrongMessages(user, "tool_choice may only be specified", #""max_tokens":9,"tool_choice":{"type":"any"}"#),
  WrongMessages(
    user, "Tool 'g' not found", #""max_tokens":9,\#(tools),"tool_choice":{"type":"tool","name":"g"}"#),
  WrongMessages(
    user, "budget_tokens: Input should be greater",
    #""max_tokens":9999,"thinking":{"type":"enabled","budget_tokens":9}"#),
  WrongMessages(
    user, "must be greater than `thinking.budget_tokens`",
    #""max_tokens":1024,"thinking":{"type":"enabled","budget_tokens":1024}"#),
  WrongMessages(
    #"{"role":"user","content":[{"type":"image","source":{"type":"base64","media_type":"image/x","data":"aGk="}}]}"#,
    "source.media_type: Input should be 'image/jpeg' or"),
]

@Suite struct MessagesTests {
  @Test(arguments: wrongs)
  func whatTheServiceRefusesIsRefused(wrong: WrongMessages) async throws {
    try await withServer { server in
      let (status, answer) = try server.exchange(message(wrong.messages, wrong.members))
      #expect(status == 400 && answer["error"]?["type"] == "invalid_request_error")
      #expect(answer["error"]?["message"]?.text?.contains(wrong.words) == true, "\(answer)")
    }
  }

  @Test func aVersionIsAskedFor() async throws {
    try await withServer { server in
      let body = #"{"model":"m","max_tokens":9,"messages":[\#(user)]}"#
      let (status, answer) = try server.exchange(httpRequest("POST", "/v1/messages", body))
      #expect(status == 400)
      #expect(answer["error"]?["message"] == "anthropic-version: header is required")
    }
  }

  @Test func aStreamHasItsExactEvents() async throws {
    try await withServer { server in
      let prompt = #"{"role":"user","content":"[[sim:thinking=1,text=Yes,tool=f]]"}"#
      let lines = try server.lines(message(prompt, #""max_tokens":99,"stream":true"#))
      let events = lines.filter { $0.hasPrefix("event: ") }.map { String($0.dropFirst(7)) }
      #expect(
        events == [
          "message_start", "content_block_start", "ping", "content_block_delta", "content_block_delta",
          "content_block_stop", "content_block_start", "content_block_delta", "content_block_stop",
          "content_block_start", "content_block_delta", "content_block_delta", "content_block_stop",
          "message_delta", "message_stop",
        ])
      let data = try lines.filter { $0.hasPrefix("data: ") }.map {
        try JSONValue(parsing: String($0.dropFirst(6)))
      }
      #expect(data.compactMap { $0["type"]?.text } == events)
      #expect(data.compactMap { $0["index"]?.integer } == [0, 0, 0, 0, 1, 1, 1, 2, 2, 2, 2])
      let kinds = data.compactMap { $0["delta"]?["type"]?.text }
      #expect(
        kinds == ["thinking_delta", "signature_delta", "text_delta", "input_json_delta", "input_json_delta"])
      #expect(data.compactMap { $0["delta"]?["partial_json"]?.text } == ["", "{}"])
      #expect(data.compactMap { $0["delta"]?["stop_reason"]?.text } == ["tool_use"])
      #expect(data.first?["message"]?["content"] == .array([]))
    }
  }

  @Test func aToolLoopEndsInWords() async throws {
    try await withServer { server in
      let members = #""max_tokens":99,\#(tools)"#
      let first = try server.exchange(message(user, members)).body
      let content = try #require(first["content"])
      let id = try #require(content.elements?.first?["id"]?.text)
      #expect(first["stop_reason"] == "tool_use")
      let turn = #"{"role":"assistant","content":\#(content)}"#
      let answer = #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"\#(id)","content":"y"}]}"#
      let second = try server.exchange(message("\(user),\(turn),\(answer)", members)).body
      #expect(second["stop_reason"] == "end_turn")
      #expect(second["content"]?.elements?.first?["type"] == "text")
    }
  }

  @Test func thoughtsMustComeBackAsTheyWere() async throws {
    try await withServer { server in
      let members =
        #""max_tokens":2000,"thinking":{"type":"enabled","budget_tokens":1024},\#(tools)"#
      let first = try server.exchange(message(user, members)).body
      let blocks = try #require(first["content"]?.elements)
      #expect(blocks.compactMap { $0["type"]?.text } == ["thinking", "tool_use"])
      let id = try #require(blocks[1]["id"]?.text)
      let answer = #"{"role":"user","content":[{"type":"tool_result","tool_use_id":"\#(id)","content":"y"}]}"#
      func status(_ content: String) throws -> (Int, String?) {
        let turn = #"{"role":"assistant","content":[\#(content)]}"#
        let (status, body) = try server.exchange(message("\(user),\(turn),\(answer)", members))
        return (status, body["error"]?["message"]?.text)
      }
      let whole = try status("\(blocks[0]),\(blocks[1])")
      #expect(whole.0 == 200, "\(whole)")
      let missing = try status("\(blocks[1])")
      #expect(missing.1?.contains("Expected `thinking`") == true)
      let forged = #"{"type":"thinking","thinking":"other","signature":"AAAA"}"#
      #expect(try status("\(forged),\(blocks[1])").1?.contains("Invalid `signature`") == true)
    }
  }

  @Test func stopReasonsAreTold() async throws {
    try await withServer { server in
      func stop(_ text: String, _ members: String) throws -> JSONValue {
        try server.exchange(message(#"{"role":"user","content":"\#(text)"}"#, members)).body
      }
      #expect(try stop("x", #""max_tokens":3"#)["stop_reason"] == "max_tokens")
      let cut = try stop("[[sim:text=one two]]", #""max_tokens":99,"stop_sequences":[" two"]"#)
      #expect(cut["stop_reason"] == "stop_sequence" && cut["stop_sequence"] == " two")
      #expect(cut["content"]?.elements?.first?["text"] == "one")
    }
  }

  @Test func cachedTokensAreNoInputTokens() async throws {
    try await withServer { server in
      let prompt = #"{"role":"user","content":"[[sim:cached=3]] of a longer prompt"}"#
      let usage = try server.exchange(message(prompt)).body["usage"]
      #expect(usage?["cache_read_input_tokens"]?.integer == 3)
      #expect(usage?["input_tokens"]?.integer == (35 + 3) / 4 - 3)
    }
  }

  @Test func countingCostsNothing() async throws {
    try await withServer { server in
      let image =
        #"{"type":"image","source":{"type":"base64","media_type":"image/png","data":"aGk="}}"#
      let content = #"[{"type":"text","text":"12345678"},\#(image)]"#
      let body =
        #"{"model":"m","system":"abcd","messages":[{"role":"user","content":\#(content)}],\#(tools)}"#
      let answer = try server.exchange(post("/v1/messages/count_tokens", body)).body
      #expect(answer == ["input_tokens": .int(3 + TokenCount.perImage)])
      let bill = try server.exchange(httpRequest("GET", "/sim/bill")).body["total"]
      #expect(bill?["prompt_tokens"]?.integer == 0 && bill?["completion_tokens"]?.integer == 0)
    }
  }

  @Test func aSchemaShapesTheAnswer() async throws {
    try await withServer { server in
      let schema = #"{"type":"object","properties":{"k":{"type":"integer"}}}"#
      let format = #""max_tokens":99,"output_format":{"type":"json_schema","schema":\#(schema)}"#
      let answer = try server.exchange(message(user, format)).body
      #expect(answer["content"]?.elements?.first?["text"] == #"{"k":1}"#)
    }
  }
}
