import Policy
import Testing

/// Which answers will do.
struct AnswerCheckTests {
  private typealias Subject = AnswerCheck.Subject

  private func format(_ text: String) throws -> AnswerFormat {
    try #require(AnswerFormat(try JSONLiteral(text: text)))
  }

  @Test(arguments: [
    "I'm sorry, but I can't help with that.", "Thanks for asking! I cannot answer this.",
    "I’m unable to say.",
  ])
  func refusalsWontDoUnlessNobodyAsks(text: String) {
    var check = AnswerCheck()
    #expect(check.objection(to: Subject(text: text), format: nil) == .refusal)
    #expect(check.objection(to: Subject(text: "Yes.", isRefusal: true), format: nil) == .refusal)
    check.refusal = false
    #expect(check.objection(to: Subject(text: text), format: nil) == nil)
    #expect(check.objection(to: Subject(text: "Yes.", isRefusal: true), format: nil) == nil)
  }

  @Test func nothingWontDoUnlessAToolIsCalled() {
    let check = AnswerCheck()
    #expect(check.objection(to: Subject(text: " \n"), format: nil) == .empty)
    #expect(check.objection(to: Subject(text: "", callsTools: true), format: nil) == nil)
    #expect(check.objection(to: Subject(text: "Yes."), format: nil) == nil)
    let late = String(repeating: "word ", count: 60) + "I cannot"
    #expect(check.objection(to: Subject(text: late), format: nil) == nil, "a refusal begins so")
  }

  @Test func jsonHasTheShapeThatIsWanted() throws {
    let schema = #"{"type":"object","required":["a"],"properties":{"a":{"type":"integer"}}}"#
    let wanted = try format(#"{"type":"json_schema","json_schema":{"schema":\#(schema)}}"#)
    var check = AnswerCheck()
    for (text, objection) in [
      (#"{"a":1}"#, nil), (#"{"a":"x"}"#, .schema), ("{}", .schema), ("a is 1", .schema),
    ] as [(String, AnswerCheck.Objection?)] {
      #expect(check.objection(to: Subject(text: text), format: wanted) == objection, "\(text)")
    }
    check.schema = false
    #expect(check.objection(to: Subject(text: "a is 1"), format: wanted) == nil)
  }

  @Test func confidenceIsTheMeanOfProbabilities() {
    var check = AnswerCheck()
    func objection(_ mean: Double?) -> AnswerCheck.Objection? {
      check.objection(to: Subject(text: "Yes.", meanLogProbability: mean), format: nil)
    }
    #expect(objection(-5) == nil, "nobody asks")
    check.leastConfidence = 5_000
    // ln 0.5 = −0.6931
    #expect(objection(-0.6932) == .confidence && objection(-0.6931) == nil && objection(0) == nil)
    #expect(objection(nil) == nil, "nobody knows")
  }
}
