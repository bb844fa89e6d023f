import Dialects
import Testing

@Suite("Streams of Gemini")
struct GeminiStreamTests {
  private let peek = Peek()

  private func decode(_ pieces: [ArraySlice<UInt8>]) -> [ChatEvent] {
    var (decoder, events) = (GeminiChat().makeStreamDecoder(), [ChatEvent]())
    for piece in pieces { piece.withUnsafeBytes { decoder.feed($0, with: peek, into: &events) } }
    decoder.finish(with: peek, into: &events)
    return events
  }

  private func stream(_ events: [String]) -> [UInt8] {
    Array(events.map { "data: \($0)\r\n\r\n" }.joined().utf8)
  }

  private func decode(_ events: [String]) -> [ChatEvent] { decode([stream(events)[...]]) }

  /// An event of candidate 0.
  private func event(_ parts: String, _ others: String = "") -> String {
    #"{"candidates":[{"content":{"parts":[\#(parts)],"role":"model"},"index":0\#(others)}],"modelVersion":"m","responseId":"r"}"#
  }

  private static let start = ChatEvent.start(ChatStart(id: "r", model: "m"))

  private static let everything = [
    #"{"candidates":[{"content":{"parts":[{"text":"hm","thought":true}],"role":"model"},"index":0}],"usageMetadata":{"promptTokenCount":9,"thoughtsTokenCount":2},"modelVersion":"m","responseId":"r"}"#,
    #"{"candidates":[{"content":{"parts":[{"text":"say \"é\"\n"}]}},{"content":{"parts":[{"text":"o"}]},"index":1,"logprobsResult":{"chosenCandidates":[{"token":"o","logProbability":-1.5}]}}],"usageMetadata":{"promptTokenCount":9,"thoughtsTokenCount":2}}"#,
    #"{"candidates":[{"finishReason":"MAX_TOKENS","index":1}]}"#,
    #"{"candidates":[{"content":{"parts":[{"functionCall":{"name":"f","args":{ "x": 1.0}},"thoughtSignature":"c2ln"},{"functionCall":{"name":"g","id":"b"}}]},"index":0}]}"#,
    #"{"candidates":[{"content":{"parts":[{"text":""}]},"finishReason":"STOP","index":0}],"usageMetadata":{"promptTokenCount":9,"candidatesTokenCount":7,"thoughtsTokenCount":5}}"#,
  ]
  private static let wanted: [ChatEvent] = [
    start, .thinking(choice: 0, "hm"), .usage(Usage(input: 9, output: 2, reasoning: 2)),
    .text(choice: 0, "say \"é\"\n"), .text(choice: 1, "o", Logprobs(content: [.init("o", -1.5)])),
    .thinkingSignature(choice: 0, "gemini:c2ln"), .toolStart(choice: 0, tool: 0, id: nil, name: "f"),
    .toolArguments(choice: 0, tool: 0, "{ \"x\": 1.0}"), .toolEnd(choice: 0, tool: 0),
    .toolStart(choice: 0, tool: 1, id: "b", name: "g"), .toolArguments(choice: 0, tool: 1, "{}"),
    .toolEnd(choice: 0, tool: 1), .usage(Usage(input: 9, output: 12, reasoning: 5)),
    .finish(choice: 0, Finish(.toolCalls)), .finish(choice: 1, Finish(.length)),
  ]

  @Test func everyEventIsReadWhereverItIsCut() {
    let bytes = stream(Self.everything)
    for cut in 0...bytes.count {
      #expect(decode([bytes[..<cut], bytes[cut...]]) == Self.wanted, "cut at \(cut)")
    }
    #expect(decode(bytes.map { [$0] }) == Self.wanted)
  }

