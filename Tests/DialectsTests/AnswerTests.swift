import Dialects
import Foundation
import Policy
import Testing

@Suite("What is read from plain answers")
struct AnswerTests {
  private func answer(_ text: String, _ surface: Surface = .chatCompletions) -> AnswerFacts? {
    let peek = Peek()
    let unpadded = Array(text.utf8).withUnsafeBytes { peek.answer($0, surface: surface) }
    #expect(peek.answer(PaddedBytes(text.utf8), surface: surface) == unpadded)
    return unpadded
  }

  @Test func chatAnswerGivesUsageAndReason() {
    let text =
      #"{"choices":[{"finish_reason":"tool_calls"}],"usage":{"prompt_tokens":2,"completion_tokens":3}}"#
    #expect(answer(text)?.usage == Usage(input: 2, output: 3))
    #expect(answer(text)?.finishReason == "tool_calls")
  }

  @Test func responseGivesUsageAndReason() {
    let usage = #""usage":{"input_tokens":2,"output_tokens":3}"#
    #expect(answer(#"{"status":"completed",\#(usage)}"#, .responses)?.finishReason == "completed")
    let incomplete =
      #"{"status":"incomplete","incomplete_details":{"reason":"max_output_tokens"},\#(usage)}"#
    #expect(answer(incomplete, .responses)?.finishReason == "max_output_tokens")
    #expect(answer(incomplete, .responses)?.usage == Usage(input: 2, output: 3))
  }

  @Test func embeddingsGiveUsage() {
    let text = #"{"data":[{"embedding":[0.1,-1e-3]}],"usage":{"prompt_tokens":8,"total_tokens":8}}"#
    #expect(answer(text, .embeddings)?.usage == Usage(input: 8))
  }

  @Test func errorsThatWaitingDoesNotHelpAreTold() {
    #expect(answer(#"{"error":{"code":"insufficient_quota","message":"m"}}"#)?.complaint == .quotaSpent)
    #expect(answer(#"{"error":{"type":"insufficient_quota","code":null}}"#)?.complaint == .quotaSpent)
    #expect(answer(#"{"error":{"message":"Request too large for gpt-4o"}}"#)?.complaint == .tooLarge)
    #expect(answer(#"{"error":{"type":"request_too_large"}}"#)?.complaint == .tooLarge)
    for text in [#"{"error":{"code":"rate_limit_exceeded"}}"#, #"{"error":"insufficient_quota"}"#, "{}"] {
      #expect(answer(text)?.complaint == nil)
    }
  }

  @Test(arguments: ["", "[]", "{", "<html>", "{} x", "{\"a\":\"\\ud800\"}"])
  func whatIsNoWholeObjectIsMalformed(text: String) {
    #expect(answer(text) == nil)
  }

  @Test(arguments: [
    "{}", #"{"usage":null}"#, #"{"usage":{"prompt_tokens":-1}}"#, #"{"usage":[1],"choices":{}}"#,
    #"{"usage":{"prompt_tokens":9223372036854775807}}"#, #"{"usage":{"completion_tokens":1000000000001}}"#,
  ])
  func oddAnswersAreFineButSayNothing(text: String) {
    #expect(answer(text)?.usage == nil)
    #expect(answer(text)?.finishReason == nil)
  }
}

@Suite("How errors are written")
struct ErrorBodyTests {
  private let error = ErrorBody(
    message: "say \"why\"\n", type: "server_error", code: "upstream_reset", source: .provider)

  @Test func bodyHasTheShapeOfOpenAI() {
    #expect(
      error.json().text
        == #"{"error":{"type":"server_error","message":"say \"why\"\n","param":null,"code":"upstream_reset","source":"provider"}}"#
    )
  }

  @Test func peekErrorsAreTheClientsFault() throws {
    let peekError = try #require(refusal(chat(#""n":0"#)))
    let body = try JSONSerialization.jsonObject(with: Data(ErrorBody(peekError).json().array))
    let error = try #require((body as? [String: Any])?["error"] as? [String: Any])
    #expect(error["type"] as? String == "invalid_request_error")
    #expect(error["param"] as? String == "n")
    #expect(error["source"] as? String == "client")
  }

  @Test func eventsAreWellFormedAndSeenAsErrors() {
    let peek = Peek()
    for surface in Surface.allCases {
      let event = error.event(for: surface)
      let beginning =
        switch surface.dialect {
        case .openai, .gemini: surface == .responses ? "event: error\ndata: {" : #"data: {"error":{"#
        case .anthropic: "event: error\ndata: {\"type\":\"error\",\"error\":{"
        case .ollama: #"{"error":"#
        }
      #expect(event.text.hasPrefix(beginning))
      var scanner = StreamScanner(dialect: surface.dialect)
      var passed = 0
      event.withUnsafeBytes { bytes in scanner.feed(bytes, with: peek) { passed += $0.count } }
      #expect(passed == event.count)
      #expect(scanner.facts.sawError)
    }
  }
}
