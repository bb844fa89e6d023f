import Testing

@testable import modelsim

private let call = #"{"id":"c1","type":"function","function":{"name":"f","arguments":"{}"}}"#
private let user = #"{"role":"user","content":"x"}"#
private let called = #"{"role":"assistant","content":null,"tool_calls":[\#(call)]}"#
private let result = #"{"role":"tool","tool_call_id":"c1","content":"y"}"#

private let wrongTurns: [(messages: String, words: String)] = [
  ("\(user),\(result)", "must be a response to a preceeding message"),
  ("\(user),\(called)", "did not have response messages: c1"),
  ("\(user),\(called),\(user)", "did not have response messages: c1"),
  ("\(user),\(called),\(result),\(result)", "must be a response to a preceeding message"),
  (#"\#(user),\#(called),{"role":"tool","content":"y"}"#, "'messages[2].tool_call_id'"),
  (#"{"role":"assistant","tool_calls":[]}"#, "empty array"),
  (
    #"{"role":"assistant","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":{}}}]}"#,
    "expected a string"
  ),
  (#"{"role":"critic","content":"x"}"#, "Invalid value: 'critic'"),
]

@Suite struct ChatTurnsTests {
  @Test(arguments: wrongTurns)
  func turnsThatMakeNoSenseAreRefused(messages: String, words: String) async throws {
    try await withServer { server in
      let body = #"{"model":"m","messages":[\#(messages)]}"#
      let (status, answer) = try server.exchange(post("/v1/chat/completions", body))
      #expect(status == 400)
      #expect(answer["error"]?["message"]?.text?.contains(words) == true, "\(answer)")
    }
  }

  @Test func aResultIsAnsweredInWords() async throws {
    try await withServer { server throws in
      let tools = #""tools":[{"type":"function","function":{"name":"f"}}]"#
      func finish(_ messages: String) throws -> String? {
        let body = #"{"model":"m","messages":[\#(messages)],\#(tools)}"#
        let answer = try server.exchange(post("/v1/chat/completions", body)).body
        return answer["choices"]?.elements?.first?["finish_reason"]?.text
      }
      #expect(try finish(user) == "tool_calls")
      #expect(try finish("\(user),\(called),\(result)") == "stop")
    }
  }

  @Test func callsThoughtsAndTextComeInOrder() async throws {
    try await withServer { server in
      let request = chat("[[sim:thinking=1,text=Yes,tool=f,calls=2]]", stream: true)
      let chunks = try server.lines(request).filter { $0.hasPrefix("data: {") }.map {
        try JSONValue(parsing: String($0.dropFirst(6)))
      }
      let deltas = chunks.compactMap { $0["choices"]?.elements?.first?["delta"] }
      #expect(deltas[1]["reasoning_content"] != nil)
      #expect(deltas[2]["content"] == "Yes")
      let calls = deltas.compactMap { $0["tool_calls"]?.elements?.first }
      #expect(calls.compactMap { $0["index"]?.integer } == [0, 0, 1, 1])
      #expect(calls.compactMap { $0["function"]?["arguments"]?.text } == ["", "{}", "", "{}"])
      let plain = try server.exchange(chat("[[sim:thinking=1,text=Yes,tool=f,calls=2]]")).body
      let message = plain["choices"]?.elements?.first?["message"]
      #expect(message?["content"] == "Yes" && message?["tool_calls"]?.elements?.count == 2)
      let details = plain["usage"]?["completion_tokens_details"]
      #expect(details?["reasoning_tokens"]?.integer == 1)
    }
  }
}
