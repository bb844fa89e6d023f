import Dialects
import Policy
import Testing

/// What may be sent a second time.
@Suite("Requests that may be copied")
struct CopyFactsTests {
  /// The same whether the members were noted at first or not.
  private func facts(_ text: String, _ surface: Surface = .chatCompletions) throws -> CopyFacts {
    let body = PaddedBytes(text.utf8)
    let found = try [true, false].map { noted in
      let peek = Peek()
      peek.notesMembers = noted
      return peek.copyFacts(of: try peek.request(body, surface: surface), body)
    }
    #expect(found[0].usesTools == found[1].usesTools && found[0].keepsState == found[1].keepsState)
    return found[0]
  }

  @Test(arguments: [
    ("", false), (#""tools":[]"#, false), (#""tools":[{"type":"function"}]"#, true),
    (#""tools":null"#, false),
    (#""functions":[{}]"#, true), (#""functions":false,"Functions":[{}]"#, true),
    (#""functions":null"#, false), (#""web_search_options":{}"#, true), (#""Functions":[{}]"#, true),
    (#""f\u0075nctions":[{}]"#, true), (#""x":{"functions":[{}]}"#, false),
  ])
  func toolsAreSeen(members: String, usesTools: Bool) throws {
    let facts = try facts(chat(members))
    #expect(facts.usesTools == usesTools && !facts.keepsState)
  }

  @Test(arguments: [
    ("", false), (#""store":false"#, false), (#""store":null"#, false), (#""store":true"#, true),
    (#""store":false,"Store":true"#, true),
    (#""STORE":true"#, true), (#""background":true"#, true), (#""background": false "#, false),
    (#""conversation":"c1""#, true), (#""previous_response_id":"r1""#, true),
  ])
  func whatIsKeptIsSeen(members: String, keepsState: Bool) throws {
    let facts = try facts(chat(members))
    #expect(facts.keepsState == keepsState && !facts.usesTools)
  }

  @Test(arguments: [
    (#"{"input":"x"}"#, true), (#"{"input":"x","store":null}"#, true), (#"{"input":"x","store":true}"#, true),
    (#"{"input":"x","store":false}"#, false), (#"{"input":"x","store":false,"Store":true}"#, true),
    (#"{"input":"x","store":false,"background":true}"#, true),
    (#"{"input":"x","store":false,"prompt":{"id":"p"}}"#, true),
  ])
  func responsesAreKeptUnlessTheirClientSaysOtherwise(body: String, keepsState: Bool) throws {
    #expect(try facts(body, .responses).keepsState == keepsState)
  }

  @Test func aPromptOfCompletionsKeepsNothing() throws {
    #expect(try !facts(#"{"prompt":"x"}"#, .completions).keepsState)
    #expect(try !facts(#"{"input":"x"}"#, .embeddings).keepsState)
  }

  @Test func theFormatIsTheClients() throws {
    let schema = #"{"type":"json_schema","json_schema":{"schema":{"type":"object","required":["a"]}}}"#
    let format = try #require(try facts(chat(#""response_format":\#(schema)"#)).format)
    #expect(format.accepts(#"{"a":1}"#) && !format.accepts("{}"))
    let response = #"{"input":"x","text":{"format":{"type":"json_object"}}}"#
    #expect(try facts(response, .responses).format?.accepts("{}") == true)
    #expect(try facts(chat("")).format == nil)
    #expect(try facts(chat(#""response_format":{"type":"text"}"#)).format == nil)
    let tools = #""response_format":{"type":"json_object"},"tools":[{}]"#
    #expect(try facts(chat(tools)).format == nil, "tools may answer")
  }
}
