import Dialects
import Foundation
import Testing

@Suite("Answers and errors in Ollama's dialect")
struct OllamaAnswerTests {
  private let peek = Peek()
  private let dialect = OllamaChat()
  private let form = AnswerForm(id: "x-1", created: 7, model: "public")

  private func decode(_ text: String) -> ChatAnswer? {
    dialect.decodeAnswer(PaddedBytes(text.utf8), with: peek)
  }

  private func sorted(_ text: String) throws -> String {
    let object = try JSONSerialization.jsonObject(with: Data(text.utf8))
    return String(
      decoding: try JSONSerialization.data(withJSONObject: object, options: .sortedKeys), as: UTF8.self)
  }

  private static let full = #"""
    {"model":"m","created_at":"2023-12-12T14:13:43Z","message":{"role":"assistant","content":"say \"é\"\n","thinking":"hm",
    "tool_calls":[{"id":"a","function":{"index":0,"name":"f","arguments":{ "x": 1.0 }}},{"id":"b","function":{"index":1,"name":"g","arguments":{}}}]},
    "done":true,"done_reason":"stop","prompt_eval_count":9,"eval_count":12,
    "logprobs":[{"token":"é","logprob":-0.5,"bytes":[195,169],"top_logprobs":[{"token":"e","logprob":-1}]},{"token":"x","logprob":0}]}
    """#

  @Test func wholeAnswerComesBack() throws {
    let answer = try #require(decode(Self.full))
    #expect(answer.usage == Usage(input: 9, output: 12))
    #expect(answer.created == 1_702_390_423)
    let choice = try #require(answer.choices.first)
    #expect(choice.finish == Finish(.toolCalls))
    #expect(choice.parts.compactMap(\.toolCall).map(\.arguments.text) == [#"{ "x": 1.0 }"#, "{}"])
    #expect(choice.parts.first?.thinking == Thinking(text: "hm"))
    #expect(choice.logprobs?.content?.map(\.top.count) == [1, 0])
    let written = dialect.encodeAnswer(answer, as: form, with: peek).text
    #expect(try sorted(written).utf8.elementsEqual(sorted(Self.full).utf8), "\(written)")
  }

  @Test func argumentsAreRead() throws {
    for (sent, read) in [
      (#"{"a":1}"#, #"{"a":1}"#), (#""{\"a\":1}""#, #"{"a":1}"#), ("null", ""), ("[1]", "[1]"),
    ] {
      let answer = try #require(
        decode(#"{"message":{"tool_calls":[{"function":{"name":"f","arguments":\#(sent)}}]},"done":true}"#))
      #expect(answer.choices[0].parts.compactMap(\.toolCall).map(\.arguments.text) == [read])
    }
  }

  @Test func whatTheProviderDoesNotSayIsFilledIn() throws {
    let calls = ["", "not json", "[1]"].map {
      ChatPart(.toolCall(ToolCall(id: "", name: "f", arguments: JSONText($0))))
    }
    let answer = ChatAnswer(choices: [.init([ChatPart(.refusal("no"))] + calls, finish: Finish(.toolCalls))])
    let written = dialect.encodeAnswer(answer, as: form, with: peek).text
    let head =
      #"{"model":"public","created_at":"1970-01-01T00:00:07Z","message":{"role":"assistant","content":"no""#
    #expect(written.hasPrefix(head))
    #expect(written.hasSuffix(#""done":true,"done_reason":"stop"}"#))
    let read = try #require(decode(written)).choices[0].parts.compactMap(\.toolCall)
    #expect(Set(read.map(\.id)).count == 3)
    #expect(
      read.map(\.arguments.text) == ["{}", #"{"invalid_json":"not json"}"#, #"{"invalid_json":"[1]"}"#])
  }

  @Test func oneTurnsAnswerIsAResponse() {
    let parts = [ChatPart(.thinking(Thinking(text: "hm"))), ChatPart.text("a")]
    let answer = ChatAnswer(
      model: "m", created: 0, choices: [.init(parts, finish: Finish(.length))],
      usage: Usage(input: 1, output: 2))
    #expect(
      OllamaGenerate().encodeAnswer(answer, as: form, with: peek).text
        == #"{"model":"m","created_at":"1970-01-01T00:00:00Z","response":"a","thinking":"hm","done":true,"done_reason":"length","prompt_eval_count":1,"eval_count":2}"#
    )
  }

  @Test(arguments: ends)
  func everyEndHasAWord(reason: Finish.Reason, word: String) {
    let answer = ChatAnswer(choices: [.init([.text("a")], finish: Finish(reason))])
    let written = dialect.encodeAnswer(answer, as: form, with: peek).text
    #expect(written.contains(#""done_reason":"\#(word)""#))
  }

  @Test(arguments: words)
  func everyWordIsAnEnd(word: String, reason: Finish.Reason) throws {
    let answer = try #require(decode(#"{"message":{"content":"a"},"done":true\#(word)}"#))
    #expect(answer.choices[0].finish == Finish(reason))
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"done":true}"#, #"{"message":{},"done":false}"#, #"{"message":[],"done":true}"#,
    #"{"error":"x","message":{},"done":true}"#, "<html>",
    #"{"message":{"tool_calls":[{"function":{"arguments":{}}}]},"done":true}"#,
    #"{"message":{"content":"\ud800"},"done":true}"#,
  ])
  func whatIsNoAnswerIsNone(text: String) {
    #expect(decode(text) == nil)
  }

  @Test(arguments: [
    #"{"message":{},"done":true}"#, #"{"message":{"content":7,"thinking":[],"tool_calls":7},"done":true}"#,
    #"{"message":{},"done":true,"created_at":"soon","logprobs":[7,{"bytes":"x"}],"eval_count":-1}"#,
  ])
  func oddAnswersAreReadAsFarAsTheyGo(text: String) throws {
    let answer = try #require(decode(text))
    #expect(answer.created == nil)
    #expect(answer.usage == nil)
    #expect(decode(dialect.encodeAnswer(answer, as: form, with: peek).text) != nil)
  }

  // MARK: Moments

  @Test(arguments: moments)
  func momentsAreReadToTheSecond(text: String, seconds: Int?) {
    #expect(decode(#"{"message":{},"done":true,"created_at":"\#(text)"}"#)?.created == seconds)
  }

  @Test func momentsAreWrittenAtAnyTime() {
    for (created, text) in [(-1, "1970-01-01T00:00:00Z"), (.max, "9999-12-31T23:59:59Z")] as [(Int, String)] {
      let answer = ChatAnswer(created: created, choices: [])
      let written = dialect.encodeAnswer(answer, as: form, with: peek).text
      #expect(written.contains(#""created_at":"\#(text)""#), "\(written)")
    }
  }

  // MARK: Errors

  @Test(arguments: failures)
  func errorsAreOfOneKind(body: String, status: Int, kind: String) {
    let error = dialect.decodeError(PaddedBytes(body.utf8), status: status, with: peek)
    #expect(error.kind.rawValue == kind)
  }

  @Test func messagesAreFoundWhereverTheyStand() {
    for body in [#"{"error":"m"}"#, #"{"error":{"message":"m"}}"#, #"{"StatusCode":400,"error":"m"}"#] {
      #expect(dialect.decodeError(PaddedBytes(body.utf8), status: 400, with: peek).message == "m")
    }
  }

  @Test func errorsAreATextAndSayWhoseFaultTheyAre() {
    let body = ErrorBody(ChatError(.invalidRequest, "bad", param: "x"))
    let text =
      #"{"error":"bad","type":"invalid_request_error","param":"x","code":"refused_by_provider","source":"client"}"#
    #expect(dialect.encodeError(body, status: 400).text == text)
    #expect(OllamaGenerate().encodeError(body, status: 400).text == text)
  }
}

/// Why an answer ended, and Ollama's word for it.
private let ends: [(Finish.Reason, String)] = [
  (.stop, "stop"), (.stopSequence, "stop"), (.length, "length"), (.toolCalls, "stop"),
  (.contentFilter, "content_filter"), (.refusal, "stop"), (.pause, "stop"), (.other, "stop"),
]

/// Members of an answer, and why it ended.
private let words: [(String, Finish.Reason)] = [
  ("", .stop), (#","done_reason":"""#, .stop), (#","done_reason":"stop""#, .stop),
  (#","done_reason":"length""#, .length), (#","done_reason":"load""#, .other),
  (#","done_reason":"content_filter""#, .contentFilter),
]

/// As providers write them, and seconds since 1970.
private let moments: [(String, Int?)] = [
  ("2023-08-04T08:52:19.385406455-07:00", 1_691_164_339), ("2023-08-04T15:52:19Z", 1_691_164_339),
  ("2023-08-04T21:22:19+05:30", 1_691_164_339), ("1970-01-01T00:00:00.5Z", 0),
  ("2023-02-30T00:00:00Z", nil), ("2023-08-04", nil), ("2023-08-04T15:52:19", nil),
  ("2023-08-04T15:52:19X", nil),
  ("2023-08-04T15:52Z     ", nil), ("é023-08-04T15:52:19Z", nil),
]

/// Bodies of errors with their status, and what they are.
private let failures: [(String, Int, String)] = [
  (#"{"error":"model 'x' not found"}"#, 404, "not_found"),
  (#"{"error":"the input length exceeds the context length"}"#, 400, "context_too_long"),
  (#"{"error":"prompt too long; exceeded max context length by 7 tokens"}"#, 500, "context_too_long"),
  (#"{"error":"context length must be positive"}"#, 400, "invalid_request"),
  (#"{"error":"\"x\" does not support thinking"}"#, 400, "invalid_request"),
  (#"{"error":"server busy, please try again.  maximum pending requests exceeded"}"#, 503, "overloaded"),
  (#"{"error":"unauthorized","signin_url":"https://ollama.com/connect"}"#, 401, "authentication"),
  (#"{"error":"model requires more system memory (9 GiB) than is available (1 GiB)"}"#, 500, "server"),
  (#"{"error":{"message":"no","code":"insufficient_quota"}}"#, 429, "quota_spent"), ("<html>", 502, "server"),
  ("", 429, "rate_limited"),
]
