import Dialects
import Policy
import Testing

/// What routing rules read of requests beyond their facts, and what they write.
struct RuleRequestTests {
  private static let messages = #""messages":[{"role":"user","content":"hi"}]"#

  @Test func membersOfMetadataAreReadWhereSomebodyAsks() throws {
    let body = PaddedBytes(
      #"{\#(Self.messages),"metadata":{"a":"x","b":7,"c":true,"d":1.5,"e":{"a":"z"},"\u0066":"y","g":null}}"#
        .utf8)
    let peek = Peek()
    #expect(try peek.request(body, surface: .chatCompletions).facts.metadata.isEmpty)
    peek.metadataNames = ["f", "d", "c", "b", "a", "e", "g", "h"]
    let facts = try peek.request(body, surface: .chatCompletions).facts
    #expect(
      facts.metadata == [.init("a", "x"), .init("b", "7"), .init("c", "true"), .init("f", "y")],
      "\(facts.metadata)")
    #expect(facts.metadatum("b") == "7" && facts.metadatum("d") == nil)
    #expect(facts.session == nil)
  }

  private func spliced(_ text: String, rule: String, version: String? = nil) throws -> String {
    let edits = VersionEdits(parameters: try VersionSpliceTests.parameters(rule), prompt: nil)
    let versions = try version.map {
      VersionEdits(parameters: try VersionSpliceTests.parameters($0), prompt: "P")
    }
    let body = PaddedBytes(text.utf8)
    let peek = Peek()
    let request = try peek.request(body, surface: .chatCompletions)
    return peek.spliced(
      request, body: body, model: nil, includeUsage: false, version: versions, rule: edits
    ).text
  }

  @Test func aRuleWritesWhatItSays() throws {
    let body = #"{"temperature":1,\#(Self.messages)}"#
    #expect(try spliced(body, rule: #"{"temperature":0.5}"#) == #"{"temperature":0.5,\#(Self.messages)}"#)
    #expect(try spliced(body, rule: #"{"top_p":1}"#) == #"{"top_p":1,"temperature":1,\#(Self.messages)}"#)
  }

  /// A version was released as it is: a rule changes nothing of it.
  @Test func whatAVersionWritesStays() throws {
    let text = try spliced(
      #"{"temperature":1,\#(Self.messages)}"#,
      rule: #"{"Temperature":0.5,"max_completion_tokens":9,"seed":3}"#,
      version: #"{"temperature":0.2,"max_tokens":5}"#)
    #expect(
      text.contains(#""temperature":0.2"#) && text.contains(#""max_tokens":5"#) && text.contains(#""seed":3"#)
    )
    #expect(!text.contains("0.5") && !text.contains(":9"), "\(text)")
  }
}
