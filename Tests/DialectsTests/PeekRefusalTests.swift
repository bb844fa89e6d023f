import Dialects
import Policy
import Testing

@Suite("What a peek refuses")
struct PeekRefusalTests {
  struct Case: CustomTestStringConvertible, Sendable {
    var body: String
    var surface: Surface
    var param: String
    var code: String

    init(_ body: String, _ param: String, _ code: String) {
      self.init(body, .chatCompletions, param, code)
    }

    init(_ body: String, _ surface: Surface, _ param: String, _ code: String) {
      (self.body, self.surface, self.param, self.code) = (body, surface, param, code)
    }

    var testDescription: String { body }
  }

  private static let types: [Case] = [
    Case(chat(#""model":1"#), "model", "invalid_type"),
    Case(chat(#""model":null"#), "model", "invalid_type"),
    Case(chat(#""model":"""#), "model", "invalid_value"),
    Case(chat(#""model":"a\nb""#), "model", "invalid_value"),
    Case(chat(#""model":"\#(String(repeating: "m", count: 257))""#), "model", "invalid_value"),
    Case(chat(#""stream":"true""#), "stream", "invalid_type"),
    Case(chat(#""stream":1"#), "stream", "invalid_type"),
    Case(chat(#""stream_options":true"#), "stream_options", "invalid_type"),
    Case(
      chat(#""stream_options":{"include_usage":1}"#), "stream_options.include_usage", "invalid_type"),
    Case(chat(#""max_tokens":"5""#), "max_tokens", "invalid_type"),
    Case(chat(#""max_tokens":-1"#), "max_tokens", "invalid_value"),
    Case(chat(#""max_tokens":1.0e3"#), "max_tokens", "invalid_value"),
    Case(chat(#""max_tokens":9007199254740993"#), "max_tokens", "invalid_value"),
    Case(chat(#""max_tokens":18446744073709551615"#), "max_tokens", "invalid_value"),
    Case(chat(#""max_completion_tokens":2.5"#), "max_completion_tokens", "invalid_value"),
    Case(chat(#""n":0"#), "n", "invalid_value"),
    Case(chat(#""n":129"#), "n", "invalid_value"),
    Case(chat(#""n":"1""#), "n", "invalid_type"),
    Case(chat(#""tools":{}"#), "tools", "invalid_type"),
    Case(chat(#""metadata":[]"#), "metadata", "invalid_type"),
    Case(chat(#""response_format":"json""#), "response_format", "invalid_type"),
    Case(chat(#""response_format":{"type":1}"#), "response_format.type", "invalid_type"),
    Case(chat(#""Model":"x""#), "Model", "invalid_key"),
    Case(#"{"text":"x"}"#, .responses, "text", "invalid_type"),
    Case(#"{"text":{"format":1}}"#, .responses, "text.format", "invalid_type"),
    Case(#"{"instructions":1}"#, .responses, "instructions", "invalid_type"),
    Case(#"{"input":1}"#, .responses, "input", "invalid_type"),
    Case(#"{"input":["x"]}"#, .responses, "input[0]", "invalid_type"),
  ]

  private static let content: [Case] = [
    Case("{}", "messages", "missing_required_parameter"),
    Case(#"{"messages":[]}"#, "messages", "invalid_value"),
    Case(#"{"messages":null}"#, "messages", "invalid_type"),
    Case(#"{"messages":{"role":"user"}}"#, "messages", "invalid_type"),
    Case(#"{"messages":[1]}"#, "messages[0]", "invalid_type"),
    Case(
      #"{"messages":[{"role":"user"},{"content":"x"}]}"#, "messages[1].role", "missing_required_parameter"),
    Case(#"{"messages":[{"role":1}]}"#, "messages[0].role", "invalid_type"),
    Case(#"{"messages":[{"role":"user","content":1}]}"#, "messages[0].content", "invalid_type"),
    Case(#"{"messages":[{"role":"user","content":["x"]}]}"#, "messages[0].content[0]", "invalid_type"),
    Case(
      #"{"messages":[{"role":"user","content":[{},{"type":1}]}]}"#, "messages[0].content[1].type",
      "invalid_type"),
    Case(
      #"{"messages":[{"role":"user","content":[{"text":{}}]}]}"#, "messages[0].content[0].text",
      "invalid_type"),
    Case("{}", .embeddings, "input", "missing_required_parameter"),
    Case(#"{"input":[]}"#, .embeddings, "input", "invalid_value"),
    Case(#"{"input":null}"#, .embeddings, "input", "invalid_type"),
    Case(#"{"input":[1,"x"]}"#, .embeddings, "input[1]", "invalid_type"),
    Case(#"{"input":["x",[1]]}"#, .embeddings, "input[1]", "invalid_type"),
    Case(#"{"input":[[1],[2.5]]}"#, .embeddings, "input[1][0]", "invalid_type"),
    Case(#"{"prompt":{}}"#, .completions, "prompt", "invalid_type"),
  ]

  private static let duplicates: [Case] = [
    Case(chat(#""model":"cheap","model":"dear""#), "model", "duplicate_key"),
    Case(chat(#""model":"cheap","mod\u0065l":"dear""#), "model", "duplicate_key"),
    Case(chat(#""x":1,"x":1"#), "x", "duplicate_key"),
    Case(chat((0..<40).map { #""k\#($0)":0"# }.joined(separator: ",") + #","k7":1"#), "k7", "duplicate_key"),
    Case(#"{"messages":[{"role":"user","role":"system"}]}"#, "messages[0].role", "duplicate_key"),
    Case(
      #"{"messages":[{"role":"user","content":[{"text":"a","t\u0065xt":"b"}]}]}"#,
      "messages[0].content[0].text", "duplicate_key"),
    Case(
      chat(#""stream_options":{"include_usage":true,"include_usage":false}"#),
      "stream_options.include_usage", "duplicate_key"),
    Case(chat(#""metadata":{"a":"1","a":"2"}"#), "metadata.a", "duplicate_key"),
    Case(
      chat(#""response_format":{"type":"text","type":"json_object"}"#), "response_format.type",
      "duplicate_key"),
    Case(#"{"text":{"format":{"type":"text","type":"x"}}}"#, .responses, "text.format.type", "duplicate_key"),
    Case(#"{"input":[{"content":"a","content":"b"}]}"#, .responses, "input[0].content", "duplicate_key"),
  ]

  @Test(arguments: types + content + duplicates)
  func refusalNamesTheFieldAndTheRule(test: Case) throws {
    let error = try #require(refusal(test.body, test.surface))
    #expect(error.param == test.param)
    #expect(error.code == test.code)
    #expect(error.message.contains("'\(test.param)'"), "\(error.message)")
  }

  @Test func messagesTellWhatToDo() throws {
    let error = try #require(refusal(chat(#""max_tokens":"5""#)))
    #expect(error.message == "The field 'max_tokens' must be an integer, but it is a string.")
  }

  @Test func manyDistinctKeysAreFine() throws {
    let members = (0..<5_000).map { #""key\#($0)":0"# }.joined(separator: ",")
    #expect(try facts(chat(members)).messages == 1)
  }
}
