import Dialects
import Foundation
import Testing

@Suite("Requests in Ollama's dialect")
struct OllamaRequestTests {
  private let peek = Peek()
  private let dialect = OllamaChat()

  private func decode(_ text: String) throws(PeekError) -> ChatRequest {
    try dialect.decodeRequest(PaddedBytes(text.utf8), with: peek)
  }

  private func generate(_ text: String) throws(PeekError) -> ChatRequest {
    try OllamaGenerate().decodeRequest(PaddedBytes(text.utf8), with: peek)
  }

  private func encode(_ request: ChatRequest) throws(PeekError) -> String {
    try dialect.encodeRequest(request, with: peek).body.text
  }

  private func sorted(_ text: String) throws -> String {
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
  }

  private func refusal(_ read: () throws(PeekError) -> ChatRequest) -> PeekError? {
    do {
      _ = try read()
      return nil
    } catch { return error }
  }

  @Test func everyFieldComesBack() throws {
    for seed in 0..<3_000 {
      var maker = OllamaRequestMaker(seed: UInt64(seed))
      let text = maker.make()
      let request = try decode(text)
      let written = try encode(request)
      #expect(try sorted(written).utf8.elementsEqual(sorted(text).utf8), "seed \(seed): \(text) → \(written)")
      #expect(try decode(written) == request, "seed \(seed)")
      #expect(request.strays.isEmpty, "seed \(seed): \(request.strays)")
    }
  }

  @Test func schemasAndArgumentsKeepTheirBytes() throws {
    let schema = #"{ "type" : "object" , "maximum":1.50, "k":"\u00e9" }"#
    let request = try decode(
      #"{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments": { "a" :1.0} }}]}],"tools":[{"function":{"name":"f","parameters": \#(schema) }}],"format": \#(schema) }"#
    )
    #expect(request.messages[0].parts.first?.toolCall?.arguments == JSONText(#"{ "a" :1.0}"#))
    #expect(request.format == .schema(SchemaFormat(schema: JSONText(schema))))
    #expect(try encode(request).contains(#""parameters":\#(schema)"#))
  }

  @Test func aStreamIsWhatIsSentUnlessAnythingElseIsSaid() throws {
    #expect(try decode(chatText(#""model":"m""#)).stream)
    #expect(try !decode(chatText(#""stream":false"#)).stream)
    #expect(try generate(#"{"prompt":"a"}"#).stream)
    var request = ChatRequest(origin: .openai)
    request.messages = [ChatMessage(.user, [.text("a")])]
    #expect(try encode(request) == #"{"messages":[{"role":"user","content":"a"}],"stream":false}"#)
  }

