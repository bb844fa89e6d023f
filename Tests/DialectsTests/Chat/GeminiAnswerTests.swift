import Dialects
import Testing

@Suite("Answers and errors of Gemini")
struct GeminiAnswerTests {
  private let peek = Peek()
  private let dialect = GeminiChat()

  private func decode(_ text: String) -> ChatAnswer? {
    dialect.decodeAnswer(PaddedBytes(text.utf8), with: peek)
  }

  /// An answer of one candidate.
  private func candidate(_ parts: String, _ others: String) -> String {
    #"{"candidates":[{"content":{"parts":[\#(parts)],"role":"model"},\#(others)}]}"#
  }

  private static let full = #"""
    {"candidates":[
    {"content":{"parts":[{"text":"hm","thought":true},{"text":"say \"é\""},
    {"functionCall":{"name":"f","args":{ "x": 1.0 },"id":"a"},"thoughtSignature":"c2ln"},{"functionCall":{"name":"g"}}],"role":"model"},
    "finishReason":"STOP","index":0,"safetyRatings":[{"category":"HARM","probability":"LOW"}]},
    {"content":{"parts":[{"text":"b"}]},"finishReason":"MAX_TOKENS","index":1,
    "logprobsResult":{"chosenCandidates":[{"token":"b","tokenId":7,"logProbability":-0.5}],"topCandidates":[{"candidates":[{"token":"c","logProbability":-1}]}]}}],
    "promptFeedback":{"safetyRatings":[]},
    "usageMetadata":{"promptTokenCount":9,"toolUsePromptTokenCount":1,"cachedContentTokenCount":4,"candidatesTokenCount":7,"thoughtsTokenCount":5,"totalTokenCount":22},
    "modelVersion":"gemini-2.5-pro","responseId":"r-1"}
    """#

  @Test func wholeAnswerIsRead() throws {
    let calls = [
      ToolCall(id: "a", name: "f", arguments: JSONText(#"{ "x": 1.0 }"#)),
      ToolCall(id: "", name: "g", arguments: JSONText("{}")),
    ]
    let thought = ChatPart(.thinking(Thinking(text: "hm", signature: "gemini:c2ln")))
    let said: [ChatPart] = [thought, .text(#"say "é""#)] + calls.map { ChatPart(.toolCall($0)) }
    let logprobs = Logprobs(content: [.init("b", -0.5, top: [.init("c", -1)])])
    let wanted = ChatAnswer(
      id: "r-1", model: "gemini-2.5-pro",
      choices: [
        .init(index: 0, said, finish: Finish(.toolCalls)),
        .init(index: 1, [.text("b")], finish: Finish(.length), logprobs: logprobs),
      ], usage: Usage(input: 10, output: 12, cached: 4, reasoning: 5))
    #expect(decode(Self.full) == wanted)
  }

  @Test func signaturesStandWithThoughts() throws {
    let answer = try #require(
      decode(candidate(#"{"text":"a"},{"text":"","thoughtSignature":"c2ln"}"#, #""finishReason":"STOP""#)))
    #expect(
      answer.choices[0].parts == [
        ChatPart(.thinking(Thinking(text: "", signature: "gemini:c2ln"))), .text("a"),
      ])
  }

  /// What a client keeps of an answer is what Gemini gets back.
  @Test func signaturesComeBackFromClients() throws {
    let client = OpenAIChat()
    let answer = try #require(
      decode(
        candidate(
          #"{"functionCall":{"name":"f","args":{}},"thoughtSignature":"c2ln"}"#, #""finishReason":"STOP""#)))
    let form = AnswerForm(id: "x", created: 7, model: "m")
    let shown = client.encodeAnswer(answer, as: form, with: peek).text
    let message = try #require(shown.firstRange(of: #""message":"#)?.upperBound)
    let end = try #require(shown.firstRange(of: #","logprobs":"#)?.lowerBound)
    let request = try client.decodeRequest(
      PaddedBytes(
        #"{"model":"m","messages":[{"role":"user","content":"x"},\#(shown[message..<end])]}"#.utf8),
      with: peek)
    let sent = try dialect.encodeRequest(request, with: peek).body.text
    #expect(sent.contains(#""name":"f","args":{}},"thoughtSignature":"c2ln"}"#), "\(sent)")
  }

  @Test(arguments: ends)
  func everyEndHasAMeaning(word: String, reason: String) {
    let answer = decode(candidate(#"{"text":"a"}"#, #""finishReason":"\#(word)""#))
    #expect(answer?.choices[0].finish?.reason.rawValue == reason)
    #expect(answer?.choices[0].parts == [.text("a")])
  }

  @Test func filtersLeaveARefusal() throws {
    let filtered = try #require(decode(#"{"candidates":[{"finishReason":"SAFETY","index":0}]}"#))
    #expect(
      filtered.choices[0].parts.map(\.refusal) == ["The provider's filter blocked the answer (SAFETY)."])
    let blocked = try #require(
      decode(
        #"{"promptFeedback":{"blockReason":"PROHIBITED_CONTENT"},"usageMetadata":{"promptTokenCount":3}}"#))
    #expect(
      blocked.choices[0].parts.map(\.refusal) == [
        "The provider's filter blocked the prompt (PROHIBITED_CONTENT)."
      ])
    #expect(blocked.choices[0].finish == Finish(.contentFilter))
    #expect(blocked.usage == Usage(input: 3))
  }

  @Test(arguments: [
    "", "[]", "{}", #"{"candidates":[]}"#, #"{"error":{"code":500}}"#, "<html>",
    #"{"candidates":[{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#,
    #"{"candidates":[{"content":{"parts":[{"text":"I'll call it"}]},"finishReason":"UNEXPECTED_TOOL_CALL"}]}"#,
    #"{"candidates":[{"finishReason":"STOP"},{"finishReason":"MALFORMED_FUNCTION_CALL"}]}"#,
    #"{"candidates":[{"content":{"parts":[{"functionCall":{"args":{}}}]}}]}"#,
    #"{"candidates":[{"content":{"parts":[{"text":"\ud800"}]}}]}"#,
  ])
  func whatIsNoAnswerIsNone(text: String) {
    #expect(decode(text) == nil)
  }

  @Test(arguments: [
    #"{"candidates":[{}]}"#, #"{"candidates":[7,null,[]]}"#, #"{"candidates":[{"content":null}]}"#,
    #"{"candidates":[{"content":{"parts":7},"logprobsResult":[]}],"usageMetadata":7,"promptFeedback":null}"#,
    #"{"candidates":[{"content":{"parts":[7,{"text":null},{"inlineData":{}}]},"finishReason":7}]}"#,
  ])
  func oddAnswersAreReadAsFarAsTheyGo(text: String) throws {
    let answer = try #require(decode(text))
    #expect(answer.choices.allSatisfy { $0.parts.isEmpty && $0.finish == nil })
    #expect(answer.usage == nil)
  }

  // MARK: Errors

  @Test(arguments: failures)
  func errorsAreOfOneKind(body: String, status: Int, kind: String) {
    #expect(dialect.decodeError(PaddedBytes(body.utf8), status: status, with: peek).kind.rawValue == kind)
  }

  @Test func errorsNameTheFieldAndTheReason() {
    let body =
      #"[{"error":{"code":400,"message":"bad","status":"INVALID_ARGUMENT","details":[{"@type":"type.googleapis.com/google.rpc.BadRequest","fieldViolations":[{"field":"contents","description":"d"},{"field":"b"}]}]}}]"#
    let error = dialect.decodeError(PaddedBytes(body.utf8), status: 400, with: peek)
    #expect(error == ChatError(.invalidRequest, "bad", param: "contents", code: "INVALID_ARGUMENT"))
  }
}

/// Why an answer ended: Gemini's word, and ours.
private let ends: [(String, String)] = [
  ("STOP", "stop"), ("MAX_TOKENS", "length"), ("SAFETY", "content_filter"), ("RECITATION", "content_filter"),
  ("SPII", "content_filter"), ("OTHER", "other"), ("SOMETHING_NEW", "other"),
]

/// An error of that status in Google's words, with details.
private func failure(_ word: String, _ message: String = "m", _ details: String = "") -> String {
  #"{"error":{"code":400,"message":"\#(message)","status":"\#(word)","details":[\#(details)]}}"#
}

/// Bodies of errors with their status, and what they are.
private let failures: [(String, Int, String)] = [
  (failure("INVALID_ARGUMENT"), 400, "invalid_request"),
  (
    failure(
      "INVALID_ARGUMENT", "The input token count (9) exceeds the maximum number of tokens allowed (8)."), 400,
    "context_too_long"
  ),
  (
    failure("INVALID_ARGUMENT", "Request payload size exceeds the limit: 20971520 bytes."), 400, "too_large"
  ),
  (
    failure(
      "INVALID_ARGUMENT", "API key not valid.",
      #"{"@type":"type.googleapis.com/google.rpc.ErrorInfo","reason":"API_KEY_INVALID"}"#), 400,
    "authentication"
  ),
  (failure("FAILED_PRECONDITION", "User location is not supported"), 400, "permission"),
  (failure("PERMISSION_DENIED"), 403, "permission"), (failure("UNAUTHENTICATED"), 401, "authentication"),
  (failure("NOT_FOUND"), 404, "not_found"), (failure("RESOURCE_EXHAUSTED"), 429, "rate_limited"),
  (
    failure("RESOURCE_EXHAUSTED", "m", #"{"violations":[{"quotaId":"RequestsPerMinute"}]}"#), 429,
    "rate_limited"
  ),
  (
    failure(
      "RESOURCE_EXHAUSTED", "m", #"{"retryDelay":"3s"},{"violations":[{"quotaId":"RequestsPerDayPerModel"}]}"#
    ), 429, "quota_spent"
  ),
  (failure("DEADLINE_EXCEEDED"), 504, "timeout"), (failure("UNAVAILABLE"), 503, "overloaded"),
  (failure("INTERNAL"), 500, "server"), (failure("NEW_WORD"), 429, "rate_limited"), ("<html>", 502, "server"),
  ("{}", 503, "overloaded"), ("[]", 404, "not_found"), (#"{"error":"no"}"#, 413, "too_large"),
]
