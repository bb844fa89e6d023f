import Policy
import Testing

/// What answers lack.
struct ExpectationTests {
  private func answer(
    _ content: String, status: Int = 200, latency: Int = 100, finish: String = "stop",
    headers: [String: String] = ["x-switchyard-version": "12"]
  ) -> EvaluationAnswer {
    let choice = JSONLiteral.object([
      .init("message", .object([.init("content", .string(content))])),
      .init("finish_reason", .string(finish)),
    ])
    let body = JSONLiteral.object([.init("choices", .array([choice]))])
    return EvaluationAnswer(status: status, latency: latency, body: body.text) { headers[$0] }
  }

  private func broken(_ expect: String, _ answer: EvaluationAnswer) throws -> [String] {
    let suite = try EvaluationSuiteTests.suite(EvaluationSuiteTests.line(expect))
    return suite.cases[0].expect.broken(by: answer, of: 12).map(\.rawValue)
  }

  @Test(arguments: [
    ("{}", "Hello", []), (#"{"contains":["Hel","lo"]}"#, "Hello", []),
    (#"{"contains":["Hel","x"]}"#, "Hello", ["contains"]), (#"{"matches":"^H.*o$"}"#, "Hello", []),
    (#"{"matches":"^e"}"#, "Hello", ["matches"]), (#"{"refuses":true}"#, "I'm sorry, but no.", []),
    (#"{"refuses":false}"#, "I cannot do that.", ["refuses"]), (#"{"refuses":true}"#, "Hello", ["refuses"]),
    (#"{"finish_reason":"length"}"#, "Hello", ["finish_reason"]),
    (#"{"max_latency_ms":99}"#, "Hello", ["max_latency_ms"]), (#"{"max_latency_ms":100}"#, "Hello", []),
    (#"{"status":400}"#, "Hello", ["status"]), (#"{"model":"chat"}"#, "Hello", ["model"]),
    (#"{"deployment":"d"}"#, "Hello", ["deployment"]),
  ])
  func anAnswerLacks(expect: String, content: String, lacks: [String]) throws {
    #expect(try broken(expect, answer(content)) == lacks)
  }

  @Test func anAnswerOfAnotherVersionIsNone() throws {
    #expect(try broken("{}", answer("Hello", headers: ["x-switchyard-version": "11"])) == ["version"])
    #expect(try broken("{}", answer("Hello", headers: [:])) == ["version"])
    #expect(try broken(#"{"status":500}"#, answer("", status: 500, headers: [:])) == [])
  }

  @Test func routingIsReadFromHeaders() throws {
    let headers = [
      "x-switchyard-version": "12", "x-switchyard-model": "chat", "x-switchyard-deployment": "d",
    ]
    #expect(try broken(#"{"model":"chat","deployment":"d"}"#, answer("x", headers: headers)) == [])
  }

  @Test(arguments: [
    (#"{"type":"object","required":["a"]}"#, #"{"a":1}"#, true),
    (#"{"type":"object","required":["a"]}"#, #"{"b":1}"#, false),
    (#"{"properties":{"a":{"type":"string"}},"additionalProperties":false}"#, #"{"a":"x"}"#, true),
    (#"{"properties":{"a":{"type":"string"}},"additionalProperties":false}"#, #"{"a":"x","b":1}"#, false),
    (#"{"properties":{"a":{"type":"integer"}}}"#, #"{"a":1.0}"#, true),
    (#"{"properties":{"a":{"type":"integer"}}}"#, #"{"a":1.5}"#, false),
    (#"{"type":["string","null"]}"#, "null", true), (#"{"enum":["a",1]}"#, "1", true),
    (#"{"enum":["a",1]}"#, "2", false), (#"{"items":{"type":"number","minimum":2}}"#, "[2,3]", true),
    (#"{"items":{"type":"number","minimum":2}}"#, "[2,1]", false), (#"{"maxItems":1}"#, "[1,2]", false),
    (#"{"minLength":2}"#, #""é""#, false), (#"{"maximum":9}"#, "10", false), ("{}", "Hello", false),
  ])
  func contentHasAShape(schema: String, content: String, fits: Bool) throws {
    #expect(try broken(#"{"json":\#(schema)}"#, answer(content)) == (fits ? [] : ["json"]))
  }
}
