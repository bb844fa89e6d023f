import Dialects
import Testing

@Suite("Streams in Anthropic's dialect")
struct AnthropicStreamTests {
  private let peek = Peek()
  private let form = AnswerForm(id: "x-1", created: 7, model: "public")

  private func decode(_ pieces: [ArraySlice<UInt8>]) -> [ChatEvent] {
    var (decoder, events) = (AnthropicChat().makeStreamDecoder(), [ChatEvent]())
    for piece in pieces { piece.withUnsafeBytes { decoder.feed($0, with: peek, into: &events) } }
    decoder.finish(with: peek, into: &events)
    return events
  }

  private func decode(_ text: String) -> [ChatEvent] { decode([Array(text.utf8)[...]]) }

  /// Events by their data.
  private func decode(_ events: [String]) -> [ChatEvent] {
    decode(events.map { "event: x\ndata: \($0)\n\n" }.joined())
  }

  private func encode(_ events: [ChatEvent]) -> String {
    var encoder = AnthropicChat().makeStreamEncoder(as: form)
    let bytes = PaddedBytes()
    for event in events { encoder.encode(event, into: bytes) }
    return bytes.text
  }

  private static let start = ChatEvent.start(
    ChatStart(id: "msg_1", model: "m", usage: Usage(input: 9, cached: 4, cacheWrites: 2)))

  /// What the dialect can say of a stream, all of it.
  private static let everything: [ChatEvent] = [
    start, .ping, .thinking(choice: 0, "hm"), .thinking(choice: 0, " é"),
    .thinkingSignature(choice: 0, "sig"), .redactedThinking(choice: 0, "zz"),
    .redactedThinking(choice: 0, "yy"),
    .text(choice: 0, "say \"é\"\n"), .ping, .text(choice: 0, "more"),
    .toolStart(choice: 0, tool: 0, id: "a", name: "f"), .toolArguments(choice: 0, tool: 0, "{\"x\":"),
    .toolArguments(choice: 0, tool: 0, " 1}"), .toolEnd(choice: 0, tool: 0),
    .toolStart(choice: 0, tool: 1, id: "b", name: "g"), .toolEnd(choice: 0, tool: 1),
    .finish(choice: 0, Finish(.toolCalls)),
    .usage(Usage(input: 9, output: 12, cached: 4, reasoning: 5, cacheWrites: 2)), .end,
  ]

  @Test func everyEventComesBackWhereverItIsCut() {
    let bytes = Array(encode(Self.everything).utf8)
    for cut in 0...bytes.count {
      #expect(decode([bytes[..<cut], bytes[cut...]]) == Self.everything, "cut at \(cut)")
    }
    #expect(decode(bytes.map { [$0] }) == Self.everything)
  }

