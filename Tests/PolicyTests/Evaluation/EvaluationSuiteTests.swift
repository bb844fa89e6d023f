import Policy
import Testing

/// Suites as files: what is read, and what is refused with the line that it stands in.
struct EvaluationSuiteTests {
  static let digest = ContentDigest(text: String(repeating: "0a", count: 32))

  static func suite(_ lines: String...) throws -> EvaluationSuite {
    try EvaluationSuite(lines.joined(separator: "\n"), digest: #require(digest))
  }

  /// A case that expects something.
  static func line(_ expect: String, name: String = "one") -> String {
    #"{"name":"\#(name)","request":{"messages":[{"role":"user","content":"hi"}]},"expect":\#(expect)}"#
  }

  @Test func aCaseIsALine() throws {
    let suite = try Self.suite(
      Self.line(#"{"contains":"Hello"}"#), "", Self.line(#"{"status":400,"contains":["a","b"]}"#, name: "two")
    )
    #expect(suite.cases.map(\.name) == ["one", "two"])
    #expect(suite.cases[0].expect.contains == ["Hello"] && suite.cases[0].expect.status == 200)
    #expect(suite.cases[1].expect.contains == ["a", "b"] && suite.cases[1].expect.status == 400)
    #expect(
      suite.cases[0].body(for: "chat")
        == #"{"messages":[{"content":"hi","role":"user"}],"model":"chat"}"#)
  }

  @Test(arguments: [
    ("{", "no JSON"), ("[]", "the case is no JSON object"), ("{}", "no name"),
    (#"{"name":"a"}"#, "no request"), (#"{"name":"a","request":{}}"#, "no messages"),
    (#"{"name":"a","request":{"messages":[]}}"#, "no messages"),
    (#"{"name":"a","request":{"messages":[1],"model":"x"}}"#, "names a model"),
    (#"{"name":"a","request":{"messages":[1],"stream":true}}"#, "whether it streams"),
    (#"{"name":"a","request":{"messages":[1]},"expects":{}}"#, "unknown member 'expects'"),
  ])
  func whatIsNoCaseIsRefused(line: String, reason: String) throws {
    let error = #expect(throws: EvaluationError.self) { try Self.suite(Self.line("{}"), line) }
    #expect(error?.line == 2 && error?.reason.contains(reason) == true, "\(String(describing: error))")
  }

  @Test(arguments: [
    (#"{"status":7}"#, "'status' of expect must be a whole number from 100 to 599"),
    (#"{"contains":5}"#, "'contains' of expect must be a text, or a list of texts"),
    (#"{"matches":"("}"#, "no regular expression"), (#"{"refuses":1}"#, "true or false"),
    (#"{"judge":{}}"#, "has not got"), (#"{"colour":"blue"}"#, "unknown member 'colour'"),
    (#"{"json":{"type":"thing"}}"#, "'thing' is no type"),
    (#"{"json":{"pattern":"a"}}"#, "unknown member 'pattern'"),
    (#"{"json":{"items":{"required":5}}}"#, "'required' of a schema"),
    (#"{"max_latency_ms":0}"#, "max_latency_ms"),
  ])
  func whatCantBeExpectedIsRefused(expect: String, reason: String) throws {
    let error = #expect(throws: EvaluationError.self) { try Self.suite(Self.line(expect)) }
    #expect(error?.line == 1 && error?.reason.contains(reason) == true, "\(String(describing: error))")
  }

  @Test func namesAreUniqueAndASuiteIsNotEmpty() throws {
    let twice = #expect(throws: EvaluationError.self) { try Self.suite(Self.line("{}"), Self.line("{}")) }
    #expect(twice?.description == "line 2: 'one' is the name of the case in line 1 too")
    let empty = #expect(throws: EvaluationError.self) { try Self.suite("", " ") }
    #expect(empty?.description == "the suite has no cases")
  }
}
