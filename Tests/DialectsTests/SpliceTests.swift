import Dialects
import Policy
import Testing

@Suite("What a splice changes")
struct SpliceTests {
  /// The spliced text, and whether it is the client's own object.
  private func splice(
    _ text: String, _ surface: Surface = .chatCompletions, model: String? = nil, usage: Bool = false
  ) throws -> (text: String, isSame: Bool) {
    let peek = Peek()
    let body = PaddedBytes(text.utf8)
    let request = try peek.request(body, surface: surface)
    let result = peek.spliced(request, body: body, model: model, includeUsage: usage)
    return (result.text, result === body)
  }

  @Test(arguments: [
    (#"{"model":"a","prompt":"x"}"#, #"{"model":"b\"\\é","prompt":"x"}"#),
    (#"{ "prompt" : "x" , "model" : "a\u0062" }"#, #"{ "prompt" : "x" , "model" : "b\"\\é" }"#),
    (#"{ "prompt":"x"}"#, #"{"model":"b\"\\é", "prompt":"x"}"#),
    ("{}", #"{"model":"b\"\\é"}"#),
    ("{ }", #"{"model":"b\"\\é" }"#),
    (#"{"x":{"model":"no"},"model":"a"}"#, #"{"x":{"model":"no"},"model":"b\"\\é"}"#),
    (#"{"x":"\"model\":\"no\"","mod\u0065l":"a"}"#, #"{"x":"\"model\":\"no\"","model":"b\"\\é"}"#),
  ])
  func modelIsReplacedOrAdded(body: String, expected: String) throws {
    #expect(try splice(body, .completions, model: #"b"\é"#).text == expected)
  }

  @Test(arguments: [
    (#"{"prompt":"x"}"#, #"{"stream_options":{"include_usage":true},"prompt":"x"}"#),
    (#"{"stream_options": null }"#, #"{"stream_options": {"include_usage":true} }"#),
    (#"{"stream_options":{}}"#, #"{"stream_options":{"include_usage":true}}"#),
    (
      #"{"stream_options":{ "a":[1,{"b":2}]}}"#,
      #"{"stream_options":{"include_usage":true, "a":[1,{"b":2}]}}"#
    ),
    (
      #"{"stream_options":{"include_usage" : false,"a":1}}"#,
      #"{"stream_options":{"include_usage" : true,"a":1}}"#
    ),
    (
      #"{"stream_options":{"a":{},"include_usage":null}}"#,
      #"{"stream_options":{"a":{},"include_usage":true}}"#
    ),
    (#"{"stream\u005foptions":{"includ\u0065_usage":false}}"#, #"{"stream_options":{"include_usage":true}}"#),
  ])
  func usageIsAskedFor(body: String, expected: String) throws {
    #expect(try splice(body, .completions, usage: true).text == expected)
  }

  @Test func bothNewMembersComeFirst() throws {
    let text = try splice(#"{"pr\u006fmpt":"x"}"#, .completions, model: "m", usage: true).text
    #expect(text == #"{"model":"m","stream_options":{"include_usage":true},"prompt":"x"}"#)
  }

  @Test func nothingToChangeGivesTheSameObject() throws {
    let body = #"{"model":"a","stream_options":{"include_usage":true}}"#
    #expect(try splice(body, .completions, model: "a", usage: true).isSame)
    #expect(try splice(body, .completions).isSame)
    #expect(try splice(#"{"input":"x"}"#, .embeddings, usage: true).isSame)
    #expect(try splice(#"{"input":"x"}"#, .responses, usage: true).isSame)
  }

  @Test func unknownKeysKeepTheirSpelling() throws {
    let body = #"{"l\u006fgit_bias":{"\u0031":1},"model":"a"}"#
    #expect(try splice(body, .completions, model: "b").text == body.replacing("\"a\"", with: "\"b\""))
  }

  @Test func controlCharactersInNamesAreEscaped() {
    let bytes = PaddedBytes()
    bytes.appendJSON("a\u{1}\u{1f}\n\r\t\"\\é😀")
    #expect(bytes.text == #""a\u0001\u001f\n\r\t\"\\é😀""#)
  }
}