  @Test func randomTalkComesBack() {
    for seed in 0..<500 {
      var random = SeededGenerator(seed: UInt64(seed))
      var events = [Self.start]
      for _ in 0..<Int.random(in: 0...30, using: &random) {
        let text = String(
          repeating: ["a", "é", "😀", "\"", "\\", "\u{1}", "\r\n\r\nevent: message_stop"].randomElement(
            using: &random) ?? "",
          count: Int.random(in: 1...3, using: &random))
        events.append(
          Bool.random(using: &random) ? .text(choice: 0, text) : .thinking(choice: 0, text))
      }
      events += [.finish(choice: 0, Finish(.length)), .usage(Usage(input: 9, output: 1)), .end]
      let bytes = Array(encode(events).utf8)
      let cuts = (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
      let pieces = zip([0] + cuts, cuts + [bytes.count]).map { bytes[$0..<$1] }
      #expect(decode(pieces) == events, "seed \(seed)")
    }
  }

  // MARK: Written

  @Test func eventsAreThoseOfTheAPI() {
    let events: [ChatEvent] = [
      .start(ChatStart(id: "c", model: "m")), .thinking(choice: 0, "hm"), .thinkingSignature(choice: 0, "s"),
      .text(choice: 0, "a"), .text(choice: 1, "other"), .ping,
      .toolStart(choice: 0, tool: 0, id: nil, name: "f"),
      .toolArguments(choice: 0, tool: 0, "{}"), .toolEnd(choice: 0, tool: 0),
      .finish(choice: 0, Finish(.toolCalls)),
      .usage(Usage(input: 3, output: 2, cached: 1)), .end,
    ]
    let id = ToolCall.madeID(answer: "c", choice: 0, number: 0)
    let written: [(String, String)] = [
      (
        "message_start",
        #","message":{"id":"c","type":"message","role":"assistant","model":"m","content":[],"stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}"#
      ),
      (
        "content_block_start", #","index":0,"content_block":{"type":"thinking","thinking":"","signature":""}"#
      ),
      ("content_block_delta", #","index":0,"delta":{"type":"thinking_delta","thinking":"hm"}"#),
      ("content_block_delta", #","index":0,"delta":{"type":"signature_delta","signature":"s"}"#),
      ("content_block_stop", #","index":0"#),
      ("content_block_start", #","index":1,"content_block":{"type":"text","text":""}"#),
      ("content_block_delta", #","index":1,"delta":{"type":"text_delta","text":"a"}"#), ("ping", ""),
      ("content_block_stop", #","index":1"#),
      (
        "content_block_start",
        #","index":2,"content_block":{"type":"tool_use","id":"\#(id)","name":"f","input":{}}"#
      ),
      ("content_block_delta", #","index":2,"delta":{"type":"input_json_delta","partial_json":"{}"}"#),
      ("content_block_stop", #","index":2"#),
      (
        "message_delta",
        #","delta":{"stop_reason":"tool_use","stop_sequence":null},"usage":{"input_tokens":2,"cache_creation_input_tokens":0,"cache_read_input_tokens":1,"output_tokens":2}"#
      ),
      ("message_stop", ""),
    ]
    let expected = written.map { "event: \($0.0)\ndata: {\"type\":\"\($0.0)\"\($0.1)}\n\n" }
    #expect(encode(events) == expected.joined())
  }

  @Test func eachKindHasABlockOfItsOwn() {
    let text = encode([
      .thinking(choice: 0, "a"), .text(choice: 0, "b"), .thinking(choice: 0, "c"), .end,
    ])
    let types = text.split(separator: "\n").filter { $0.hasPrefix("event: content_block_") }
      .map { $0.dropFirst("event: content_block_".count) }
    let block: [Substring] = ["start", "delta", "stop"]
    #expect(types == block + block + block)
    #expect(text.contains(#""index":2,"content_block":{"type":"thinking""#))
  }

  @Test func streamsWithoutAnythingAreWhole() {
    let text = encode([.end])
    #expect(text.hasPrefix("event: message_start\n"))
    #expect(text.contains(#""stop_reason":"end_turn""#))
    #expect(text.hasSuffix("event: message_stop\ndata: {\"type\":\"message_stop\"}\n\n"))
  }

  @Test func refusalsAreTexts() {
    let text = encode([.refusal(choice: 0, "no"), .finish(choice: 0, Finish(.stop)), .end])
    #expect(text.contains(#"{"type":"text_delta","text":"no"}"#))
    #expect(text.contains(#""stop_reason":"refusal""#))
  }

  @Test func aTextEndsAnOpenCall() {
    let call: [ChatEvent] = [
      .toolStart(choice: 0, tool: 0, id: "a", name: "f"), .toolArguments(choice: 0, tool: 0, "{}"),
      .text(choice: 0, "b"),
    ]
    let whole = encode(call + [.toolEnd(choice: 0, tool: 0), .finish(choice: 0, Finish(.stop)), .end])
    let events = decode(whole)
    #expect(events.contains(.toolEnd(choice: 0, tool: 0)))
    #expect(events.suffix(4).first == .text(choice: 0, "b"))
    #expect(whole.contains(#""stop_reason":"tool_use""#))
    let broken = encode(call + [.toolArguments(choice: 0, tool: 0, "{}"), .text(choice: 0, "c"), .end])
    #expect(broken.contains("event: error\n"))
    #expect(!broken.contains("message_stop"))
    #expect(!broken.contains(#""text":"c""#))
  }

  @Test func errorsAreEvents() {
    let text = encode([.error(ChatError(.overloaded, "at 10.0.0.5"))])
    #expect(
      text.hasPrefix(#"event: error\#ndata: {"type":"error","error":{"type":"overloaded_error","message":"#))
    #expect(text.hasSuffix("}}\n\n"))
    #expect(!text.contains("10.0.0.5"))
  }

  @Test func aStreamOfOpenAIsIsAMessage() {
    let translation = ChatTranslation(client: AnthropicChat(), provider: OpenAIChat())
    var stream = translation.stream(as: form, choices: 1)
    let chunks = [
      #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"role":"assistant","content":""},"finish_reason":null}]}"#,
      #"{"id":"c","model":"m","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":null}]}"#,
      #"{"id":"c","model":"m","choices":[{"index":0,"delta":{},"finish_reason":"length"}]}"#,
      #"{"id":"c","model":"m","choices":[],"usage":{"prompt_tokens":3,"completion_tokens":2}}"#, "[DONE]",
    ]
    var output: [UInt8] = []
    for byte in chunks.map({ "data: \($0)\n\n" }).joined().utf8 {
      withUnsafeBytes(of: byte) { bytes in stream.feed(bytes, with: peek) { output += $0 } }
    }
    let end = stream.finish(with: peek) { output += $0 }
    #expect(end == .complete)
    let start = ChatStart(id: "c", model: "m", usage: Usage())
    #expect(
      decode([output[...]]) == [
        .start(start), .text(choice: 0, "a"), .finish(choice: 0, Finish(.length)),
        .usage(Usage(input: 3, output: 2)), .end,
      ])
  }

  // MARK: Read

  private let begun =
    #"{"type":"message_start","message":{"id":"m","content":[],"usage":{"input_tokens":25,"output_tokens":1}}}"#
  private let began = ChatEvent.start(ChatStart(id: "m", usage: Usage(input: 25, output: 1)))

  private func block(_ content: String, _ index: Int = 0) -> String {
    #"{"type":"content_block_start","index":\#(index),"content_block":\#(content)}"#
  }

  private func delta(_ content: String, _ index: Int = 0) -> String {
    #"{"type":"content_block_delta","index":\#(index),"delta":\#(content)}"#
  }

  private let stop = #"{"type":"content_block_stop","index":0}"#

  private func ended(_ members: String) -> String {
    #"{"type":"message_delta","delta":{\#(members)},"usage":{"output_tokens":15}}"#
  }

  @Test func partsThatOnlyTheAPIHasSayNothing() {
    let events = decode([
      begun, block(#"{"type":"server_tool_use","id":"s","name":"web_search","input":{}}"#),
      delta(#"{"type":"input_json_delta","partial_json":"{\"query\":"}"#), stop,
      block(#"{"type":"web_search_tool_result","tool_use_id":"s","content":[{"type":"x","text":"y"}]}"#),
      stop,
      #"{"type":"what_is_new","index":7}"#, block(#"{"type":"text","text":""}"#),
      delta(#"{"type":"citations_delta","citation":{"type":"x"}}"#),
      delta(#"{"type":"text_delta","text":"a"}"#), stop,
      ended(#""stop_reason":"end_turn","stop_sequence":null"#), #"{"type":"message_stop"}"#,
    ])
    #expect(
      events == [
        began, .text(choice: 0, "a"), .finish(choice: 0, Finish(.stop)),
        .usage(Usage(input: 25, output: 15)), .end,
      ])
  }

  @Test func blocksMayBeginWithAllThatTheySay() {
    let events = decode([
      begun, block(#"{"type":"thinking","thinking":"hm","signature":"s"}"#),
      block(#"{"type":"text","text":"a"}"#, 1),
      block(#"{"type":"tool_use","id":"t","name":"f","input":{ "x":1.0}}"#, 2),
      block(#"{"type":"tool_use","id":"u","name":"g","input":{"x":1}}"#, 3),
      delta(#"{"type":"input_json_delta","partial_json":"{}"}"#, 3),
      ended(#""stop_reason":"tool_use""#),
    ])
    #expect(
      events == [
        began, .thinking(choice: 0, "hm"), .thinkingSignature(choice: 0, "s"), .text(choice: 0, "a"),
        .toolStart(choice: 0, tool: 0, id: "t", name: "f"),
        .toolArguments(choice: 0, tool: 0, #"{ "x":1.0}"#), .toolEnd(choice: 0, tool: 0),
        .toolStart(choice: 0, tool: 1, id: "u", name: "g"), .toolArguments(choice: 0, tool: 1, "{}"),
        .toolEnd(choice: 0, tool: 1), .finish(choice: 0, Finish(.toolCalls)),
        .usage(Usage(input: 25, output: 15)),
      ])
  }

  @Test func theInputOfTheAnswersToolIsTheAnswer() {
    let events = decode([
      begun, block(#"{"type":"tool_use","id":"t","name":"switchyard_json_answer","input":{}}"#),
      delta(#"{"type":"input_json_delta","partial_json":""}"#),
      delta(#"{"type":"input_json_delta","partial_json":"{\"x\":1}"}"#), stop,
      ended(#""stop_reason":"tool_use""#),
    ])
    #expect(
      events == [
        began, .text(choice: 0, #"{"x":1}"#), .finish(choice: 0, Finish(.stop)),
        .usage(Usage(input: 25, output: 15)),
      ])
  }

  @Test func theHalvesOfUsageArePutTogether() {
    let start =
      #"{"type":"message_start","message":{"usage":{"input_tokens":5,"cache_read_input_tokens":3,"cache_creation_input_tokens":2,"output_tokens":1}}}"#
    let end =
      #"{"type":"message_delta","delta":{"stop_reason":"max_tokens"},"usage":{"input_tokens":null,"cache_read_input_tokens":4,"output_tokens":15,"output_tokens_details":{"thinking_tokens":6}}}"#
    #expect(
      decode([start, end]).last
        == .usage(Usage(input: 11, output: 15, cached: 4, reasoning: 6, cacheWrites: 2)))
  }

  @Test func endsSayWhy() {
    let refused = decode([
      ended(#""stop_reason":"refusal","stop_details":{"type":"refusal","explanation":"no"}"#)
    ])
    #expect(
      refused == [
        .start(ChatStart()), .refusal(choice: 0, "no"), .finish(choice: 0, Finish(.refusal)),
        .usage(Usage(output: 15)),
      ])
    let stopped = decode([ended(#""stop_reason":"stop_sequence","stop_sequence":"END""#)])
    #expect(stopped.contains(.finish(choice: 0, Finish(.stopSequence, sequence: "END"))))
    #expect(decode([ended(#""stop_reason":null"#)]) == [.start(ChatStart()), .usage(Usage(output: 15))])
  }

  private func isError(_ event: ChatEvent?) -> Bool {
    guard case .error? = event else { return false }
    return true
  }

  @Test(arguments: [
    "{", "7", "[]",
    #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"\ud800"}}"#,
    #"{"type":"content_block_delta","index":4,"delta":{"type":"text_delta","text":"b"}}"#,
    #"{"type":"content_block_start","index":1,"content_block":{"type":"tool_use","id":"t"}}"#,
    #"{"type":"error","error":{"type":"overloaded_error","message":"Overloaded"}}"#,
    #"{"error":{"message":"no"}}"#,
  ])
  func whatMakesNoSenseEndsTheStream(data: String) {
    let events = decode([
      begun, block(#"{"type":"text","text":"a"}"#), data, delta(#"{"type":"text_delta","text":"c"}"#),
      #"{"type":"message_stop"}"#,
    ])
    #expect(isError(events.last), "\(events)")
    #expect(events.filter { isError($0) }.count == 1)
    #expect(!events.contains(.text(choice: 0, "c")))
    #expect(!events.contains(.end))
  }

  @Test func errorsInMidStreamKeepTheirKind() {
    let errors: [(String, ChatError.Kind)] = [
      ("overloaded_error", .overloaded), ("api_error", .server), ("rate_limit_error", .rateLimited),
      ("invalid_request_error", .invalidRequest),
    ]
    for (type, kind) in errors {
      guard case .error(let error)? = decode([#"{"type":"error","error":{"type":"\#(type)"}}"#]).last else {
        Issue.record("\(type)")
        continue
      }
      #expect(error.kind == kind)
    }
  }

  @Test func nothingComesBehindTheEnd() {
    let late = [block(#"{"type":"text","text":"late"}"#), delta(#"{"type":"text_delta","text":"late"}"#)]
    let events = decode(
      [begun, ended(#""stop_reason":"end_turn""#)] + late + [#"{"type":"message_stop"}"#] + late)
    #expect(
      events == [began, .finish(choice: 0, Finish(.stop)), .usage(Usage(input: 25, output: 15)), .end])
  }

  @Test func callsEndBeforeTheStreamDoes() {
    let events = decode([
      begun, block(#"{"type":"tool_use","id":"t","name":"f","input":{}}"#), #"{"type":"message_stop"}"#,
    ])
    #expect(events.suffix(2) == [.toolEnd(choice: 0, tool: 0), .end])
  }

  @Test func endWithoutBlankLineCountsAndCutEventsDoNot() {
    let whole = "event: message_start\r\ndata: \(begun)\r\n\r\n"
    #expect(decode(whole + "data: {\"type\":\"message_stop\"}") == [began, .end])
    #expect(decode(whole + "data: {\"type\":\"message_st") == [began])
  }
}
