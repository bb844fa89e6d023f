import Dialects
import Policy
import Testing

/// What answers say.
@Suite("Texts of answers")
struct AnswerTextTests {
  private func read(_ answer: String, _ surface: Surface = .chatCompletions, isEvents: Bool = false)
    -> AnswerText?
  {
    Array(answer.utf8).withUnsafeBytes { Peek().text(of: $0, isEvents: isEvents, surface) }
  }

  private func events(_ data: [String], end: String = "\n") -> String {
    data.map { "data: \($0)\(end)\(end)" }.joined()
  }

  @Test func plainAnswersHaveOneText() {
    let answer =
      #"{"choices":[{"index":0,"message":{"role":"assistant","content":"{\"a\":1}"},"finish_reason":"stop"}]}"#
    #expect(read(answer)?.text == #"{"a":1}"# && read(answer)?.isRefusal == false)
    let parts =
      #"{"choices":[{"message":{"content":[{"type":"text","text":"a"},{"type":"text","text":"b"}]}}]}"#
    #expect(read(parts)?.text == "ab")
    #expect(read(#"{"choices":[{"text":"x"},{"index":1,"text":"y"}]}"#, .completions)?.text == "x")
    #expect(read("[]") == nil && read("nonsense") == nil && read("") == nil)
    #expect(read("{}")?.text == "")
  }

  @Test(arguments: [
    #"{"choices":[{"message":{"content":null,"refusal":"I can't."}}]}"#,
    #"{"choices":[{"message":{"content":"half"},"finish_reason":"content_filter"}]}"#,
  ])
  func refusalsAreSeen(answer: String) {
    #expect(read(answer)?.isRefusal == true)
  }

  @Test func toolsAreSeenToBeCalled() {
    func calls(_ members: String) -> Bool? { read(#"{"choices":[{"message":{\#(members)}}]}"#)?.callsTools }
    #expect(calls(#""content":null,"tool_calls":[{"id":"a"}]"#) == true)
    #expect(calls(#""content":null,"function_call":{"name":"f"}"#) == true)
    #expect(calls(#""content":"x","tool_calls":[]"#) == false)
    #expect(calls(#""content":"x","tool_calls":null,"function_call":null"#) == false)
    let data = [#"{"choices":[{"delta":{"tool_calls":[{"index":0}]}}]}"#, #"{"choices":[{"delta":{}}]}"#]
    #expect(read(events(data), isEvents: true)?.callsTools == true)
  }

  @Test func logProbabilitiesAreAveraged() {
    func choice(_ values: String, index: Int = 0, _ member: String = "message") -> String {
      let tokens = values.split(separator: " ").map { #"{"token":"x","logprob":\#($0)}"# }.joined(
        separator: ",")
      return #"{"index":\#(index),"\#(member)":{"content":"x"},"logprobs":{"content":[\#(tokens)]}}"#
    }
    let plain = #"{"choices":[\#(choice("-1 -0.5 0")),\#(choice("-9", index: 1))]}"#
    #expect(read(plain)?.meanLogProbability == -0.5)
    let data = ["-1", "-2 -3"].map { #"{"choices":[\#(choice($0, "delta"))]}"# }
    #expect(read(events(data), isEvents: true)?.meanLogProbability == -2)
    #expect(read(#"{"choices":[{"message":{"content":"x"},"logprobs":null}]}"#)?.meanLogProbability == nil)
    #expect(read(#"{"choices":[{"message":{"content":"x"}}]}"#)?.meanLogProbability == nil)
  }

  @Test func nothingElseIsARefusal() {
    #expect(
      read(#"{"choices":[{"message":{"content":"x","refusal":null},"finish_reason":"length"}]}"#)?.isRefusal
        == false)
    #expect(read(#"{"choices":[{"message":{"content":"x","refusal":""}}]}"#)?.isRefusal == false)
  }

  @Test(arguments: ["\n", "\r\n", "\r"]) func streamsArePutTogether(end: String) {
    let data = [
      #"{"choices":[{"index":0,"delta":{"role":"assistant","content":""}}]}"#,
      #"{"choices":[{"index":0,"delta":{"content":"He"}}]}"#,
      #"{"choices":[{"index":1,"delta":{"content":"other"}}]}"#,
      #"{"choices":[{"index":0,"delta":{"content":"llo é"}}]}"#,
      #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}]}"#, #"{"choices":[],"usage":{}}"#,
      "[DONE]",
    ]
    let found = read(": hi\(end)\(end)" + events(data, end: end), isEvents: true)
    #expect(found?.text == "Hello é" && found?.isRefusal == false)
    let refused = events([#"{"choices":[{"delta":{"refusal":"No"}}]}"#, "[DONE]"], end: end)
    #expect(read(refused, isEvents: true)?.isRefusal == true)
  }

  @Test func eventsMayHaveSeveralLinesAndNoEnd() {
    let answer = "data: {\"choices\":\ndata: [{\"text\":\"a\"}]}\n\ndata: {\"choices\":[{\"text\":\"b\"}]}"
    #expect(read(answer, .completions, isEvents: true)?.text == "ab")
  }

  @Test func responsesSayAllInTheirLastEvent() {
    let response =
      #"{"status":"completed","output":[{"type":"reasoning"},{"type":"message","content":[{"type":"output_text","text":"a"},{"type":"output_text","text":"b"}]}]}"#
    #expect(read(response, .responses)?.text == "ab")
    let stream = events([
      #"{"type":"response.output_text.delta","delta":"a"}"#,
      #"{"type":"response.completed","response":\#(response)}"#,
    ])
    #expect(read(stream, .responses, isEvents: true)?.text == "ab")
    let refused = #"{"output":[{"type":"message","content":[{"type":"refusal","refusal":"No"}]}]}"#
    #expect(read(refused, .responses)?.isRefusal == true)
    let filtered = #"{"output":[],"incomplete_details":{"reason":"content_filter"}}"#
    #expect(read(filtered, .responses)?.isRefusal == true)
  }

  @Test func nobodyLooksAtAVeryLongText() {
    let content = String(repeating: "a", count: 70_000)
    #expect(read(#"{"choices":[{"message":{"content":"\#(content)"}}]}"#) == nil)
    #expect(
      read(#"{"choices":[{"message":{"content":"\#(content.prefix(60_000))"}}]}"#)?.text.count == 60_000)
  }
}
