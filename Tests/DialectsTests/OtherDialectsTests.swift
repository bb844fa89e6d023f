import Dialects
import Policy
import Testing

/// What makes no sense, and which field is at fault.
private let nonsense: [(String, Surface, String, String)] = [
  ("{}", .messages, "messages", "missing_required_parameter"),
  (#"{"messages":[]}"#, .ollamaChat, "messages", "invalid_value"),
  (#"{"messages":[{"role":"user"}],"system":1}"#, .messages, "system", "invalid_type"),
  (#"{"messages":[{"role":"user"}],"system":[{"text":1}]}"#, .messages, "system[0].text", "invalid_type"),
  (#"{"messages":[{"role":"user"}],"Max_Tokens":1}"#, .messages, "Max_Tokens", "invalid_key"),
  (#"{"messages":[{"role":"user"}],"options":[]}"#, .ollamaChat, "options", "invalid_type"),
  (#"{"input":[]}"#, .ollamaEmbed, "input", "invalid_value"),
]

private let events: [String] =
  [
    #"{"type":"message_start","message":{"usage":{"input_tokens":3,"cache_read_input_tokens":2,"output_tokens":1}}}"#,
    #"{"type":"content_block_start","index":0,"content_block":{"type":"text","text":""}}"#,
    #"{"type":"ping"}"#,
    #"{"type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"a \"error\" b"}}"#,
    #"{"type":"content_block_stop","index":0}"#,
    #"{"type":"message_delta","delta":{"stop_reason":"end_turn"},"usage":{"output_tokens":4}}"#,
    #"{"type":"message_stop"}"#,
  ].map { "event: x\ndata: \($0)\n\n" }

private let lines: [String] =
  [
    #"{"model":"m","message":{"role":"assistant","content":"a \"done\":true"},"done":false}"#,
    #"{"model":"m","message":{"role":"assistant","content":""},"done":true,"done_reason":"stop","prompt_eval_count":5,"eval_count":4}"#,
  ].map { "\($0)\n" }

private let streams: [(ChatDialectName, [String], Usage, Int)] = [
  (.anthropic, events, Usage(input: 5, output: 4, cached: 2), 2),
  (.ollama, lines, Usage(input: 5, output: 4), 1),
]

/// What the router reads of Anthropic's and Ollama's requests and answers where both sides speak them, so that bytes pass.
@Suite("Other dialects")
struct OtherDialectsTests {
  private static let message =
    #"{"model":"m","max_tokens":7,"stream":true,"system":"be","metadata":{"user_id":"u"},"tools":[{"name":"f"}],"#
    + #""messages":[{"role":"user","content":[{"type":"text","text":"hello"},{"type":"image","source":{}},"#
    + #"{"type":"tool_result","tool_use_id":"t","content":[{"type":"text","text":"abc"}]}]}]}"#

  // MARK: Requests

  @Test func messagesAreRead() throws {
    let read = try facts(Self.message, .messages)
    #expect(read.model == "m" && read.maxOutputTokens == 7 && read.stream)
    #expect(read.textBytes == 2 + 5 + 3)
    #expect(read.images == 1 && read.tools == 1 && read.messages == 1)
    #expect(read.session != nil && !read.includesUsage && !read.wantsJSON)
    let counted = try facts(Self.message, .countTokens)
    #expect(!counted.stream && counted.maxOutputTokens == nil && counted.textBytes == read.textBytes)
  }

  @Test func formatsOfMessagesAreSeen() throws {
    for member in [
      #""output_format":{"type":"json_schema","schema":{}}"#,
      #""output_config":{"effort":"low","format":{"type":"json_schema","schema":{}}}"#,
    ] { #expect(try facts(chat(member), .messages).wantsJSON) }
    #expect(try !facts(chat(#""output_config":{"effort":"low"}"#), .messages).wantsJSON)
  }

  @Test func ollamasRequestsStreamUnlessTheySayOtherwise() throws {
    for (member, isStream) in [("", true), (#""stream":null"#, true), (#""stream":false"#, false)] {
      #expect(try facts(chat(member), .ollamaChat).stream == isStream)
      #expect(
        try facts(#"{"prompt":"x"\#(member.isEmpty ? "" : ",\(member)")}"#, .ollamaGenerate).stream
          == isStream)
      #expect(try canonicalFacts(chat(member)).isStream == isStream)
    }
    #expect(try !facts(#"{"input":"x"}"#, .ollamaEmbed).stream)
  }

  private func canonicalFacts(_ text: String) throws -> CanonicalFacts {
    try Peek().canonical(PaddedBytes(text.utf8), surface: .ollamaChat, into: PaddedBytes())
  }

  @Test func ollamasOptionsStandInAnObject() throws {
    let chat =
      #"{"model":"m","format":"json","options":{"num_predict":9,"temperature":0},"#
      + #""messages":[{"role":"user","content":"hi","images":["a","b"]}]}"#
    let read = try facts(chat, .ollamaChat)
    #expect(read.maxOutputTokens == 9 && read.images == 2 && read.wantsJSON && read.textBytes == 2)
    #expect(try canonicalFacts(chat).isDeterministic)
    let generate = #"{"prompt":"hi","system":"be","images":["a"],"options":{"num_predict":-1},"format":{}}"#
    let other = try facts(generate, .ollamaGenerate)
    #expect(other.textBytes == 4 && other.images == 1 && other.maxOutputTokens == nil && other.wantsJSON)
    #expect(try facts(#"{"input":["a","bc"]}"#, .ollamaEmbed).messages == 2)
  }

  @Test(arguments: nonsense)
  func whatMakesNoSenseIsRefused(text: String, surface: Surface, param: String, code: String) {
    let error = refusal(text, surface)
    #expect(error?.param == param && error?.code == code)
  }

  @Test func keysInResultsOfToolsMayNotComeTwice() {
    let result = #"{"type":"tool_result","content":[{"type":"text","text":"a","text":"b"}]}"#
    let text = #"{"messages":[{"role":"user","content":[\#(result)]}]}"#
    #expect(refusal(text, .messages)?.code == "duplicate_key")
    #expect(refusal(text, .chatCompletions) == nil, "there it is nothing that is read")
  }

  // MARK: Splices

  private func spliced(_ text: String, _ surface: Surface) throws -> String {
    let parameters = [
      "temperature": try JSONLiteral(text: "0.5"), "seed": try JSONLiteral(text: "1"),
      "max_completion_tokens": try JSONLiteral(text: "5"),
    ]
    let edits = VersionEdits(parameters: parameters, prompt: "be")
    let (peek, body) = (Peek(), PaddedBytes(text.utf8))
    let request = try peek.request(body, surface: surface)
    return peek.spliced(request, body: body, model: "p", includeUsage: true, version: edits).text
  }

  @Test func versionsWriteWhatTheDialectHas() throws {
    let turns = #""messages":[{"role":"user","content":"hi"}]"#
    let limits = #""max_tokens":5,"temperature":0.5,"#
    #expect(
      try spliced(#"{"model":"m","system":"x",\#(turns)}"#, .messages)
        == #"{\#(limits)"model":"p","system":"be\n\nx",\#(turns)}"#)
    #expect(
      try spliced(#"{"model":"m","system":[{"type":"text","text":"x"}],\#(turns)}"#, .messages)
        == #"{\#(limits)"model":"p","system":[{"type":"text","text":"be"},{"type":"text","text":"x"}],\#(turns)}"#
    )
    #expect(
      try spliced(#"{"model":"m","system":[ ],\#(turns)}"#, .messages)
        == #"{\#(limits)"model":"p","system":[{"type":"text","text":"be"} ],\#(turns)}"#)
    #expect(
      try spliced(#"{"model":"m",\#(turns)}"#, .countTokens) == #"{"system":"be","model":"p",\#(turns)}"#)
    #expect(
      try spliced(#"{"model":"m",\#(turns)}"#, .ollamaChat)
        == #"{"model":"p","messages":[{"role":"system","content":"be"},{"role":"user","content":"hi"}]}"#)
    #expect(try spliced(#"{"model":"m","input":"x"}"#, .ollamaEmbed) == #"{"model":"p","input":"x"}"#)
  }

  // MARK: Answers

  private struct Run: Equatable {
    var output: [UInt8] = []
    var facts = StreamFacts()
    var end: StreamEnd?
  }

  private func scan(_ chunks: [[UInt8]], _ dialect: ChatDialectName) -> Run {
    let peek = Peek()
    var (run, scanner) = (Run(), StreamScanner(dialect: dialect))
    for chunk in chunks {
      chunk.withUnsafeBytes { bytes in scanner.feed(bytes, with: peek) { run.output += $0 } }
    }
    run.end = scanner.finish(with: peek) { run.output += $0 }
    run.facts = scanner.facts
    return run
  }

  @Test(arguments: streams)
  func streamsPassAndTellWhatTheyUsedHoweverTheyAreCut(
    dialect: ChatDialectName, events: [String], usage: Usage, contents: Int
  ) {
    let whole = Array(events.joined().utf8)
    for cut in 0...whole.count {
      let run = scan([Array(whole[..<cut]), Array(whole[cut...])], dialect)
      #expect(run.output == whole && run.end == .complete, "cut at \(cut)")
      #expect(run.facts.usage == usage && run.facts.finishReason == "stop", "cut at \(cut)")
      #expect(run.facts.contentEvents == contents, "cut at \(cut)")
    }
    let half = events.prefix((events.count + 1) / 2).joined()
    #expect(scan([Array(half.utf8)], dialect).end == .truncated(withheld: 0, tailWasReleased: false))
  }

  @Test func errorsInStreamsAreSeen() {
    let event = "event: error\ndata: {\"type\":\"error\",\"error\":{\"type\":\"overloaded_error\"}}\n\n"
    #expect(scan([Array(event.utf8)], .anthropic).end == .failed)
    #expect(scan([Array("{\"error\":\"gone\"}\n".utf8)], .ollama).end == .failed)
    #expect(scan([Array(lines[0].utf8)], .ollama).facts.sawError == false)
  }

  @Test func wholeAnswersTellWhatTheyUsed() {
    let message =
      #"{"content":[{"type":"text","text":"a"}],"stop_reason":"tool_use","usage":{"input_tokens":3,"cache_creation_input_tokens":4,"output_tokens":2}}"#
    let facts = Peek().answer(PaddedBytes(message.utf8), surface: .messages)
    #expect(facts?.usage == Usage(input: 7, output: 2, cacheWrites: 4))
    #expect(facts?.finishReason == "tool_calls")
    let line = lines[1]
    let other = Peek().answer(PaddedBytes(line.utf8), surface: .ollamaChat)
    #expect(other?.usage == Usage(input: 5, output: 4) && other?.finishReason == "stop")
    #expect(Peek().answer(PaddedBytes(#"{"input_tokens":3}"#.utf8), surface: .countTokens)?.usage == nil)
  }

  private func text(_ bytes: String, isEvents: Bool, _ surface: Surface) -> AnswerText? {
    Array(bytes.utf8).withUnsafeBytes { Peek().text(of: $0, isEvents: isEvents, surface) }
  }

  @Test func whatAnswersSayIsFound() {
    #expect(text(events.joined(), isEvents: true, .messages)?.text == #"a "error" b"#)
    #expect(text(lines.joined(), isEvents: true, .ollamaChat)?.text == #"a "done":true"#)
    let called = #"{"content":[{"type":"tool_use","name":"f"}],"stop_reason":"tool_use"}"#
    #expect(text(called, isEvents: false, .messages)?.callsTools == true)
    let refused = #"{"content":[],"stop_reason":"refusal"}"#
    #expect(text(refused, isEvents: false, .messages)?.isRefusal == true)
    #expect(text(#"{"response":"x","done":true}"#, isEvents: false, .ollamaGenerate)?.text == "x")
  }

  @Test func judgesReadTheSystemsWordsWhereverTheyStand() {
    let body =
      #"{"system":[{"type":"text","text":"be"}],"messages":[{"role":"user","content":"hi"}]}"#
    let turns = Peek().conversation(of: PaddedBytes(body.utf8))
    #expect(turns?.map(\.role) == ["system", "user"] && turns?.map(\.text) == ["be", "hi"])
    let pictures = #"{"messages":[{"role":"user","content":"hi","images":["a"]}]}"#
    #expect(Peek().conversation(of: PaddedBytes(pictures.utf8)) == nil)
  }
}
