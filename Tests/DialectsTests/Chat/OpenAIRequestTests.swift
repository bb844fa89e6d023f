import Dialects
import Foundation
import Testing

@Suite("Requests in OpenAI's dialect")
struct OpenAIRequestTests {
  private let peek = Peek()
  private let dialect = OpenAIChat()

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
      var maker = ChatRequestMaker(seed: UInt64(seed))
      let text = maker.make()
      let request = try decode(text)
      let written = try encode(request)
      // By bytes: Swift takes spellings of a letter for equal that are not the same prompt.
      #expect(try sorted(written).utf8.elementsEqual(sorted(text).utf8), "seed \(seed): \(text) → \(written)")
      #expect(try decode(written) == request, "seed \(seed)")
      #expect(request.strays.isEmpty, "seed \(seed): \(request.strays)")
    }
  }

  @Test func schemasAndArgumentsKeepTheirBytes() throws {
    let schema = #"{ "type" : "object" , "maximum":1.50, "k":"\u00e9" }"#
    let text =
      #"{"messages":[{"role":"assistant","tool_calls":[{"id":"c","function":{"name":"f","arguments":"{ \"a\" :1.0}"}}]}],"tools":[{"function":{"name":"f","parameters": \#(schema) }}],"response_format":{"type":"json_schema","json_schema":{"name":"n","schema":\#(schema)}}}"#
    let request = try decode(text)
    guard case .function(let function)? = request.tools.first, case .schema(let format)? = request.format
    else {
      Issue.record("\(request)")
      return
    }
    #expect(function.parameters == JSONText(schema))
    #expect(format.schema == JSONText(schema))
    #expect(request.messages[0].parts.first?.toolCall?.arguments == JSONText(#"{ "a" :1.0}"#))
    #expect(try encode(request).contains(#""parameters":\#(schema)"#))
  }

  @Test func spellingsThatMeanTheSameAreReadAlike() throws {
    let messages = #""messages":[{"role":"user","content":"hi","name":null}]"#
    let plain = try decode("{\(messages)}")
    #expect(try decode(#"{\#(messages),"stop":null,"tools":null,"stream":false,"max_tokens":null}"#) == plain)
    #expect(try decode(#"{\#(messages),"stop":"a"}"#) == decode(#"{\#(messages),"stop":["a"]}"#))
    let parts = try decode(#"{"messages":[{"role":"user","content":[{"type":"text","text":"hi"}]}]}"#)
    #expect(parts == plain)
  }

  @Test func dataAddressesBecomeData() {
    let png = ChatImage.Source.data(mediaType: "image/png", base64: "iVBORw0KGgo=")
    #expect(ChatImage.Source(url: "data:image/png;base64,iVBORw0KGgo=") == png)
    for url in [
      "https://a.example/b.png", "data:image/png,raw", "data:;base64,AA", "data:image/png;base64",
      "data:image/png;a=b;base64,AA", "",
    ] {
      #expect(ChatImage.Source(url: url) == .url(url))
    }
  }

  @Test func aLoneSignatureIsThatOfTheText() throws {
    let text =
      #"{"messages":[{"role":"assistant","reasoning_content":"hm","thinking_blocks":[{"type":"thinking","thinking":"","signature":"s"}]}]}"#
    #expect(try decode(text).messages[0].parts == [ChatPart(.thinking(Thinking(text: "hm", signature: "s")))])
  }

  @Test func bothLimitsAreKept() throws {
    let text = #"{"messages":[{"role":"user","content":"hi"}],"max_tokens":5,"max_completion_tokens":7}"#
    let request = try decode(text)
    #expect(request.maxTokens == 7)
    #expect(try sorted(encode(request)) == sorted(text))
  }

  @Test func oldServersAreToldTheLimitByItsOldName() throws {
    let request = try decode(#"{"messages":[{"role":"user","content":"hi"}],"max_completion_tokens":7}"#)
    let body = try OpenAIChat(limitName: .maxTokens).encodeRequest(request, with: peek).body.text
    #expect(body.hasSuffix(#""max_tokens":7}"#))
  }

  @Test(arguments: unreadable)
  func whatCantBeReadIsNamed(text: String, param: String, code: String) throws {
    let error = try #require(refusal(of: text))
    #expect(error.param == param)
    #expect(error.code == code)
  }

  @Test func whatNobodyKnowsIsToldOf() throws {
    let request = try decode(
      #"{"messages":[{"role":"user","content":[{"type":"text","text":"a","shade":1},{"type":"image_url","image_url":{"url":"u","crop":[]}}]}],"tools":[{"function":{"name":"f","kind":{}}}]}"#
    )
    #expect(
      request.strays == [
        "messages[0].content[0].shade", "messages[0].content[1].image_url.crop", "tools[0].function.kind",
      ])
    let dropped = try dialect.encodeRequest(request, with: peek).dropped
    #expect(dropped.map(\.text) == request.strays.map { "other_members at \($0)" })
  }
}

