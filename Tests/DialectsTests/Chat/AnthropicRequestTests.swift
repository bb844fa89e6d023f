import Dialects
import Foundation
import Testing

@Suite("Requests in Anthropic's dialect")
struct AnthropicRequestTests {
  private let peek = Peek()
  private let dialect = AnthropicChat()

  private func decode(_ text: String) throws(PeekError) -> ChatRequest {
    try dialect.decodeRequest(PaddedBytes(text.utf8), with: peek)
  }

  private func encode(_ request: ChatRequest) throws(PeekError) -> String {
    try dialect.encodeRequest(request, with: peek).body.text
  }

  private func sorted(_ text: String) throws -> String {
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
  }

  private func refusal(of text: String) -> PeekError? {
    do {
      _ = try decode(text)
      return nil
    } catch { return error }
  }

  @Test func everyFieldComesBack() throws {
    for seed in 0..<3_000 {
      var maker = AnthropicRequestMaker(seed: UInt64(seed))
      let text = maker.make()
      let request = try decode(text)
      let sent = try dialect.encodeRequest(request, with: peek)
      let written = sent.body.text
      // By bytes: Swift takes spellings of a letter for equal that are not the same prompt.
      #expect(try sorted(written).utf8.elementsEqual(sorted(text).utf8), "seed \(seed): \(text) → \(written)")
      #expect(try decode(written) == request, "seed \(seed)")
      #expect(request.strays.isEmpty, "seed \(seed): \(request.strays)")
      #expect(sent.dropped.isEmpty, "seed \(seed): \(sent.dropped)")
    }
  }