  @Test func randomTalkIsRead() {
    let words = ["a", "é", "😀", "\"", "\\", "\u{1}", "\r\n\r\ndata: {}"]
    for seed in 0..<500 {
      var random = SeededGenerator(seed: UInt64(seed))
      var (sent, wanted) = ([String](), [Self.start])
      for _ in 0..<Int.random(in: 1...20, using: &random) {
        let word = words[Int.random(in: 0..<words.count, using: &random)]
        let text = String(repeating: word, count: Int.random(in: 1...3, using: &random))
        let isThought = Bool.random(using: &random)
        let json = PaddedBytes()
        json.appendJSON(text)
        sent.append(event(#"{"text":\#(json.text),"thought":\#(isThought)}"#))
        wanted.append(isThought ? .thinking(choice: 0, text) : .text(choice: 0, text))
      }
      sent.append(event("", #","finishReason":"STOP""#))
      wanted.append(.finish(choice: 0, Finish(.stop)))
      let bytes = stream(sent)
      let cuts = (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
      let pieces = zip([0] + cuts, cuts + [bytes.count]).map { bytes[$0..<$1] }
      #expect(decode(pieces) == wanted, "seed \(seed)")
    }
  }

  @Test func whatIsNamedLastEndsIt() {
    let stop = #","finishReason":"STOP""#
    let events = decode([
      event(#"{"text":"a"}"#, stop), event(#"{"text":"b"}"#, stop),
      event("", #","finishReason":"MAX_TOKENS""#),
    ])
    #expect(
      events == [
        Self.start, .text(choice: 0, "a"), .text(choice: 0, "b"), .finish(choice: 0, Finish(.length)),
      ])
    #expect(decode([event(#"{"text":"a"}"#)]) == [Self.start, .text(choice: 0, "a")])
  }

  @Test func filtersLeaveARefusal() {
    let safety = #","finishReason":"SAFETY""#
    let ending: [ChatEvent] = [
      .refusal(choice: 0, "The provider's filter blocked the answer (SAFETY)."),
      .finish(choice: 0, Finish(.contentFilter)),
    ]
    #expect(decode([event("", safety)]) == [Self.start] + ending)
    #expect(
      decode([event(#"{"text":"a"}"#), event("", safety)]) == [
        Self.start, .text(choice: 0, "a"), .finish(choice: 0, Finish(.contentFilter)),
      ])
  }

  @Test func aBlockedPromptEndsAllChoices() {
    let blocked = #"{"promptFeedback":{"blockReason":"SAFETY"},"modelVersion":"m","responseId":"r"}"#
    #expect(
      decode([blocked, blocked]) == [
        Self.start, .refusal(choice: 0, "The provider's filter blocked the prompt (SAFETY)."),
        .finish(choice: 0, Finish(.contentFilter)), .end,
      ])
  }

  private func isError(_ event: ChatEvent?) -> Bool {
    guard case .error? = event else { return false }
    return true
  }

  @Test(arguments: [
    "{", "7", "[]", #"{"error":{"code":503,"message":"m","status":"UNAVAILABLE"}}"#,
    #"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#,
    #"{"candidates":[{"content":{"parts":[{"functionCall":{"args":{}}}]}}]}"#,
    #"{"candidates":[{"index":-1}]}"#, #"{"candidates":[{"index":1000}]}"#,
    #"{"candidates":[{"content":{"parts":[{"text":"\ud800"}]}}]}"#,
  ])
  func whatMakesNoSenseEndsTheStream(data: String) {
    let events = decode([
      event(#"{"text":"a"}"#), data, event(#"{"text":"b"}"#, #","finishReason":"STOP""#),
    ])
    #expect(isError(events.last), "\(events)")
    #expect(events.filter { isError($0) }.count == 1)
    #expect(!events.contains(.text(choice: 0, "b")))
  }

  @Test func errorsInMidStreamKeepTheirKind() {
    let data = #"{"error":{"code":429,"message":"m","status":"RESOURCE_EXHAUSTED"}}"#
    #expect(decode([data]) == [.error(ChatError(.rateLimited, "m", code: "RESOURCE_EXHAUSTED"))])
  }

  @Test func oddEventsSayNothing() {
    #expect(decode(["{}", #"{"candidates":null}"#, #"{"usageMetadata":{}}"#]).isEmpty)
  }

  // MARK: As clients see it

  private struct Run: Equatable {
    var output = ""
    var facts = StreamFacts()
    var end: StreamEnd?
  }

  private func run(_ bytes: [UInt8], choices: Int = 1) throws -> Run {
    let translation = try #require(ChatTranslation(from: .openai, to: .gemini))
    let form = AnswerForm(id: "x-1", created: 7, model: "public", includesUsage: true)
    var (stream, run) = (translation.stream(as: form, choices: choices), Run())
    bytes.withUnsafeBytes {
      stream.feed($0, with: peek) { run.output += String(decoding: $0, as: UTF8.self) }
    }
    run.end = stream.finish(with: peek) { run.output += String(decoding: $0, as: UTF8.self) }
    run.facts = stream.facts
    return run
  }

  @Test func streamsEndForClients() throws {
    let whole = try run(stream(Self.everything), choices: 2)
    #expect(whole.end == .complete)
    #expect(whole.output.hasSuffix("data: [DONE]\n\n"))
    #expect(whole.facts.usage == Usage(input: 9, output: 12, reasoning: 5))
    #expect(whole.output.contains(#""finish_reason":"tool_calls""#))
    let cut = try run(stream(Array(Self.everything.prefix(2))), choices: 2)
    #expect(cut.end == .truncated(withheld: 0, tailWasReleased: false))
    #expect(!cut.output.contains("[DONE]"))
    // The last event is cut, and nobody knows why it would have ended.
    #expect(try run(Array(stream(Self.everything).dropLast(10)), choices: 2).end != .complete)
  }

  @Test func aBlockedPromptIsWholeHoweverManyChoicesWereAskedFor() throws {
    let blocked = try run(stream([#"{"promptFeedback":{"blockReason":"SAFETY"}}"#]), choices: 3)
    #expect(blocked.end == .complete)
    #expect(blocked.output.contains(#""refusal":"The provider's filter blocked the prompt (SAFETY).""#))
  }
}
