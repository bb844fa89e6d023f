import Dialects
import Testing

/// What becomes of requests that clients wrote in another dialect.
@Suite("Requests of others for Ollama")
struct OllamaCarryingTests {
  private let peek = Peek()

  private func stranger(_ parts: [ChatPart], role: ChatMessage.Role = .user) -> ChatRequest {
    var request = ChatRequest(origin: .anthropic)
    request.messages = [ChatMessage(role, parts)]
    return request
  }

  private func written(_ request: ChatRequest) throws -> (text: String, dropped: [String]) {
    let sent = try OllamaChat().encodeRequest(request, with: peek)
    #expect(sent.path == "/api/chat")
    return (sent.body.text, sent.dropped.map(\.text))
  }

  /// Of a request with one message, behind it.
  private func members(_ change: (inout ChatRequest) -> Void) throws -> (text: String, dropped: [String]) {
    var request = stranger([.text("a")])
    change(&request)
    let (text, dropped) = try written(request)
    let head = #"{"messages":[{"role":"user","content":"a"}],"#
    #expect(text.hasPrefix(head))
    return (String(text.dropFirst(head.count).dropLast()), dropped)
  }

  @Test func optionsStandTogether() throws {
    let (text, dropped) = try members {
      $0.sampling.temperature = 0.5
      $0.sampling.topK = 40
      $0.sampling.seed = 7
      $0.stop = ["x", "y"]
      $0.maxTokens = 9
      $0.stream = true
      $0.choices = 1
      $0.parallelToolCalls = true
    }
    #expect(
      text
        == #""options":{"temperature":0.5,"top_k":40,"seed":7,"num_predict":9,"stop":["x","y"]},"stream":true"#
    )
    #expect(dropped.isEmpty)
  }

  @Test(arguments: efforts)
  func effortsAreTheNearestThatThereAre(said: AskedReasoning, think: String?, dropped: [String]) throws {
    let (text, lost) = try members { $0.reasoning = said.reasoning }
    #expect(text == (think.map { #""think":\#($0),"# } ?? "") + #""stream":false"#)
    #expect(lost == dropped)
  }

  @Test func formatsAreASchemaOrAWord() throws {
    #expect(try members { $0.format = .text }.text == #""stream":false"#)
    #expect(try members { $0.format = .json }.text == #""format":"json","stream":false"#)
    let (text, dropped) = try members {
      $0.format = .schema(SchemaFormat(name: "n", schema: JSONText(#"{ "type":"object"}"#)))
    }
    #expect(text == #""format":{ "type":"object"},"stream":false"#)
    #expect(dropped == ["json_schema_details"])
  }

  @Test func toolsThatMayNotBeCalledAreNotSent() throws {
    let (f, g) = (ChatTool.function(FunctionTool("f")), ChatTool.function(FunctionTool("g")))
    let none = #""parameters":{"type":"object","properties":{}}"#
    let (all, auto) = try members {
      $0.tools = [f, g]
      $0.toolChoice = .auto
    }
    #expect(
      all
        == #""tools":[{"type":"function","function":{"name":"f",\#(none)}},{"type":"function","function":{"name":"g",\#(none)}}],"stream":false"#
    )
    #expect(auto.isEmpty)
    let (silent, _) = try members {
      $0.tools = [f, g]
      $0.toolChoice = .never
    }
    #expect(silent == #""stream":false"#)
    let (allowed, dropped) = try members {
      $0.tools = [f, g]
      $0.toolChoice = .allowed(["g"], mustCall: false)
    }
    #expect(allowed == #""tools":[{"type":"function","function":{"name":"g",\#(none)}}],"stream":false"#)
    #expect(dropped == ["allowed_tools"])
  }

  @Test func whatOllamaHasNotIsLeftOutAndTold() throws {
    var request = stranger(
      [
        ChatPart(.thinking(Thinking(text: "hm", signature: "s"))),
        ChatPart(.text("a"), cache: CacheMark()), ChatPart(.refusal("b")),
      ], role: .assistant)
    request.messages[0].name = "ann"
    request.messages.append(ChatMessage(.developer, [.text("c")]))
    request.user = "u"
    request.metadata = [RawMember("k", JSONText("1"))]
    request.parallelToolCalls = false
    request.others = [RawMember("x_more", JSONText("{}"))]
    let (text, dropped) = try written(request)
    #expect(
      text
        == #"{"messages":[{"role":"assistant","content":"a\nb","thinking":"hm"},{"role":"system","content":"c"}],"stream":false}"#
    )
    #expect(
      dropped == [
        "cache_mark at messages[0]", "name at messages[0]", "former_refusal at messages[0]",
        "former_thinking at messages[0]", "developer at messages[1]", "parallel_tool_calls", "user",
        "metadata",
        "other_members at x_more",
      ])
  }

  @Test func resultsNameTheirTools() throws {
    let image = ChatPart(.image(ChatImage(.data(mediaType: "image/png", base64: "AA=="))))
    var request = stranger(
      [ChatPart(.toolCall(ToolCall(id: "a", name: "f", arguments: JSONText(" "))))], role: .assistant)
    request.messages.append(
      ChatMessage(
        .tool,
        [
          ChatPart(.toolResult(ToolResult(callID: "a", parts: [.text("seen"), image], isError: true))),
          ChatPart(.toolResult(ToolResult(callID: "b", parts: []))),
        ]))
    let (text, dropped) = try written(request)
    let messages = [
      #"{"role":"assistant","content":"","tool_calls":[{"id":"a","function":{"name":"f","arguments":{}}}]}"#,
      #"{"role":"tool","content":"seen","tool_name":"f","tool_call_id":"a"}"#,
      #"{"role":"tool","content":"","tool_call_id":"b"}"#,
      #"{"role":"user","content":"","images":["AA=="]}"#,
    ]
    #expect(text == #"{"messages":[\#(messages.joined(separator: ","))],"stream":false}"#)
    #expect(dropped == ["tool_error at messages[1]", "tool_result_image at messages[1]"])
  }

  @Test func whatCantBeLeftOutIsRefused() throws {
    let broken = ToolCall(id: "a", name: "f", arguments: JSONText("[1]"))
    var (choices, forced, tool) = (stranger([.text("a")]), stranger([.text("a")]), stranger([.text("a")]))
    choices.choices = 2
    forced.toolChoice = .allowed(["f"], mustCall: true)
    tool.tools = [.other(type: "web_search_20250305", JSONText("{}"))]
    let refused: [(ChatRequest, String)] = [
      (stranger([ChatPart(.image(ChatImage(.url("https://a.example/b.png"))))]), "messages[0]"),
      (stranger([ChatPart(.other(type: "document", JSONText("{}")))]), "messages[0]"),
      (stranger([ChatPart(.toolCall(broken))], role: .assistant), "messages[0]"), (choices, "n"),
      (forced, "tool_choice"), (tool, "tools[0]"),
    ]
    for (request, param) in refused {
      let error = #expect(throws: PeekError.self) { try OllamaChat().encodeRequest(request, with: peek) }
      #expect(error?.param == param)
      #expect(error?.code == "not_supported_by_provider")
    }
  }

  // MARK: To OpenAI's dialect and back

  @Test func whatBothHaveSurvivesBothWays() throws {
    let text =
      #"{"model":"m","messages":[{"role":"system","content":"s"},{"role":"user","content":"q"},{"role":"assistant","content":"t","tool_calls":[{"id":"a","type":"function","function":{"name":"f","arguments":"{\"x\": 1}"}}]},{"role":"tool","tool_call_id":"a","content":"r"}],"tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}],"temperature":0.5,"seed":7,"max_completion_tokens":9,"stop":["x"],"response_format":{"type":"json_object"},"stream":true,"reasoning_effort":"high","logprobs":true,"top_logprobs":2}"#
    let there = try #require(ChatTranslation(from: .openai, to: .ollama))
    let back = try #require(ChatTranslation(from: .ollama, to: .openai))
    let asked = try OpenAIChat().decodeRequest(PaddedBytes(text.utf8), with: peek)
    let sent = try there.request(PaddedBytes(text.utf8), asksForUsage: false, with: peek)
    #expect(sent.dropped.isEmpty)
    let returned = try back.request(sent.body, asksForUsage: false, with: peek)
    #expect(returned.dropped.isEmpty)
    #expect(try OpenAIChat().decodeRequest(returned.body, with: peek) == asked)
  }
}

