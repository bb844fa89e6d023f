import Dialects
import Testing

@Suite("What a request loses on its way")
struct CarryingTests {
  private let peek = Peek()

  @Test func everyFeatureHasOneRowWithAllDialects() {
    #expect(Carrying.rows.map(\.feature.rawValue).sorted() == ChatFeature.allCases.map(\.rawValue).sorted())
    for row in Carrying.rows { #expect(row.carried.count == ChatDialectName.allCases.count) }
  }

  @Test func sentencesCanBeShown() {
    for row in Carrying.rows {
      for carried in row.carried {
        switch carried {
        case .whole: break
        case .changed(let rule), .dropped(let rule):
          #expect(rule.hasPrefix("is ") || rule.hasPrefix("sends "), "\(rule)")
        case .refused(let reason): #expect(reason.hasSuffix("."), "\(reason)")
        }
      }
    }
  }

  private func stranger(_ parts: [ChatPart], role: ChatMessage.Role = .user) -> ChatRequest {
    var request = ChatRequest(origin: .anthropic)
    request.messages = [ChatMessage(role, parts)]
    return request
  }

  private func written(_ request: ChatRequest) throws -> (text: String, dropped: [String]) {
    let sent = try OpenAIChat().encodeRequest(request, with: peek)
    return (sent.body.text, sent.dropped.map(\.text))
  }

  @Test func whatOpenAIHasNotIsLeftOutAndTold() throws {
    var request = stranger(
      [
        ChatPart(.thinking(Thinking(text: "hm", signature: "s"))),
        ChatPart(.text("hi"), cache: CacheMark(lifetime: "1h")),
      ], role: .assistant)
    request.sampling.topK = 40
    request.reasoning = Reasoning(mode: .enabled, budget: 10_000)
    request.others = [RawMember("x_more", JSONText("{}"))]
    let (text, dropped) = try written(request)
    #expect(
      text == #"{"messages":[{"role":"assistant","content":"hi"}],"reasoning_effort":"high"}"#)
    #expect(
      dropped == [
        "former_thinking at messages[0]", "cache_mark at messages[0]", "top_k", "reasoning_budget",
        "other_members at x_more",
      ])
  }

  @Test func imagesOfResultsComeBehindThemFromTheUser() throws {
    let image = ChatPart(.image(ChatImage(.data(mediaType: "image/png", base64: "AA=="))))
    let request = stranger(
      [
        ChatPart(.toolResult(ToolResult(callID: "a", parts: [.text("seen"), image], isError: true))),
        ChatPart(.toolResult(ToolResult(callID: "b", parts: [])), cache: CacheMark()),
      ], role: .tool)
    let (text, dropped) = try written(request)
    #expect(
      text
        == #"{"messages":[{"role":"tool","tool_call_id":"a","content":"seen"},{"role":"tool","tool_call_id":"b","content":""},{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:image/png;base64,AA=="}}]}]}"#
    )
    #expect(
      dropped == [
        "tool_error at messages[0]", "cache_mark at messages[0]", "tool_result_image at messages[0]",
      ])
  }

  @Test func whatCantBeLeftOutIsRefused() throws {
    let part = stranger([ChatPart(.other(type: "document", JSONText("{}")))])
    var tool = stranger([.text("hi")])
    tool.tools = [.other(type: "web_search_20250305", JSONText("{}"))]
    for (request, param) in [(part, "messages[0]"), (tool, "tools[0]")] {
      let error = #expect(throws: PeekError.self) { try OpenAIChat().encodeRequest(request, with: peek) }
      #expect(error?.param == param)
      #expect(error?.code == "not_supported_by_provider")
    }
  }

  @Test func membersThatMatterAreRefusedElsewhere() throws {
    var request = ChatRequest(origin: .openai)
    request.others = [RawMember("store", JSONText("true")), RawMember("functions", JSONText("[]"))]
    var losses = Losses(to: .anthropic)
    let error = #expect(throws: PeekError.self) { try losses.loseOthers(of: request) }
    #expect(error?.param == "functions")
    #expect(losses.dropped.map(\.text) == ["other_members at store"])
  }

  @Test func manyLossesAreCutShort() throws {
    var losses = Losses(to: .openai)
    for index in 0..<1_000 { try losses.lose(.cacheMark, at: "messages[\(index)]") }
    try losses.lose(.cacheMark, at: "messages[0]")
    #expect(losses.dropped.count == 32)
  }

  @Test func effortAndBudgetStandForEachOther() {
    #expect(Reasoning(effort: "low").tokens == 1_024)
    #expect(Reasoning(mode: .disabled, effort: "high").tokens == nil)
    #expect(Reasoning(mode: .enabled, budget: 5_000).level == "medium")
    #expect(Reasoning(mode: .disabled).level == "none")
    #expect(Reasoning().level == nil)
    for effort in ["low", "medium", "high"] {
      #expect(Reasoning(budget: Reasoning(effort: effort).tokens).level == effort)
    }
  }

  @Test func namesOfCallsAreFoundBeforeTheirResults() {
    let call = { (name: String) in
      ChatPart(.toolCall(ToolCall(id: "a", name: name, arguments: JSONText("{}"))))
    }
    var request = ChatRequest(origin: .openai)
    request.messages = [
      ChatMessage(.assistant, [call("first")]), ChatMessage(.tool, []),
      ChatMessage(.assistant, [call("second")]),
      ChatMessage(.tool, []),
    ]
    #expect(request.toolName(ofCall: "a", before: 1) == "first")
    #expect(request.toolName(ofCall: "a", before: 3) == "second")
    #expect(request.toolName(ofCall: "b", before: 3) == nil)
  }

  @Test func argumentsAreObjectsWhereTheyCanBe() {
    func call(_ text: String) -> ToolCall { ToolCall(id: "a", name: "f", arguments: JSONText(text)) }
    #expect(call(#"{ "a":1.0}"#).objectArguments(with: peek) == JSONText(#"{ "a":1.0}"#))
    for blank in ["", " \n"] { #expect(call(blank).objectArguments(with: peek) == JSONText("{}")) }
    for text in ["[]", "7", "{", "{} {}", "null"] { #expect(call(text).objectArguments(with: peek) == nil) }
    #expect(call(#"{"a"#).wrappedArguments.text == #"{"invalid_json":"{\"a"}"#)
  }
}
