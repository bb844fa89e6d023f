import NIOCore
import Testing

@testable import modelsim

@Suite struct AskReaderTests {
  private func read(_ body: String) throws -> Ask {
    try AskReader.read(ByteBuffer(string: body))
  }

  @Test func aChatRequestIsRead() throws {
    let ask = try read(
      #"""
      {"messages":[{"role":"user","content":"12345"}],"temperature":0.1,"stream":true,"n":2,
      "max_completion_tokens":7,"stream_options":{"include_usage":true},"model":"gp\u0074"}
      """#)
    #expect(ask.model == "gpt")
    #expect(ask.isStream && ask.includesUsage)
    #expect(ask.choices == 2)
    #expect(ask.maxTokens == 7)
    #expect(ask.promptTokens == 2)
  }

  @Test func promptTokensAreAQuarterOfTheTextsBytesRoundedUp() throws {
    func tokens(_ text: String) throws -> Int {
      try read(#"{"model":"m","messages":[{"role":"user","content":"\#(text)"}]}"#).promptTokens
    }
    #expect(try tokens("") == 0)
    #expect(try tokens("a") == 1)
    #expect(try tokens("abcd") == 1)
    #expect(try tokens("abcde") == 2)
    #expect(try tokens(#"\u00e9\u00e9"#) == 1)
  }

  @Test func anImageCountsAConstant() throws {
    let part = #"{"type":"image_url","image_url":{"url":"data:image/png;base64,AAAAAAAAAAAAAAAA"}}"#
    let ask = try read(
      #"{"model":"m","messages":[{"role":"user","content":[{"type":"text","text":"abcd"},\#(part),\#(part)]}]}"#
    )
    #expect(ask.promptTokens == 1 + 2 * TokenCount.perImage)
  }

  @Test func tokenNumbersCountThemselves() throws {
    #expect(try read(#"{"model":"m","input":[1,2,3]}"#).promptTokens == 3)
  }

  @Test func theFirstFunctionIsCalledUnlessNoneIsWanted() throws {
    let tools = #""tools":[{"type":"function","function":{"name":"f","parameters":{"type":"object"}}}]"#
    #expect(try read(#"{"model":"m","prompt":"x",\#(tools)}"#).tool == .init(name: "f", arguments: "{}"))
    #expect(try read(#"{"model":"m","prompt":"x","tool_choice":"none",\#(tools)}"#).tool == nil)
  }

  @Test(arguments: [
    "[]", "{}", #"{"model":"m"}"#, #"{"model":1,"prompt":"x"}"#, #"{"model":"m","prompt":"x"} x"#,
    #"{"model":"m","prompt":"x","max_tokens":0}"#, #"{"model":"m","prompt":"x","stream":"yes"}"#,
    #"{"model":"m","messages":"x"}"#, #"{"model":"m","prompt":"x","n":1000}"#, #"{"model":"m","prompt":"x""#,
  ])
  func bodiesThatMakeNoSenseAreRefused(body: String) {
    #expect(throws: Refusal.self) { try read(body) }
  }

  @Test func equalPromptsHaveEqualHashesAndOthersNot() throws {
    let first = try read(#"{"model":"a","prompt":"one prompt"}"#).promptHash
    #expect(try read(#"{"prompt":"one prompt","model":"b"}"#).promptHash == first)
    #expect(try read(#"{"model":"a","prompt":"two prompt"}"#).promptHash != first)
  }

  @Test func anInstanceOfASchemaHasTheRequiredPropertiesByType() throws {
    let schema = try JSONValue(
      parsing: #"""
        {"type":"object","required":["a","b","c","d","e"],"$defs":{"x":{"type":"boolean"}},"properties":{
        "a":{"type":"string","minLength":6},"b":{"type":"integer","minimum":5},"c":{"enum":["red","blue"]},
        "d":{"$ref":"#/$defs/x"},"e":{"type":"array","minItems":2,"items":{"type":"null"}},"f":{"type":"string"}}}
        """#)
    #expect(
      SchemaInstance.make(schema).description == #"{"a":"textxx","b":5,"c":"red","d":true,"e":[null,null]}"#)
  }

  @Test func aSchemaThatHoldsItselfEnds() throws {
    let schema = try JSONValue(parsing: ##"{"type":"object","properties":{"next":{"$ref":"#"}}}"##)
    #expect(SchemaInstance.make(schema).description.utf8.count < 1000)
  }
}