/// How much thinking was asked for, by a name that tests can show.
struct AskedReasoning: Sendable, CustomTestStringConvertible {
  var reasoning: Reasoning
  var testDescription: String {
    "\(reasoning.mode?.rawValue ?? "") \(reasoning.effort ?? "") \(reasoning.budget ?? 0)"
  }

  init(_ mode: Reasoning.Mode?, _ effort: String?, _ budget: Int? = nil) {
    reasoning = Reasoning(mode: mode, effort: effort, budget: budget)
  }
}

/// What was asked for, what is sent, and what is told of it.
private let efforts: [(AskedReasoning, String?, [String])] = [
  (AskedReasoning(.enabled, nil), "true", []), (AskedReasoning(.adaptive, nil), nil, []),
  (AskedReasoning(.disabled, nil), "false", []), (AskedReasoning(nil, "none"), "false", []),
  (AskedReasoning(nil, nil), nil, []),
  (AskedReasoning(nil, "low"), #""low""#, []),
  (AskedReasoning(nil, "minimal"), #""low""#, ["reasoning_effort"]),
  (AskedReasoning(nil, "xhigh"), #""max""#, ["reasoning_effort"]),
  (AskedReasoning(nil, "much"), #""much""#, []),
  (AskedReasoning(.enabled, nil, 10_000), #""high""#, ["reasoning_budget"]),
  (AskedReasoning(.enabled, "low", 10_000), #""low""#, ["reasoning_budget"]),
]