  @Test func spellingsThatMeanTheSameAreReadAlike() throws {
    let plain = try decode(chatText(#""model":"m""#))
    #expect(try decode(chatText(#""model":"m","format":"","options":{"seed":null},"tools":[]"#)) == plain)
    #expect(try decode(chatText(#""think":null,"model":"m","stream":true"#)) == plain)
    let shout = #"{"model":"m","messages":[{"role":"User","content":"hi","images":[],"tool_calls":null}]}"#
    #expect(try decode(shout) == plain)
  }

  // MARK: Calls and their results

  /// Ids of the results in a chat whose first message calls `f`, `g` and `f`.
  private func answered(_ results: [String], ids: [String] = ["", "", ""]) throws -> [String] {
    let calls = zip(ids, ["f", "g", "f"]).map { id, name in
      #"{"id":"\#(id)","function":{"name":"\#(name)","arguments":{}}}"#
    }
    let messages =
      [#"{"role":"assistant","tool_calls":[\#(calls.joined(separator: ","))]}"#]
      + results.map { #"{"role":"tool","content":"x"\#($0)}"# }
    let request = try decode(#"{"messages":[\#(messages.joined(separator: ","))]}"#)
    let made = request.messages[0].parts.compactMap(\.toolCall).map(\.id)
    #expect(Set(made).count == 3)
    return request.messages.dropFirst().flatMap(\.parts).map { part in
      guard case .toolResult(let result) = part.content else { return "none" }
      return made.firstIndex(of: result.callID).map { "\($0)" } ?? result.callID
    }
  }

  @Test func resultsWithoutIDsGoByNameAndByOrder() throws {
    #expect(try answered(["", "", ""]) == ["0", "1", "2"])
    let (f, g) = (#","tool_name":"f""#, #","tool_name":"g""#)
    #expect(try answered([g, f, f]) == ["1", "0", "2"])
    #expect(try answered([g, "", ""]) == ["1", "0", "2"])
    #expect(try answered([f, #","tool_call_id":"b""#, f], ids: ["a", "b", "c"]) == ["0", "1", "2"])
    #expect(try answered([#","tool_call_id":"a","tool_name":"f""#, f], ids: ["a", "b", ""]) == ["0", "2"])
  }

  @Test func resultsOfNoCallAreRefused() throws {
    for result in ["", #","tool_name":"f""#] {
      let error = refusal { () throws(PeekError) in
        try decode(#"{"messages":[{"role":"user","content":"a"},{"role":"tool","content":"x"\#(result)}]}"#)
      }
      #expect(error?.param == "messages[1]")
    }
    #expect(throws: PeekError.self) { try answered([#","tool_name":"g""#, #","tool_name":"g""#]) }
    #expect(throws: PeekError.self) { try answered(["", "", "", ""]) }
  }

  @Test func madeIDsAreTheSameInTheNextTurn() throws {
    let turn =
      #"{"role":"assistant","tool_calls":[{"function":{"name":"f"}}]},{"role":"tool","content":"x"}"#
    let first = try decode(#"{"messages":[\#(turn)]}"#)
    let next = try decode(#"{"messages":[\#(turn),\#(turn)]}"#)
    #expect(Array(next.messages.prefix(2)) == first.messages)
    #expect(next.messages[0].parts[0].toolCall?.id != next.messages[2].parts[0].toolCall?.id)
  }

  // MARK: Pictures

  @Test func picturesAreKnownByTheirFirstBytes() throws {
    let known = [
      ("iVBORw0KGgoAAAANSUhEUg==", "image/png"), ("/9j/4AAQSkZJRg==", "image/jpeg"),
      ("R0lGODlhAQABAA==", "image/gif"), ("UklGRiQAAABXRUJQVlA4", "image/webp"),
    ]
    for (text, mediaType) in known {
      let request = try decode(#"{"messages":[{"role":"user","content":"a","images":["\#(text)"]}]}"#)
      let image = ChatImage(.data(mediaType: mediaType, base64: text))
      #expect(request.messages[0].parts == [ChatPart(.image(image)), .text("a")])
    }
  }

  // MARK: One turn

  @Test func oneTurnIsAChat() throws {
    let request = try generate(
      #"{"model":"m","system":"be kind","prompt":"hi","images":["/9j/4AAQ"],"raw":false,"suffix":"","template":"","context":[],"stream":false,"options":{"seed":7},"keep_alive":"5m","format":"json","think":"low"}"#
    )
    let chat = try decode(
      #"{"model":"m","messages":[{"role":"system","content":"be kind"},{"role":"user","content":"hi","images":["/9j/4AAQ"]}],"stream":false,"options":{"seed":7},"keep_alive":"5m","format":"json","think":"low"}"#
    )
    #expect(request == chat)
    #expect(request.others == [RawMember("keep_alive", JSONText(#""5m""#))])
  }

  @Test(arguments: [#""raw":true"#, #""suffix":"x""#, #""template":"x""#, #""context":[1]"#])
  func whatOneModelAloneUnderstandsIsRefusedElsewhere(member: String) throws {
    let request = try generate(#"{"prompt":"a",\#(member)}"#)
    let error = #expect(throws: PeekError.self) { try OpenAIChat().encodeRequest(request, with: peek) }
    #expect(error?.param == request.others[0].name)
    #expect(error?.code == "not_supported_by_provider")
  }

  @Test(arguments: ["{}", #"{"prompt":""}"#, #"{"prompt":null,"system":"s"}"#, #"{"images":[]}"#])
  func aTurnSaysSomething(text: String) {
    let error = refusal { () throws(PeekError) in try generate(text) }
    #expect(error?.param == "prompt")
  }

  // MARK: Refused

  @Test(arguments: unreadable)
  func whatCantBeReadIsNamed(text: String, param: String, code: String) {
    let error = refusal { () throws(PeekError) in try decode(text) }
    #expect(error?.param == param)
    #expect(error?.code == code)
  }

  @Test func whatNobodyKnowsIsToldOf() throws {
    let request = try decode(
      #"{"messages":[{"role":"assistant","content":"","tool_calls":[{"type":"function","function":{"index":0,"name":"f","arguments":{},"kind":1}}]},{"role":"tool","content":"x","tool_call_id":"z","tool_name":"h"}],"tools":[{"type":"function","items":{},"function":{"name":"f","strict":true}}]}"#
    )
    #expect(
      request.strays == [
        "messages[0].tool_calls[0].function.kind", "messages[1].tool_name", "tools[0].function.strict",
        "tools[0].items",
      ])
  }
}

/// Bodies, the field at fault, and the error's code.
private let unreadable: [(String, String, String)] = [
  (#"{"messages":[]}"#, "messages", "missing_required_parameter"),
  (#"{"model":"m"}"#, "messages", "missing_required_parameter"),
  (#"{"messages":[{"content":"x"}]}"#, "messages[0].role", "missing_required_parameter"),
  (#"{"messages":[{"role":"robot"}]}"#, "messages[0].role", "invalid_value"),
  (#"{"messages":[{"role":"user","content":[]}]}"#, "messages[0].content", "invalid_type"),
  (#"{"messages":[{"role":"user","images":"x"}]}"#, "messages[0].images", "invalid_type"),
  (#"{"messages":[{"role":"user","images":[7]}]}"#, "messages[0].images[0]", "invalid_type"),
  (
    #"{"messages":[{"role":"user","images":["UklGRiQAAABXQVZF"]}]}"#, "messages[0].images[0]", "invalid_value"
  ),
  (
    #"{"messages":[{"role":"assistant","tool_calls":[{"function":{"name":"f","arguments":"{}"}}]}]}"#,
    "messages[0].tool_calls[0].function.arguments", "invalid_type"
  ),
  (
    #"{"messages":[{"role":"assistant","tool_calls":[{"id":"a"}]}]}"#, "messages[0].tool_calls[0].function",
    "missing_required_parameter"
  ),
  (chatText(#""tools":[{"function":{}}]"#), "tools[0].function.name", "missing_required_parameter"),
  (chatText(#""format":"xml""#), "format", "invalid_value"),
  (chatText(#""format":7"#), "format", "invalid_type"),
  (chatText(#""think":"a lot""#), "think", "invalid_value"),
  (chatText(#""think":1"#), "think", "invalid_value"),
  (chatText(#""options":[]"#), "options", "invalid_type"),
  (chatText(#""options":{"temperature":"hot"}"#), "options.temperature", "invalid_type"),
  (chatText(#""options":{"num_predict":1.5}"#), "options.num_predict", "invalid_type"),
  (chatText(#""options":{"stop":"a"}"#), "options.stop", "invalid_type"),
  (chatText(#""options":{"stop":[1]}"#), "options.stop[0]", "invalid_type"),
  (chatText(#""options":{"seed":1,"seed":2}"#), "options.seed", "duplicate_key"),
  (chatText(#""stream":"yes""#), "stream", "invalid_type"),
]

/// A chat body with one message, and `members` behind it.
private func chatText(_ members: String) -> String {
  #"{"messages":[{"role":"user","content":"hi"}],\#(members)}"#
}
