import Dialects
import Testing

@Suite("Streams in Ollama's dialect")
struct OllamaStreamTests {
  private let peek = Peek()
  private let form = AnswerForm(id: "x-1", created: 7, model: "public")

  private func decode(_ pieces: [ArraySlice<UInt8>]) -> [ChatEvent] {
    var (decoder, events) = (OllamaChat().makeStreamDecoder(), [ChatEvent]())
    for piece in pieces { piece.withUnsafeBytes { decoder.feed($0, with: peek, into: &events) } }
    decoder.finish(with: peek, into: &events)
    return events
  }

  private func decode(_ lines: [String]) -> [ChatEvent] {
    decode([Array(lines.map { $0 + "\n" }.joined().utf8)[...]])
  }

  private func encode(_ events: [ChatEvent], by client: any ClientDialect = OllamaChat()) -> String {
    var encoder = client.makeStreamEncoder(as: form)
    let bytes = PaddedBytes()
    for event in events { encoder.encode(event, into: bytes) }
    return bytes.text
  }

  private func line(_ message: String, _ more: String = #""done":false"#) -> String {
    #"{"model":"m","created_at":"1970-01-01T00:00:05Z","message":{"role":"assistant",\#(message)},\#(more)}"#
  }

  private let done = #""done":true,"done_reason":"stop""#
  private static let start = ChatEvent.start(ChatStart(model: "m", created: 5))