/// Bodies, the field at fault, and the error's code.
private let unreadable: [(String, String, String)] = [
  (#"{"messages":[]}"#, "messages", "missing_required_parameter"),
  (#"{"model":"m"}"#, "messages", "missing_required_parameter"),
  (#"{"messages":{}}"#, "messages", "invalid_type"),
  (#"{"messages":[{"content":"x"}]}"#, "messages[0].role", "missing_required_parameter"),
  (#"{"messages":[{"role":"robot"}]}"#, "messages[0].role", "invalid_value"),
  (#"{"messages":[{"role":"function"}]}"#, "messages[0].role", "invalid_value"),
  (
    #"{"messages":[{"role":"user"},{"role":"assistant","function_call":{}}]}"#, "messages[1].function_call",
    "invalid_value"
  ),
  (#"{"messages":[{"role":"user","content":7}]}"#, "messages[0].content", "invalid_type"),
  (#"{"messages":[{"role":"user","content":[7]}]}"#, "messages[0].content[0]", "invalid_type"),
  (
    #"{"messages":[{"role":"user","content":[{"text":"x"}]}]}"#, "messages[0].content[0].type",
    "missing_required_parameter"
  ),
  (
    #"{"messages":[{"role":"user","content":[{"type":"image_url","image_url":{}}]}]}"#,
    "messages[0].content[0].image_url.url", "missing_required_parameter"
  ),
  (
    #"{"messages":[{"role":"tool","content":"x"}]}"#, "messages[0].tool_call_id",
    "missing_required_parameter"
  ),
  (
    #"{"messages":[{"role":"assistant","tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}}]}]}"#,
    "messages[0].tool_calls[0].function.arguments", "invalid_type"
  ),
  (
    #"{"messages":[{"role":"assistant","tool_calls":[{"id":"a","type":"custom"}]}]}"#,
    "messages[0].tool_calls[0].type", "invalid_value"
  ),
  (chatText(#""tools":[{"type":"function"}]"#), "tools[0].function", "missing_required_parameter"),
  (
    chatText(#""tools":[{"function":{"name":"f","name":"g"}}]"#), "tools[0].name", "duplicate_key"
  ),
  (chatText(#""tool_choice":"maybe""#), "tool_choice", "invalid_value"),
  (chatText(#""tool_choice":{"type":"custom"}"#), "tool_choice", "invalid_value"),
  (chatText(#""response_format":{"type":"grammar"}"#), "response_format.type", "invalid_value"),
  (
    chatText(#""response_format":{"type":"json_schema"}"#), "response_format.json_schema",
    "missing_required_parameter"
  ),
  (chatText(#""temperature":"hot""#), "temperature", "invalid_type"),
  (chatText(#""max_tokens":-1"#), "max_tokens", "invalid_value"),
  (chatText(#""max_tokens":1.5"#), "max_tokens", "invalid_type"),
  (chatText(#""stop":[1]"#), "stop[0]", "invalid_type"),
  (chatText(#""seed":1,"seed":2"#), "seed", "duplicate_key"),
  (chatText(#""thinking":{"type":"deep"}"#), "thinking.type", "invalid_value"),
]

/// A chat body with one message, and `members` behind it.
private func chatText(_ members: String) -> String {
  #"{"messages":[{"role":"user","content":"hi"}],\#(members)}"#
}
