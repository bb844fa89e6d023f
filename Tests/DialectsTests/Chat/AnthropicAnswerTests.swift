import Dialects
import Foundation
import Testing

@Suite("Answers and errors in Anthropic's dialect")
struct AnthropicAnswerTests {
  private let peek = Peek()
  private let dialect = AnthropicChat()
  private let form = AnswerForm(id: "x-1", created: 7, model: "public")

  private func decode(_ text: String) -> ChatAnswer? {
    dialect.decodeAnswer(PaddedBytes(text.utf8), with: peek)
  }

  private func encode(_ answer: ChatAnswer) -> String {
    dialect.encodeAnswer(answer, as: form, with: peek).text
  }

  private func sorted(_ text: String) throws -> String {
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
  }

  private static let full = #"""
    {"id":"msg_1","type":"message","role":"assistant","model":"claude","content":[
    {"type":"thinking","thinking":"hm","signature":"s"},{"type":"redacted_thinking","data":"zz"},
    {"type":"text","text":"say \"é\"\n"},{"type":"tool_use","id":"toolu_1","name":"f","input":{ "x": 1.0 }},
    {"type":"tool_use","id":"toolu_2","name":"g","input":{}}],"stop_reason":"tool_use","stop_sequence":null,
    "usage":{"input_tokens":3,"cache_creation_input_tokens":2,"cache_read_input_tokens":4,"output_tokens":12,"output_tokens_details":{"thinking_tokens":5}}}
    """#

  @Test func wholeAnswerComesBack() throws {
    let answer = try #require(decode(Self.full))
    #expect(answer.usage == Usage(input: 9, output: 12, cached: 4, reasoning: 5, cacheWrites: 2))
    #expect(answer.choices[0].finish == Finish(.toolCalls))
    #expect(
      answer.choices[0].parts.compactMap(\.toolCall).map(\.arguments.text) == [#"{ "x": 1.0 }"#, "{}"])
    let written = encode(answer)
    #expect(try sorted(written).utf8.elementsEqual(sorted(Self.full).utf8), "\(written)")
    #expect(decode(written) == answer)
  }

  @Test func anAnswerOfOpenAIsIsAMessage() throws {
    let translation = ChatTranslation(client: AnthropicChat(), provider: OpenAIChat())
    let answer =
      #"{"id":"c","model":"m","choices":[{"message":{"content":"so","tool_calls":[{"id":"","function":{"name":"f","arguments":"{ \"a\":1}"}},{"id":"b","function":{"name":"g","arguments":"no"}}]},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":2,"prompt_tokens_details":{"cached_tokens":4}}}"#
    let found = Array(answer.utf8).withUnsafeBytes {
      translation.answer($0, status: 200, as: form, with: peek)
    }
    let translated = try #require(found)
    let id = ToolCall.madeID(answer: "c", choice: 0, number: 0)
    #expect(
      translated.body.text
        == #"{"id":"c","type":"message","role":"assistant","model":"m","content":[{"type":"text","text":"so"},{"type":"tool_use","id":"\#(id)","name":"f","input":{ "a":1}},{"type":"tool_use","id":"b","name":"g","input":{"invalid_json":"no"}}],"stop_reason":"tool_use","stop_sequence":null,"usage":{"input_tokens":5,"cache_creation_input_tokens":0,"cache_read_input_tokens":4,"output_tokens":2}}"#
    )
    #expect(translated.facts.usage == Usage(input: 9, output: 2, cached: 4))
  }

  @Test func whatTheProviderDoesNotSayIsFilledIn() {
    let written = encode(ChatAnswer(choices: []))
    #expect(
      written
        == #"{"id":"x-1","type":"message","role":"assistant","model":"public","content":[],"stop_reason":"end_turn","stop_sequence":null,"usage":{"input_tokens":0,"cache_creation_input_tokens":0,"cache_read_input_tokens":0,"output_tokens":0}}"#
    )
  }

  @Test(arguments: ends)
  func everyEndHasAWord(word: String, reason: Finish.Reason) throws {
    let text = #"{"content":[{"type":"text","text":"a"}],"stop_reason":"\#(word)","stop_sequence":null}"#
    let answer = try #require(decode(text))
    #expect(answer.choices[0].finish?.reason == reason)
    let known = reason == .other ? "end_turn" : word == "model_context_window_exceeded" ? "max_tokens" : word
    #expect(encode(answer).contains(#""stop_reason":"\#(known)""#))
  }

  @Test func callsEndAnAnswerWhateverTheProviderSays() throws {
    let call = #"{"type":"tool_use","id":"a","name":"f","input":{}}"#
    let answer = try #require(decode(#"{"content":[\#(call)],"stop_reason":"end_turn"}"#))
    #expect(answer.choices[0].finish == Finish(.toolCalls))
  }

  @Test func theSequenceThatEndedItIsSaid() throws {
    let text = #"{"content":[],"stop_reason":"stop_sequence","stop_sequence":"END"}"#
    let answer = try #require(decode(text))
    #expect(answer.choices[0].finish == Finish(.stopSequence, sequence: "END"))
    #expect(encode(answer).contains(#""stop_sequence":"END""#))
  }

  @Test func refusalsAreToldBothWays() throws {
    let text =
      #"{"content":[],"stop_reason":"refusal","stop_details":{"type":"refusal","category":null,"explanation":"no"}}"#
    let answer = try #require(decode(text))
    #expect(answer.choices[0].parts == [ChatPart(.refusal("no"))])
    let openAI = OpenAIChat().encodeAnswer(answer, as: form, with: peek).text
    #expect(openAI.contains(#""refusal":"no""#))
    #expect(openAI.contains(#""finish_reason":"content_filter""#))
    let stopped = ChatAnswer(choices: [.init([ChatPart(.refusal("no"))], finish: Finish(.stop))])
    #expect(encode(stopped).contains(#"[{"type":"text","text":"no"}],"stop_reason":"refusal""#))
  }

  @Test func theInputOfTheAnswersToolIsTheAnswer() throws {
    let text =
      #"{"content":[{"type":"tool_use","id":"a","name":"switchyard_json_answer","input":{ "x": 1.0 }}],"stop_reason":"tool_use"}"#
    let answer = try #require(decode(text))
    #expect(answer.choices == [.init([.text(#"{ "x": 1.0 }"#)], finish: Finish(.stop))])
  }

  @Test func thoughtsWithoutASignatureHaveAnEmptyOne() {
    let answer = ChatAnswer(choices: [.init([ChatPart(.thinking(Thinking(text: "hm"))), .text("")])])
    #expect(encode(answer).contains(#""content":[{"type":"thinking","thinking":"hm","signature":""}]"#))
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"content":"a"}"#, #"{"type":"error","error":{"type":"api_error"},"content":[]}"#,
    "<html>", #"{"content":[{"type":"tool_use","id":"a","name":"f","input":"{}"}]}"#,
    #"{"content":[{"type":"tool_use","id":"a","input":{}}]}"#,
    #"{"content":[{"type":"text","text":"\ud800"}]}"#,
  ])
  func whatIsNoAnswerIsNone(text: String) {
    #expect(decode(text) == nil)
  }

  @Test func oddAnswersAreReadAsFarAsTheyGo() throws {
    let text =
      #"{"content":[7,{},{"type":"text"},{"type":"web_search_tool_result","content":[]},{"type":"thinking"},{"type":"tool_use","name":"f"}],"usage":[]}"#
    let answer = try #require(decode(text))
    let call = ToolCall(id: "", name: "f", arguments: JSONText("{}"))
    #expect(answer == ChatAnswer(choices: [.init([ChatPart(.toolCall(call))])]))
  }

  // MARK: Errors

  private func error(_ body: String, _ status: Int) -> ChatError {
    dialect.decodeError(PaddedBytes(body.utf8), status: status, with: peek)
  }

  @Test(arguments: failures)
  func errorsAreOfOneKind(members: String, status: Int, kind: String) {
    let body = #"{"type":"error","error":{\#(members)},"request_id":"req_1"}"#
    #expect(error(body, status).kind.rawValue == kind)
  }

  @Test func errorsWithoutAShapeGoByTheirStatus() {
    #expect(error("<html>", 529) == ChatError(.overloaded, ""))
    #expect(error(#"{"detail":"no"}"#, 422) == ChatError(.invalidRequest, "no"))
    #expect(error(#"{"error":"no"}"#, 500).message == "no")
  }

  @Test(arguments: statuses)
  func errorsHaveAnthropicsShape(status: Int, type: String) {
    let body = ErrorBody(
      message: "bad \"é\"", type: "invalid_request_error", param: "x", code: "c", source: .client)
    #expect(
      dialect.encodeError(body, status: status).text
        == #"{"type":"error","error":{"type":"\#(type)","message":"bad \"é\"","param":"x","code":"c","source":"client"}}"#
    )
  }

  @Test func aRefusedCredentialOfOursIsNotTheClients() {
    let body = ErrorBody(ChatError(.authentication, "invalid x-api-key sk-ant-1"))
    let text = dialect.encodeError(body, status: 401).text
    #expect(text.hasPrefix(#"{"type":"error","error":{"type":"api_error","message":"The provider refused"#))
    #expect(!text.contains("sk-ant-1"))
  }
}

/// Words for ends, and what they are.
private let ends: [(String, Finish.Reason)] = [
  ("end_turn", .stop), ("stop_sequence", .stopSequence), ("max_tokens", .length),
  ("model_context_window_exceeded", .length), ("refusal", .refusal),
  ("pause_turn", .pause), ("compaction", .other),
]

/// Members of errors with their status, and what they are.
private let failures: [(String, Int, String)] = [
  (#""type":"invalid_request_error","message":"max_tokens: Field required""#, 400, "invalid_request"),
  (
    #""type":"invalid_request_error","message":"prompt is too long: 208310 tokens > 200000 maximum""#, 400,
    "context_too_long"
  ),
  (
    #""type":"invalid_request_error","message":"input length and `max_tokens` exceed context limit: 1""#, 400,
    "context_too_long"
  ),
  (
    #""type":"invalid_request_error","message":"Your credit balance is too low to access the API""#, 400,
    "quota_spent"
  ),
  (
    #""type":"rate_limit_error","message":"m","details":{"error_code":"enforced_spend_limit_reached"}"#, 429,
    "quota_spent"
  ),
  (
    #""type":"invalid_request_error","message":"Output blocked by content filtering policy""#, 400,
    "content_filtered"
  ),
  (#""type":"authentication_error""#, 401, "authentication"),
  (#""type":"billing_error""#, 400, "quota_spent"),
  (#""type":"permission_error""#, 403, "permission"), (#""type":"not_found_error""#, 404, "not_found"),
  (#""type":"request_too_large""#, 413, "too_large"), (#""type":"rate_limit_error""#, 429, "rate_limited"),
  (#""type":"timeout_error""#, 504, "timeout"), (#""type":"overloaded_error""#, 500, "overloaded"),
  (#""type":"api_error""#, 500, "server"), (#""type":"api_error""#, 529, "overloaded"),
  (#""type":"conflict_error""#, 409, "invalid_request"),
]

/// Statuses, and the class of an error that has one.
private let statuses: [(Int, String)] = [
  (400, "invalid_request_error"), (401, "authentication_error"), (402, "billing_error"),
  (403, "permission_error"), (404, "not_found_error"), (408, "timeout_error"), (413, "request_too_large"),
  (415, "invalid_request_error"), (429, "rate_limit_error"), (500, "api_error"), (502, "api_error"),
  (503, "overloaded_error"), (504, "timeout_error"), (529, "overloaded_error"),
]