  @Test func requestsAreSentToTheMessagesAPI() throws {
    let sent = try dialect.encodeRequest(decode(messagesText(#""max_tokens":1"#)), with: peek)
    #expect(sent.path == "/v1/messages")
    #expect(sent.headers == ["anthropic-version: 2023-06-01"])
  }

  @Test func theSystemsTextIsTheFirstMessage() throws {
    let request = try decode(
      #"{"messages":[{"role":"user","content":"hi"}],"system":[{"type":"text","text":"a","cache_control":{"type":"ephemeral","ttl":"1h"}},{"type":"text","text":"b"}]}"#
    )
    let first = ChatPart(.text("a"), cache: CacheMark(lifetime: "1h"))
    #expect(
      request.messages == [ChatMessage(.system, [first, .text("b")]), ChatMessage(.user, [.text("hi")])])
  }

  @Test func resultsAreAMessageOfTheirOwnInFront() throws {
    let request = try decode(
      #"{"messages":[{"role":"user","content":[{"type":"text","text":"go on"},{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"1"}],"is_error":true},{"type":"tool_result","tool_use_id":"b"}]}]}"#
    )
    let results = [
      ChatPart(.toolResult(ToolResult(callID: "a", parts: [.text("1")], isError: true))),
      ChatPart(.toolResult(ToolResult(callID: "b", parts: []))),
    ]
    #expect(request.messages == [ChatMessage(.tool, results), ChatMessage(.user, [.text("go on")])])
  }

  @Test func inputsAndSchemasKeepTheirBytes() throws {
    let odd = #"{ "type" : "object" , "maximum":1.50, "k":"\u00e9" }"#
    let text =
      #"{"messages":[{"role":"assistant","content":[{"type":"tool_use","id":"a","name":"f","input": \#(odd) }]}],"tools":[{"name":"f","input_schema":\#(odd)}],"output_config":{"format":{"type":"json_schema","schema":\#(odd)}}}"#
    let request = try decode(text)
    #expect(request.messages[0].parts.first?.toolCall?.arguments == JSONText(odd))
    guard case .function(let function)? = request.tools.first, case .schema(let format)? = request.format
    else {
      Issue.record("\(request)")
      return
    }
    #expect(function.parameters == JSONText(odd))
    #expect(format.schema == JSONText(odd))
  }

  @Test func whatClientsSendBackAsTheyGotItIsRead() throws {
    let request = try decode(
      #"{"messages":[{"role":"user","content":"hi","id":null},{"role":"assistant","content":[{"type":"thinking","thinking":"hm","signature":""},{"type":"text","text":"a","citations":null},{"type":"tool_use","id":"a","name":"f","input":{},"caller":{"type":"direct"},"toolset_name":null}]}]}"#
    )
    let call = ToolCall(id: "a", name: "f", arguments: JSONText("{}"))
    #expect(
      request.messages[1].parts == [
        ChatPart(.thinking(Thinking(text: "hm"))), .text("a"), ChatPart(.toolCall(call)),
      ])
    #expect(request.strays.isEmpty)
  }

  @Test func formatsAreReadByTheirOlderName() throws {
    let format = #"{"type":"json_schema","schema":{"type":"object"}}"#
    #expect(
      try decode(messagesText(#""output_format":\#(format)"#)).format
        == decode(messagesText(#""output_config":{"format":\#(format)}"#)).format)
  }

  @Test func tokensAreCounted() throws {
    let request = try decode(#"{"model":"m","messages":[{"role":"user","content":"hi"}],"system":"s"}"#)
    #expect(request.maxTokens == nil)
    #expect(request.messages.count == 2)
    #expect(dialect.encodeCount(12).text == #"{"input_tokens":12}"#)
  }

  @Test func whatNobodyKnowsIsToldOf() throws {
    let request = try decode(
      #"{"messages":[{"role":"user","content":[{"type":"text","text":"a","shade":1},{"type":"tool_result","tool_use_id":"a","content":[{"type":"text","text":"b","citations":[1]}]}]}],"tools":[{"name":"f","input_schema":{},"defer_loading":true}],"thinking":{"type":"adaptive","display":"omitted"},"output_config":{"task_budget":{}}}"#
    )
    #expect(
      request.strays.sorted() == [
        "messages[0].content[0].shade", "messages[0].content[1].content[0].citations",
        "output_config.task_budget", "thinking.display", "tools[0].defer_loading",
      ])
  }

  @Test(arguments: unreadable)
  func whatCantBeReadIsNamed(text: String, param: String, code: String) throws {
    let error = try #require(refusal(of: text))
    #expect(error.param == param)
    #expect(error.code == code)
  }
}

/// Bodies, the field at fault, and the error's code.
private let unreadable: [(String, String, String)] = [
  (#"{"model":"m"}"#, "messages", "missing_required_parameter"),
  (#"{"messages":[]}"#, "messages", "missing_required_parameter"),
  (#"{"messages":"hi"}"#, "messages", "invalid_type"),
  (#"{"messages":[{"content":"x"}]}"#, "messages[0].role", "missing_required_parameter"),
  (#"{"messages":[{"role":"user"}]}"#, "messages[0].content", "missing_required_parameter"),
  (#"{"messages":[{"role":"tool","content":"x"}]}"#, "messages[0].role", "invalid_value"),
  (#"{"messages":[{"role":"user","content":7}]}"#, "messages[0].content", "invalid_type"),
  (blockText(#"7"#), "messages[0].content[0]", "invalid_type"),
  (blockText(#"{"text":"x"}"#), "messages[0].content[0].type", "missing_required_parameter"),
  (blockText(#"{"type":"text"}"#), "messages[0].content[0].text", "missing_required_parameter"),
  (blockText(#"{"type":"text","text":"a","text":"b"}"#), "messages[0].content[0].text", "duplicate_key"),
  (
    blockText(#"{"type":"image","source":{}}"#), "messages[0].content[0].source.type",
    "missing_required_parameter"
  ),
  (
    blockText(#"{"type":"image","source":{"type":"base64","data":"AA=="}}"#),
    "messages[0].content[0].source.media_type", "missing_required_parameter"
  ),
  (
    blockText(#"{"type":"tool_use","id":"a","name":"f"}"#), "messages[0].content[0].input",
    "missing_required_parameter"
  ),
  (
    blockText(#"{"type":"tool_use","id":"a","name":"f","input":"{}"}"#), "messages[0].content[0].input",
    "invalid_type"
  ),
  (
    blockText(#"{"type":"tool_result","content":"x"}"#), "messages[0].content[0].tool_use_id",
    "missing_required_parameter"
  ),
  (
    blockText(#"{"type":"tool_result","tool_use_id":"a","content":[{"type":"text"}]}"#),
    "messages[0].content[0].content[0].text", "missing_required_parameter"
  ),
  (messagesText(#""system":7"#), "system", "invalid_type"),
  (messagesText(#""system":[{"type":"text"}]"#), "system[0].text", "missing_required_parameter"),
  (messagesText(#""tools":[{"input_schema":{}}]"#), "tools[0].name", "missing_required_parameter"),
  (messagesText(#""tools":[{"name":"f"}]"#), "tools[0].input_schema", "missing_required_parameter"),
  (messagesText(#""tool_choice":"auto""#), "tool_choice", "invalid_type"),
  (messagesText(#""tool_choice":{"type":"tool"}"#), "tool_choice.name", "missing_required_parameter"),
  (messagesText(#""tool_choice":{"type":"maybe"}"#), "tool_choice.type", "invalid_value"),
  (messagesText(#""thinking":{"budget_tokens":1}"#), "thinking.type", "missing_required_parameter"),
  (messagesText(#""output_config":{"format":{"type":"xml"}}"#), "output_config.format.type", "invalid_value"),
  (messagesText(#""stop_sequences":"x""#), "stop_sequences", "invalid_type"),
  (messagesText(#""stop_sequences":["a",1]"#), "stop_sequences[1]", "invalid_type"),
  (messagesText(#""max_tokens":-1"#), "max_tokens", "invalid_value"),
  (messagesText(#""stream":true,"stream":false"#), "stream", "duplicate_key"),
]

/// A body with one message, and `members` behind it.
private func messagesText(_ members: String) -> String {
  #"{"messages":[{"role":"user","content":"hi"}],\#(members)}"#
}

/// A body with one message of one block.
private func blockText(_ block: String) -> String {
  #"{"messages":[{"role":"user","content":[\#(block)]}]}"#
}
