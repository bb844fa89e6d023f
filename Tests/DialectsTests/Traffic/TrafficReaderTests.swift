import Dialects
import Policy
import Testing

@Suite("What a line of traffic says")
struct TrafficReaderTests {
  private func read(_ text: String) throws(TrafficFault) -> TrafficLine {
    try TrafficReader().read(PaddedBytes(text.utf8))
  }

  private func fault(_ text: String) -> String? {
    do throws(TrafficFault) {
      _ = try read(text)
      return nil
    } catch {
      return error.message
    }
  }

  private func facts(_ line: TrafficLine) throws -> RequestFacts {
    guard case .sizes(let request) = line.content else {
      Issue.record("it has a body")
      return RequestFacts(surface: .embeddings)
    }
    return request.facts
  }

  @Test func sizesAreFactsOfARequest() throws {
    let line = try read(
      #"""
      {"at": 12.0625, "key": "ci", "model": "chat", "input_tokens": 812, "output_tokens": 240, "cached_tokens": 12, "reasoning_tokens": 9,
       "max_tokens": 300, "stream": true, "turns": 3, "images": 0, "tools": 2, "json": true, "complexity": 0.25,
       "task_type": "code_review", "domain": "legal", "language": "en", "code": true, "id": [1], "took_ms": 7.5,
       "deployment": "small", "headers": {"x-a": "b"}, "metadata": {"job": "n", "count": 3, "late": false}}
      """#)
    #expect(line.at == 12_063 && line.who == .key("ci") && line.path == "/v1/chat/completions")
    #expect(
      line.use.input == 812 && line.use.output == 240 && line.use.cached == 12 && line.use.reasoning == 9)
    #expect(line.deployment == "small" && line.took == 7.5)
    #expect(line.headers.map(\.name) == ["x-a"] && line.headers.map(\.value) == ["b"])
    let facts = try facts(line)
    #expect(facts.surface == .chatCompletions && facts.model == "chat" && facts.stream && facts.wantsJSON)
    #expect(facts.maxOutputTokens == 300 && facts.messages == 3 && facts.tools == 2)
    #expect(facts.metadata == [.init("job", "n"), .init("count", "3"), .init("late", "false")])
    let prompt = try #require(facts.prompt)
    #expect(prompt.complexity == 0.25 && prompt.task == .review && prompt.domain == .legal)
    #expect(prompt.language == "en" && prompt.hasCode)
  }

  @Test(arguments: [(1, 0), (812, 0), (5_000, 2), (1_000_000, 0)])
  func soManyTokensAreEstimatedAsSoMany(tokens: Int64, images: Int) throws {
    let line = try read(#"{"input_tokens": \#(tokens), "images": \#(images)}"#)
    #expect(TokenEstimator().input(try facts(line)) == tokens)
  }

  @Test func aBodyStandsWhereItWasWritten() throws {
    let text =
      #"{"tenant":"acme", "body" : {"model":"é","n":[{}]} ,"usage":{"input_tokens":3,"output_tokens":4}}"#
    let line = try read(text)
    guard case .body(let range) = line.content else {
      Issue.record("it has no body")
      return
    }
    #expect(String(decoding: Array(text.utf8)[range], as: UTF8.self) == #"{"model":"é","n":[{}]}"#)
    #expect(line.who == .tenant("acme") && line.use.input == 3 && line.use.output == 4)
  }

  @Test func aKeySaysMoreThanItsTenant() throws {
    for text in [#"{"key":"k","tenant":"t","body":{}}"#, #"{"tenant":"t","key":"k","body":{}}"#] {
      #expect(try read(text).who == .key("k"))
    }
  }

  @Test(
    arguments: [
      ("{", "not valid JSON"), ("[]", "A line is a JSON object"), ("{}", "neither 'body' nor 'input_tokens'"),
      (#"{"input_tokens":1,"input_tokens":2}"#, "given twice"),
      (#"{"ouput_tokens":1}"#, "'ouput_tokens' is no member"), (#"{"body":{},"model":"m"}"#, "beside 'body'"),
      (#"{"body":"x"}"#, "'body' is no object"), (#"{"input_tokens":-1}"#, "from 0"),
      (#"{"at":"now"}"#, "'at' is no number"), (#"{"complexity":1.5}"#, "from 0 to 1."),
      (#"{"task_type":"juggling"}"#, "no task"), (#"{"usage":{}}"#, "counts no tokens"),
      (#"{"input_tokens":1,"path":"/v1/nothing"}"#, "nothing at the path"),
      (#"{"metadata":{"a":[]}}"#, "no text, whole number or boolean"),
    ])
  func whatCannotBePlayedSaysWhy(text: String, words: String) {
    #expect(fault(text)?.contains(words) == true, "\(fault(text) ?? "it is read")")
  }
}
