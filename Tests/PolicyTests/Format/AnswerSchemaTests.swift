import Policy
import Testing

/// What is of a shape, and what isn't.
struct AnswerSchemaTests {
  private func accepts(_ schema: String, _ value: String) throws -> Bool {
    AnswerSchema(try JSONLiteral(text: schema)).accepts(try JSONLiteral(text: value))
  }

  @Test(arguments: [
    ("{}", "[1]", true), ("true", "1", true), ("false", "1", false),
    (#"{"type":"object"}"#, "{}", true), (#"{"type":"object"}"#, "[]", false),
    (#"{"type":["string","null"]}"#, "null", true), (#"{"type":["string","null"]}"#, "1", false),
    (#"{"type":"integer"}"#, "7", true), (#"{"type":"integer"}"#, "7.0", true),
    (#"{"type":"integer"}"#, "7.5", false), (#"{"type":"number"}"#, "7.5", true),
    (#"{"type":"boolean"}"#, "false", true), (#"{"type":"boolean"}"#, "0", false),
    (#"{"type":"array"}"#, "[]", true), (#"{"type":"tuple"}"#, "[]", true),
    (#"{"enum":["a",1,null]}"#, "1.0", true), (#"{"enum":["a",1,null]}"#, #""A""#, false),
    (#"{"enum":[{"a":[1]}]}"#, #"{"a":[1]}"#, true), (#"{"const":"x"}"#, #""y""#, false),
    (#"{"minimum":1,"maximum":3}"#, "3", true), (#"{"minimum":1,"maximum":3}"#, "3.5", false),
    (#"{"exclusiveMinimum":1}"#, "1", false), (#"{"exclusiveMaximum":1}"#, "0.5", true),
    (#"{"minimum":1}"#, #""a text has no size""#, true),
    (#"{"minLength":2,"maxLength":2}"#, #""é\ud83d\ude00""#, true), (#"{"maxLength":2}"#, #""abc""#, false),
    (#"{"minItems":1}"#, "[]", false), (#"{"maxItems":1}"#, "[1]", true),
    (#"{"items":{"type":"string"}}"#, #"["a","b"]"#, true),
    (#"{"items":{"type":"string"}}"#, #"["a",1]"#, false),
    (#"{"pattern":"^a$"}"#, #""b""#, true),
  ])
  func simpleSchemas(schema: String, value: String, isAccepted: Bool) throws {
    #expect(try accepts(schema, value) == isAccepted)
  }

  private static let order = #"""
    {"type":"object","properties":{"id":{"type":"integer"},"note":{"type":"string"}},"required":["id"],
     "additionalProperties":false}
    """#

  @Test(arguments: [
    (#"{"id":1}"#, true), (#"{"id":1,"note":"x"}"#, true), (#"{"note":"x"}"#, false), (#"{"id":"1"}"#, false),
    (#"{"id":1,"more":2}"#, false), ("[]", false),
  ])
  func objectsHaveTheirMembers(value: String, isAccepted: Bool) throws {
    #expect(try accepts(Self.order, value) == isAccepted)
  }

  @Test func otherMembersMayHaveASchemaToo() throws {
    let schema = #"{"properties":{"a":{}},"additionalProperties":{"type":"integer"}}"#
    #expect(try accepts(schema, #"{"a":"x","b":1}"#))
    #expect(try !accepts(schema, #"{"b":"x"}"#))
  }

  @Test func schemasMayBeCombined() throws {
    let schema = #"{"anyOf":[{"type":"string"},{"type":"integer"}],"allOf":[{"enum":["a",1,2]},{"not":{}}]}"#
    #expect(try accepts(schema, "1") && accepts(schema, #""a""#))
    #expect(try !accepts(schema, "3") && !accepts(schema, "null"))
    #expect(try accepts(#"{"oneOf":[{"type":"null"},{}]}"#, "null"), "one at least")
    #expect(try !accepts(#"{"oneOf":[{"type":"null"}]}"#, "1"))
  }

  @Test func schemasMayReferToEachOther() throws {
    let schema = #"""
      {"$ref":"#/$defs/node","$defs":{"node":{"type":"object","required":["value"],
       "properties":{"value":{"type":"integer"},"next":{"anyOf":[{"$ref":"#/$defs/node"},{"type":"null"}]}}}}}
      """#
    #expect(try accepts(schema, #"{"value":1,"next":{"value":2,"next":null}}"#))
    #expect(try !accepts(schema, #"{"value":1,"next":{"value":"2"}}"#))
    #expect(try accepts(##"{"properties":{"a":{"$ref":"#"}},"required":["a"]}"##, #"{"a":1}"#))
    #expect(try !accepts(##"{"properties":{"a":{"$ref":"#"}},"required":["a"]}"##, #"{"a":{}}"#))
    #expect(try accepts(#"{"$ref":"elsewhere.json"}"#, "1"), "nobody looks it up")
  }

  /// Both are other people's. Each of these would take longer than there is; the limit counts the wait for a thread too.
  @Test(
    .timeLimit(.minutes(30)),
    arguments: [
      ##"{"$ref":"#"}"##, ##"{"allOf":[{"$ref":"#"},{"$ref":"#"}]}"##,
      ##"{"allOf":[{"anyOf":[false,{"$ref":"#"}]},{"anyOf":[{"$ref":"#"},{"$ref":"#"}]}]}"##,
    ])
  func aSchemaThatLeadsBackToItselfEnds(schema: String) throws {
    #expect(try accepts(schema, "{}"))
  }

  /// A look at all of an answer takes as many steps as it is large, and what takes too many is accepted.
  @Test(arguments: [
    (#"{"minLength":1}"#, #""a""#, "\"" + String(repeating: "a", count: 60_000) + "\""),
    (#"{"enum":[["b"]]}"#, "[1]", "[" + String(repeating: "1,", count: 30_000) + "1]"),
  ])
  func aLargeAnswerIsNotLookedAtAgainAndAgain(part: String, small: String, large: String) throws {
    let parts = Array(repeating: #"{"anyOf":[\#(part),{}]}"#, count: 40).joined(separator: ",")
    let text = #"{"type":"json_schema","schema":{"allOf":[\#(parts),false]}}"#
    let format = try #require(AnswerFormat(try JSONLiteral(text: text)))
    #expect(!format.accepts(small))
    #expect(format.accepts(large))
  }

  @Test func formatsAreReadAsBothAPIsHaveThem() throws {
    func format(_ text: String) throws -> AnswerFormat? { AnswerFormat(try JSONLiteral(text: text)) }
    #expect(
      try format(#"{"type":"text"}"#) == nil && format("null") == nil && format(#"{"type":"future"}"#) == nil)
    let object = try #require(try format(#"{"type":"json_object"}"#))
    #expect(
      object.accepts(#" {"a":1} "#) && !object.accepts("[1]") && !object.accepts("{") && !object.accepts(""))
    for text in [
      #"{"type":"json_schema","json_schema":{"name":"n","strict":true,"schema":{"type":"object","required":["a"]}}}"#,
      #"{"type":"json_schema","name":"n","schema":{"type":"object","required":["a"]}}"#,
    ] {
      let shape = try #require(try format(text))
      #expect(shape.accepts(#"{"a":1}"#) && !shape.accepts(#"{"b":1}"#) && !shape.accepts("hello"))
    }
  }
}