  /// What one dialect can say of a stream, all of it.
  private static let everything: [ChatEvent] = [
    start, .thinking(choice: 0, "hm"), .text(choice: 0, "say \"é\"\n"),
    .text(choice: 0, "x", Logprobs(content: [.init("x", -1.5, bytes: [120], top: [.init("y", -2)])])),
    .toolStart(choice: 0, tool: 0, id: "a", name: "f"), .toolArguments(choice: 0, tool: 0, #"{"x": 1.0}"#),
    .toolEnd(choice: 0, tool: 0), .toolStart(choice: 0, tool: 1, id: "b", name: "g"),
    .toolArguments(choice: 0, tool: 1, "{}"), .toolEnd(choice: 0, tool: 1),
    .finish(choice: 0, Finish(.toolCalls)), .usage(Usage(input: 9, output: 12)), .end,
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
        let piece =
          ["a", "é", "😀", "\"", "\\", "\u{1}", "\r\n\n{\"done\":true}\n"].randomElement(using: &random) ?? ""
        let text = String(repeating: piece, count: Int.random(in: 1...3, using: &random))
        events.append(Bool.random(using: &random) ? .text(choice: 0, text) : .thinking(choice: 0, text))
      }
      events += [.finish(choice: 0, Finish(.length)), .end]
      let bytes = Array(encode(events).utf8)
      let cuts = (0..<5).map { _ in Int.random(in: 0...bytes.count, using: &random) }.sorted()
      let pieces = zip([0] + cuts, cuts + [bytes.count]).map { bytes[$0..<$1] }
      #expect(decode(pieces) == events, "seed \(seed)")
    }
  }

  @Test func linesAreThoseOfTheAPI() {
    let events: [ChatEvent] = [
      Self.start, .thinking(choice: 0, "a"), .thinkingSignature(choice: 0, "s"),
      .redactedThinking(choice: 0, "r"),
      .text(choice: 0, "b"), .text(choice: 1, "other"), .refusal(choice: 0, "c"), .ping,
      .finish(choice: 0, Finish(.contentFilter)), .usage(Usage(input: 1)), .usage(Usage(input: 1, output: 2)),
      .end,
    ]
    let end = #""done":true,"done_reason":"content_filter","prompt_eval_count":1,"eval_count":2"#
    let lines = [
      line(#""content":"","thinking":"a""#), line(#""content":"b""#), line(#""content":"c""#),
      line(#""content":"""#, end), "",
    ]
    #expect(encode(events) == lines.joined(separator: "\n"))
    let one = [
      #"{"model":"public","created_at":"1970-01-01T00:00:07Z","response":"b","done":false}"#,
      #"{"model":"public","created_at":"1970-01-01T00:00:07Z","response":"","done":true,"done_reason":"stop"}"#,
      "",
    ]
    #expect(encode([.text(choice: 0, "b"), .end], by: OllamaGenerate()) == one.joined(separator: "\n"))
  }

  // MARK: Calls

  private static let opening: [ChatEvent] = [
    .start(ChatStart()), .toolStart(choice: 0, tool: 0, id: nil, name: "f"),
  ]

  /// The arguments of a call that came in these pieces, as a line has them.
  private func arguments(_ pieces: [String]) -> String? {
    var events = Self.opening
    for piece in pieces { events.append(.toolArguments(choice: 0, tool: 0, piece)) }
    events.append(.toolEnd(choice: 0, tool: 0))
    let text = encode(events)
    let id = ToolCall.madeID(answer: "x-1", choice: 0, number: 0)
    let head =
      #"{"model":"public","created_at":"1970-01-01T00:00:07Z","message":{"role":"assistant","content":"","tool_calls":[{"id":"\#(id)","function":{"index":0,"name":"f","arguments":"#
    guard text.hasPrefix(head), text.hasSuffix("}}]},\"done\":false}\n") else { return nil }
    return String(text.dropFirst(head.count).dropLast(#"}}]},"done":false}"#.count + 1))
  }

  @Test func callsAreWholeObjectsOnOneLine() {
    #expect(arguments([]) == "{}")
    #expect(arguments(["{\"x\"", ": 1", "}"]) == "{\"x\": 1}")
    #expect(arguments(["{\r\n  \"x\": \"\\n\"\n}"]) == "{    \"x\": \"\\n\" }")
    #expect(arguments(["{\"x"]) == #"{"invalid_json":"{\"x"}"#)
    #expect(arguments(["[1,\n2]"]) == #"{"invalid_json":"[1,\n2]"}"#)
  }

  @Test func endlessArgumentsAreGivenUp() {
    let piece = ChatEvent.toolArguments(choice: 0, tool: 0, String(repeating: "1", count: 1 << 20))
    var events = Self.opening
    for _ in 0..<6 { events.append(piece) }
    events.append(.toolEnd(choice: 0, tool: 0))
    events.append(.text(choice: 0, "a"))
    events.append(.end)
    let text = encode(events)
    #expect(text.hasPrefix(#"{"error":""#))
    #expect(text.hasSuffix(#","source":"provider"}"# + "\n"))
    #expect(text.split(separator: "\n").count == 1)
  }

  @Test func callsAreNumberedByUs() {
    let call = #"{"function":{"index":0,"name":"f","arguments":{}}}"#
    let events = decode([
      line(#""content":"","tool_calls":[\#(call),\#(call)]"#), line(#""content":"","tool_calls":[\#(call)]"#),
      line(#""content":"""#, done),
    ])
    var wanted = [Self.start]
    for number in 0..<3 {
      wanted.append(.toolStart(choice: 0, tool: number, id: nil, name: "f"))
      wanted.append(.toolArguments(choice: 0, tool: number, "{}"))
      wanted.append(.toolEnd(choice: 0, tool: number))
    }
    wanted.append(.finish(choice: 0, Finish(.toolCalls)))
    wanted.append(.end)
    #expect(events == wanted)
  }

  // MARK: Ugly ones

  private func isError(_ event: ChatEvent?) -> Bool {
    guard case .error? = event else { return false }
    return true
  }

  @Test func oneLineMaySayItAll() {
    let all =
      #""content":"b","thinking":"a","tool_calls":[{"id":"i","function":{"name":"f","arguments":"{}"}}]"#
    let events: [ChatEvent] = [
      Self.start, .thinking(choice: 0, "a"), .text(choice: 0, "b"),
      .toolStart(choice: 0, tool: 0, id: "i", name: "f"), .toolArguments(choice: 0, tool: 0, "{}"),
      .toolEnd(choice: 0, tool: 0), .finish(choice: 0, Finish(.toolCalls)), .usage(Usage(output: 3)), .end,
    ]
    #expect(decode([line(all, done + #","eval_count":3"#)]) == events)
  }

  @Test func tokensWaitForTheirText() {
    let token = { (text: String) in #","logprobs":[{"token":"\#(text)","logprob":-1}]"# }
    let more = #""done":false"#
    let events = decode([
      line(#""content":"","thinking":"hm""#, more + token("hm")), line(#""content":"""#, more + token("a")),
      line(#""content":"ab""#, more + token("b")), line(#""content":"c""#), line(#""content":"""#, done),
    ])
    #expect(
      events == [
        Self.start, .thinking(choice: 0, "hm"),
        .text(choice: 0, "ab", Logprobs(content: [.init("a", -1), .init("b", -1)])), .text(choice: 0, "c"),
        .finish(choice: 0, Finish(.stop)), .end,
      ])
  }

  @Test(arguments: [
    "{", "7", "[]", "\"x\"", "data: {}", #"{"message":{"content":"\ud800"}}"#, #"{"done":false,"done":true}"#,
    #"{"message":{"tool_calls":[{"function":{"arguments":{}}}]}}"#, #"{"error":"no"}"#,
    #"{"error":{"message":"no"}}"#,
  ])
  func whatMakesNoSenseEndsTheStream(text: String) {
    let events = decode([
      line(#""content":"a""#), text, line(#""content":"b""#), line(#""content":"""#, done),
    ])
    #expect(isError(events.last), "\(events)")
    #expect(events.filter { isError($0) }.count == 1)
    #expect(!events.contains(.text(choice: 0, "b")))
    #expect(!events.contains(.end))
  }

  @Test func errorsInMidStreamKeepTheirKind() {
    let errors: [(String, ChatError.Kind)] = [
      ("an error was encountered while running the model: unexpected EOF", .server),
      ("the input exceeds the available context size", .contextTooLong),
    ]
    for (text, kind) in errors {
      #expect(decode([#"{"error":"\#(text)"}"#]) == [.error(ChatError(kind, text))])
    }
  }

  @Test func oddLinesSayNothing() {
    let odd = ["", "{}", #"{"status":"loading"}"#, #"{"message":null}"#, #"{"error":null}"#]
    #expect(
      decode(odd + [line(#""content":"""#), line(#""content":"""#, done)])
        == [Self.start, .finish(choice: 0, Finish(.stop)), .end])
  }

  @Test func nothingComesBehindTheEnd() {
    let end = [Self.start, ChatEvent.finish(choice: 0, Finish(.stop)), .end]
    #expect(decode([line(#""content":"""#, done), line(#""content":"a""#), "{"]) == end)
    #expect(decode([Array(line(#""content":"""#, done).utf8)[...]]) == end)
  }

  @Test func cutLinesAreNoError() {
    let whole = line(#""content":"a""#)
    #expect(
      decode([Array("\(whole)\n\(whole.dropLast())".utf8)[...]]) == [Self.start, .text(choice: 0, "a")])
    #expect(decode([String]()).isEmpty)
  }

  @Test func endlessLinesAreGivenUp() {
    let piece = Array(String(repeating: "x", count: 100_000).utf8)[...]
    let events = decode(Array(repeating: piece, count: 50))
    #expect(events.count == 1)
    #expect(isError(events.last))
  }

  @Test func errorsAreLines() {
    let text = encode([Self.start, .text(choice: 0, "a"), .error(ChatError(.overloaded, "at 10.0.0.5"))])
    let last = text.split(separator: "\n").last.map(String.init) ?? ""
    #expect(last.hasPrefix(#"{"error":"The provider is overloaded."#))
    #expect(text.hasSuffix("}\n"))
    #expect(!text.contains("10.0.0.5"))
  }
}
