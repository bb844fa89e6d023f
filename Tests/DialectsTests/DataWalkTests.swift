import Dialects
import Policy
import Testing

struct DataWalkTests {
  private static func found(_ body: String, _ surface: Surface = .chatCompletions) throws -> DetectorSet {
    let detectors = try DataDetectors([.email, .card], [])
    return try Peek().request(PaddedBytes(body.utf8), surface: surface, detectors: detectors).facts.detected
  }

  @Test(arguments: [
    #"{"messages":[{"role":"user","content":"ann@example.com"}]}"#,
    #"{"messages":[{"role":"system","content":[{"type":"text","text":"to ann@example.com"}]}]}"#,
    #"{"messages":[{"role":"tool","content":"ann\u0040example.com"}]}"#,
    #"{"messages":[{"role":"user","content":"a"}],"tools":[{"function":{"description":"as ann@example.com"}}]}"#,
    #"{"messages":[{"role":"user","content":"a"}],"unknown":[[{"ann@example.com":1}]]}"#,
    #"{"messages":[{"role":"assistant","tool_calls":[{"function":{"arguments":"{\"to\":\"ann@example.com\"}"}}]}]}"#,
    #"{"ann@example.com":1,"messages":[{"role":"user","content":"a"}]}"#,
  ])
  func textsAreFoundWhereverTheyStand(body: String) throws {
    #expect(try Self.found(body) == [.email])
  }

  @Test func otherSurfacesAreReadToo() throws {
    #expect(try Self.found(#"{"prompt":["x","ann@example.com"]}"#, .completions) == [.email])
    #expect(try Self.found(#"{"input":"4111 1111 1111 1111"}"#, .embeddings) == [.card])
    #expect(try Self.found(#"{"instructions":"ann@example.com","input":[]}"#, .responses) == [.email])
  }

  @Test func whatIsSplitBetweenTextsIsNone() throws {
    let parts = #"[{"type":"text","text":"ann@"},{"type":"text","text":"example.com"}]"#
    #expect(try Self.found(#"{"messages":[{"role":"user","content":\#(parts)}]}"#).isEmpty)
  }

  @Test func theModelsNameIsNoText() throws {
    #expect(
      try Self.found(#"{"model":"ann@example.com","messages":[{"role":"user","content":"a"}]}"#).isEmpty)
  }

  @Test func nothingIsLookedForUnlessAsked() throws {
    let body = PaddedBytes(#"{"messages":[{"role":"user","content":"ann@example.com"}]}"#.utf8)
    #expect(try Peek().request(body, surface: .chatCompletions).facts.detected.isEmpty)
  }
}
