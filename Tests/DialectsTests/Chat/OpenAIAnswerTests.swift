import Dialects
import Foundation
import Testing

@Suite("Answers and errors in OpenAI's dialect")
struct OpenAIAnswerTests {
  private let peek = Peek()
  private let dialect = OpenAIChat()
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
    {"id":"chatcmpl-1","object":"chat.completion","created":17,"model":"m","choices":[
    {"index":0,"message":{"role":"assistant","content":"say \"é\"\n","refusal":null},"finish_reason":"stop",
    "logprobs":{"content":[{"token":"é","logprob":-0.5,"bytes":[195,169],"top_logprobs":[{"token":"e","logprob":-1,"bytes":null}]}],"refusal":null}},
    {"index":1,"message":{"role":"assistant","content":null,"refusal":null,"reasoning_content":"hm","tool_calls":[
    {"id":"a","type":"function","function":{"name":"f","arguments":"{ \"x\": 1 }"}},
    {"id":"b","type":"function","function":{"name":"g","arguments":"not json"}}]},"logprobs":null,"finish_reason":"tool_calls"},
    {"index":2,"message":{"role":"assistant","content":null,"refusal":"no"},"logprobs":null,"finish_reason":"content_filter"}],
    "usage":{"prompt_tokens":9,"completion_tokens":12,"total_tokens":21,"prompt_tokens_details":{"cached_tokens":4,"cache_write_tokens":2},"completion_tokens_details":{"reasoning_tokens":5}}}
    """#

  @Test func wholeAnswerComesBack() throws {
    let answer = try #require(decode(Self.full))
    #expect(answer.usage == Usage(input: 9, output: 12, cached: 4, reasoning: 5, cacheWrites: 2))
    #expect(
      answer.choices[1].parts.compactMap(\.toolCall).map(\.arguments.text) == [#"{ "x": 1 }"#, "not json"])
    let written = dialect.encodeAnswer(answer, as: form, with: peek).text
    #expect(try sorted(written).utf8.elementsEqual(sorted(Self.full).utf8), "\(written)")
  }

  @Test func whatTheProviderDoesNotSayIsFilledIn() throws {
    let call = ToolCall(id: "", name: "f", arguments: JSONText("{}"))
    let answer = ChatAnswer(
      choices: [.init([ChatPart(.toolCall(call)), ChatPart(.toolCall(call))], finish: Finish(.toolCalls))])
    let written = dialect.encodeAnswer(answer, as: form, with: peek).text
    #expect(written.hasPrefix(#"{"id":"x-1","object":"chat.completion","created":7,"model":"public""#))
    let calls = try #require(decode(written)).choices[0].parts.compactMap(\.toolCall)
    #expect(Set(calls.map(\.id)).count == 2)
    #expect(calls.allSatisfy { $0.id.hasPrefix("call_") })
    #expect(
      ToolCall.madeID(answer: "x-1", choice: 0, number: 0)
        != ToolCall.madeID(answer: "x-2", choice: 0, number: 0)
    )
  }

  @Test func signedThoughtsAreBlocksToo() throws {
    let thoughts = [
      ChatPart(.thinking(Thinking(text: "a", signature: "s"))),
      ChatPart(.thinking(Thinking(text: "", redacted: "zzz"))),
    ]
    let answer = ChatAnswer(id: "i", model: "m", created: 1, choices: [.init(thoughts + [.text("b")])])
    let written = dialect.encodeAnswer(answer, as: form, with: peek).text
    #expect(written.contains(#""reasoning_content":"a""#))
    #expect(decode(written) == answer)
  }

  @Test(arguments: ends)
  func everyEndHasAWord(reason: Finish.Reason, word: String) {
    let answer = ChatAnswer(choices: [.init([.text("a")], finish: Finish(reason))])
    let written = dialect.encodeAnswer(answer, as: form, with: peek).text
    #expect(written.contains(#""finish_reason":"\#(word)""#))
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"choices":[]}"#, #"{"choices":{}}"#, #"{"error":{"message":"x"},"choices":[{}]}"#,
    "<html>", #"{"choices":[{"message":{"content":"\ud800"}}]}"#,
    #"{"choices":[{"message":{"tool_calls":[{"function":{"name":"f","arguments":{}}}]}}]}"#,
  ])
  func whatIsNoAnswerIsNone(text: String) {
    #expect(decode(text) == nil)
  }

  @Test(arguments: [
    #"{"choices":[{}]}"#, #"{"choices":[7,null,[]]}"#,
    #"{"choices":[{"message":{"content":{},"tool_calls":7}}]}"#,
    #"{"choices":[{"message":{"tool_calls":[7,{"function":null}]},"logprobs":{"content":[7]}}],"usage":[]}"#,
  ])
  func oddAnswersAreReadAsFarAsTheyGo(text: String) throws {
    let answer = try #require(decode(text))
    #expect(decode(dialect.encodeAnswer(answer, as: form, with: peek).text) != nil)
  }

  // MARK: Errors

  private func error(_ body: String, _ status: Int) -> ChatError {
    dialect.decodeError(PaddedBytes(body.utf8), status: status, with: peek)
  }

  @Test(arguments: failures)
  func errorsAreOfOneKind(body: String, status: Int, kind: String) {
    #expect(error(body, status).kind.rawValue == kind)
  }

  @Test func messagesAreFoundWhereverTheyStand() {
    for body in [#"{"error":{"message":"m"}}"#, #"{"error":"m"}"#, #"{"detail":"m"}"#, #"{"message":"m"}"#] {
      #expect(error(body, 400).message == "m")
    }
  }

  @Test func clientsLearnNothingOfOurAccount() {
    let secret = "Incorrect API key sk-123 at 10.0.0.5"
    for kind in ChatError.Kind.allCases {
      let body = ErrorBody(ChatError(kind, secret, param: "p", code: "c"))
      #expect((body.message == secret) == (kind.source == .client), "\(kind)")
      #expect((body.param == "p") == (kind.source == .client), "\(kind)")
      #expect(400..<600 ~= kind.status)
      #expect(!ErrorBody(ChatError(kind, "")).message.isEmpty)
    }
  }

  @Test func errorsHaveOpenAIsShape() {
    let body = ErrorBody(ChatError(.invalidRequest, "bad", param: "x"))
    #expect(
      dialect.encodeError(body, status: 400).text
        == #"{"error":{"type":"invalid_request_error","message":"bad","param":"x","code":"refused_by_provider","source":"client"}}"#
    )
  }
}

/// Why an answer ended, and OpenAI's word for it.
private let ends: [(Finish.Reason, String)] = [
  (.stopSequence, "stop"), (.length, "length"), (.refusal, "content_filter"), (.pause, "stop"),
  (.other, "stop"),
]

/// Bodies of errors with their status, and what they are.
private let failures: [(String, Int, String)] = [
  (
    #"{"error":{"message":"m","type":"invalid_request_error","param":"p","code":null}}"#, 400,
    "invalid_request"
  ),
  (#"{"error":{"code":"context_length_exceeded"}}"#, 400, "context_too_long"),
  (#"{"error":{"code":"content_filter"}}"#, 400, "content_filtered"),
  (#"{"error":{"type":"invalid_request_error","code":"model_not_found"}}"#, 404, "not_found"),
  (#"{"error":{"type":"invalid_request_error"}}"#, 404, "not_found"),
  (#"{"error":{"type":"requests","code":"rate_limit_exceeded"}}"#, 429, "rate_limited"),
  (#"{"error":{"type":"insufficient_quota"}}"#, 429, "quota_spent"),
  (#"{"error":{"message":"Request too large for gpt-4o"}}"#, 429, "too_large"),
  (#"{"error":{"code":"invalid_api_key"}}"#, 401, "authentication"), ("", 403, "permission"),
  ("<html>", 502, "server"), (#"{"detail":"no"}"#, 422, "invalid_request"), ("{}", 413, "too_large"),
  ("[]", 503, "overloaded"), ("{}", 529, "overloaded"), ("{}", 504, "timeout"),
]
