import Dialects
import Testing

@Suite("Streams in OpenAI's dialect")
struct OpenAIStreamTests {
  private let peek = Peek()
  private let form = AnswerForm(id: "x-1", created: 7, model: "public", includesUsage: true)

  private func decode(_ pieces: [ArraySlice<UInt8>]) -> [ChatEvent] {
    var (decoder, events) = (OpenAIChat().makeStreamDecoder(), [ChatEvent]())
    for piece in pieces { piece.withUnsafeBytes { decoder.feed($0, with: peek, into: &events) } }
    decoder.finish(with: peek, into: &events)
    return events
  }

  private func decode(_ events: [String]) -> [ChatEvent] {
    decode([Array(events.map { "data: \($0)\n\n" }.joined().utf8)[...]])
  }

  private func encode(_ events: [ChatEvent], as form: AnswerForm) -> String {
    var encoder = OpenAIChat().makeStreamEncoder(as: form)
    let bytes = PaddedBytes()
    for event in events { encoder.encode(event, into: bytes) }
    return bytes.text
  }

  /// A chunk of choice 0.
  private func chunk(_ delta: String, _ finish: String = "null") -> String {
    #"{"id":"c","model":"m","created":5,"choices":[{"index":0,"delta":{\#(delta)},"finish_reason":\#(finish)}]}"#
  }

  private static let start = ChatEvent.start(ChatStart(id: "c", model: "m", created: 5))

  /// What one dialect can say of a stream, all of it.
  private static let everything: [ChatEvent] = [
    start, .thinking(choice: 0, "hm"), .thinkingSignature(choice: 0, "sig"),
    .redactedThinking(choice: 0, "zz"),
    .text(choice: 0, "say \"é\"\n"),
    .text(choice: 1, "other", Logprobs(content: [.init("o", -1.5, bytes: [111])])),
    .refusal(choice: 1, "no"), .finish(choice: 1, Finish(.contentFilter)),
    .toolStart(choice: 0, tool: 0, id: "a", name: "f"), .toolArguments(choice: 0, tool: 0, "{\"x\":"),
    .toolArguments(choice: 0, tool: 0, " 1}"), .toolEnd(choice: 0, tool: 0),
    .toolStart(choice: 0, tool: 1, id: "b", name: "g"), .toolEnd(choice: 0, tool: 1),
    .finish(choice: 0, Finish(.toolCalls)),
    .usage(Usage(input: 9, output: 12, cached: 4, reasoning: 5, cacheWrites: 2)), .end,
  ]

  @Test func everyEventComesBackWhereverItIsCut() {
    let bytes = Array(encode(Self.everything, as: form).utf8)
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
          repeating: ["a", "é", "😀", "\"", "\\", "\u{1}", "\r\n\r\ndata: [DONE]"].randomElement(
            using: &random) ?? "",
          count: Int.random(in: 1...3, using: &random))
        events.append(
          Bool.random(using: &random) ? .text(choice: 0, text) : .thinking(choice: 0, text))
      }
      events += [.finish(choice: 0, Finish(.stop)), .end]
      let bytes = Array(encode(events, as: form).utf8)
      let cuts = (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
      let pieces = zip([0] + cuts, cuts + [bytes.count]).map { bytes[$0..<$1] }
      #expect(decode(pieces) == events, "seed \(seed)")
    }
  }

  @Test func chunksAreThoseOfTheAPI() {
    let events: [ChatEvent] = [
      Self.start, .text(choice: 0, "a"), .text(choice: 0, "b"), .ping, .finish(choice: 0, Finish(.stop)),
      .usage(Usage(input: 1, output: 2)), .end,
    ]
    let head = #"data: {"id":"c","object":"chat.completion.chunk","created":5,"model":"m","choices":"#
    let chunks = [
      #"\#(head)[{"index":0,"delta":{"role":"assistant","content":"a"},"logprobs":null,"finish_reason":null}]}"#,
      #"\#(head)[{"index":0,"delta":{"content":"b"},"logprobs":null,"finish_reason":null}]}"#, ": ping",
      #"\#(head)[{"index":0,"delta":{},"logprobs":null,"finish_reason":"stop"}]}"#, "data: [DONE]", "",
    ]
    let plain = encode(events, as: AnswerForm(id: "", created: 0, model: ""))
    #expect(plain == chunks.joined(separator: "\n\n"))
    let asked = encode(events, as: form)
    #expect(asked.contains(#""finish_reason":null}],"usage":null}"#))
    let usage =
      #"{"prompt_tokens":1,"completion_tokens":2,"total_tokens":3,"prompt_tokens_details":{"cached_tokens":0},"completion_tokens_details":{"reasoning_tokens":0}}"#
    #expect(asked.hasSuffix("\(head)[],\"usage\":\(usage)}\n\ndata: [DONE]\n\n"))
  }

  @Test func callsWithoutIDsGetSome() {
    let events: [ChatEvent] = [
      .start(ChatStart()), .toolStart(choice: 0, tool: 0, id: nil, name: "f"), .toolEnd(choice: 0, tool: 0),
    ]
    let id = ToolCall.madeID(answer: "x-1", choice: 0, number: 0)
    #expect(encode(events, as: form).contains(#""id":"\#(id)""#))
  }

  // MARK: Ugly ones

  private func call(_ index: String, _ id: String, _ name: String, _ arguments: String) -> String {
    #"{\#(index)\#(id)"function":{\#(name)"arguments":"\#(arguments)"}}"#
  }

  private static let twoCalls: [ChatEvent] = [
    start, .toolStart(choice: 0, tool: 0, id: "a", name: "f"), .toolArguments(choice: 0, tool: 0, "1"),
    .toolArguments(choice: 0, tool: 0, "2"), .toolEnd(choice: 0, tool: 0),
    .toolStart(choice: 0, tool: 1, id: "b", name: "g"), .toolArguments(choice: 0, tool: 1, "3"),
    .toolEnd(choice: 0, tool: 1), .finish(choice: 0, Finish(.toolCalls)), .end,
  ]

  @Test(arguments: [
    // As OpenAI does; without indices; all with the same index; with ids and names in every piece.
    (#""index":0,"#, #""index":1,"#, false), ("", "", false), (#""index":0,"#, #""index":0,"#, false),
    (#""index":0,"#, #""index":1,"#, true),
  ])
  func callsAreToldApartHoweverTheyAreNumbered(first: String, second: String, repeats: Bool) {
    let (id, name) = (repeats ? #""id":"a","# : "", repeats ? #""name":"f","# : "")
    let calls = [
      call(first, #""id":"a","#, #""name":"f","#, "1"), call(first, id, name, "2"),
      call(second, #""id":"b","#, #""name":"g","#, "3"),
    ]
    let end = [chunk("", #""tool_calls""#), "[DONE]"]
    let apart = calls.map { chunk(#""tool_calls":[\#($0)]"#) }
    #expect(decode(apart + end) == Self.twoCalls)
    let together = [chunk(#""tool_calls":[\#(calls.joined(separator: ","))]"#)]
    #expect(decode(together + end) == Self.twoCalls)
  }

  private func isError(_ event: ChatEvent?) -> Bool {
    guard case .error? = event else { return false }
    return true
  }

  @Test func goingBackToACallThatHasEndedIsAnError() {
    let calls = [
      call(#""index":0,"#, #""id":"a","#, #""name":"f","#, "1"),
      call(#""index":1,"#, #""id":"b","#, #""name":"g","#, "2"),
      call(#""index":0,"#, "", "", "3"), call(#""index":0,"#, "", "", "4"),
    ]
    let events = decode(calls.map { chunk(#""tool_calls":[\#($0)]"#) } + ["[DONE]"])
    #expect(isError(events.last))
    #expect(events.filter { isError($0) }.count == 1)
    #expect(events.contains(.toolArguments(choice: 0, tool: 1, "2")))
  }

  @Test(arguments: [
    "{", "7", "[]", "\"x\"", #"{"choices":[{"delta":{"content":"\ud800"}}]}"#,
    #"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"name":"f","arguments":{}}}]}}]}"#,
    #"{"choices":[{"delta":{"tool_calls":[{"index":0,"function":{"arguments":"{}"}}]}}]}"#,
    #"{"error":{"message":"overloaded","code":503}}"#, #"{"error":"no"}"#, #"{"choices":[{"index":-1}]}"#,
  ])
  func whatMakesNoSenseEndsTheStream(data: String) {
    let events = decode([chunk(#""content":"a""#), data, chunk(#""content":"b""#), "[DONE]"])
    #expect(isError(events.last), "\(events)")
    #expect(!events.contains(.text(choice: 0, "b")))
    #expect(!events.contains(.end))
  }

  @Test func errorsInMidStreamKeepTheirKind() {
    let errors: [(String, ChatError.Kind)] = [
      (#"{"error":{"code":503}}"#, .overloaded), (#"{"error":{"code":"429x"}}"#, .server),
      (#"{"error":{"type":"rate_limit_error"}}"#, .rateLimited),
      (#"{"error":{"status":400}}"#, .invalidRequest),
    ]
    for (text, kind) in errors {
      guard case .error(let error)? = decode([text]).last else {
        Issue.record("\(text)")
        continue
      }
      #expect(error.kind == kind)
    }
  }

  @Test func oddChunksSayNothing() {
    let odd = [
      #"{"id":"","choices":[],"prompt_filter_results":[]}"#, "{}", #"{"choices":null}"#,
      #"{"choices":[],"usage":null}"#,
    ]
    #expect(decode(odd + [chunk(#""role":"assistant","content":"""#), "[DONE]"]) == [Self.start, .end])
  }

  @Test func nothingComesBehindTheEnd() {
    #expect(decode(["[DONE]", chunk(#""content":"a""#), "[DONE]"]) == [.end])
    let finished = [chunk("", #""stop""#), chunk(#""content":"a""#), chunk("", #""length""#), "[DONE]"]
    #expect(decode(finished) == [Self.start, .finish(choice: 0, Finish(.stop)), .end])
  }

  @Test func manyChoicesAreGivenUp() {
    let events = decode((0..<200).map { #"{"choices":[{"index":\#($0),"delta":{"content":"a"}}]}"# })
    #expect(isError(events.last))
    #expect(events.count == 130)
  }

  @Test func endWithoutBlankLineCountsAndCutEventsDoNot() {
    let whole = "data: \(chunk(#""content":"a""#))\n\n"
    #expect(decode([Array((whole + "data: [DONE]").utf8)[...]]).last == .end)
    #expect(
      decode([Array((whole + "data: {\"choices\":[").utf8)[...]]) == [Self.start, .text(choice: 0, "a")])
  }
}
