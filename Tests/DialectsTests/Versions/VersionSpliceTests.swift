import Dialects
import Policy
import Testing

@Suite("What a version of a model changes in requests")
struct VersionSpliceTests {
  /// The spliced text: the same whether the members were noted at first or not.
  private func splice(
    _ text: String, _ surface: Surface = .chatCompletions, _ parameters: String = "{}", prompt: String? = nil,
    model: String? = nil, usage: Bool = false
  ) throws -> String {
    let edits = VersionEdits(parameters: try Self.parameters(parameters), prompt: prompt)
    let body = PaddedBytes(text.utf8)
    let texts = try [true, false].map { noted in
      let peek = Peek()
      peek.notesMembers = noted
      let request = try peek.request(body, surface: surface)
      return peek.spliced(request, body: body, model: model, includeUsage: usage, version: edits).text
    }
    #expect(texts[0] == texts[1])
    return texts[0]
  }

  static func parameters(_ text: String) throws -> [String: JSONLiteral] {
    guard case .object(let members) = try JSONLiteral(text: text) else { return [:] }
    return Dictionary(uniqueKeysWithValues: members.map { ($0.name, $0.value) })
  }

  private static let messages = #""messages": [ {"role":"user","content":"hi"} ]"#

  @Test(arguments: [
    ("{\(messages)}", #"{"temperature":0.20,"top_p":1,\#(messages)}"#),
    (
      #"{ "temperature" : 1 , \#(messages),"top_p":{"a":[1]}}"#,
      #"{ "temperature" : 0.20 , \#(messages),"top_p":1}"#
    ),
    (#"{"tempe\u0072ature":null,\#(messages)}"#, #"{"top_p":1,"temperature":0.20,\#(messages)}"#),
    (
      #"{\#(messages),"x":{"temperature":7,"top_p":"{}"}}"#,
      #"{"temperature":0.20,"top_p":1,\#(messages),"x":{"temperature":7,"top_p":"{}"}}"#
    ),
    // Providers that ignore case take the last one.
    (#"{\#(messages),"Temperature":2}"#, #"{"temperature":0.20,"top_p":1,\#(messages),"Temperature":0.20}"#),
    (
      #"{\#(messages),"TEM\u0050ERATURE":2,"top_p":2}"#,
      #"{"temperature":0.20,\#(messages),"TEM\u0050ERATURE":0.20,"top_p":1}"#
    ),
    (
      #"{"temperatur":1,"temperature_":2,\#(messages)}"#,
      #"{"temperature":0.20,"top_p":1,"temperatur":1,"temperature_":2,\#(messages)}"#
    ),
  ])
  func parametersAreOverriddenOrAdded(body: String, expected: String) throws {
    #expect(try splice(body, .chatCompletions, #"{"top_p":1,"temperature":0.20}"#) == expected)
  }

  @Test(arguments: [
    (Surface.chatCompletions, #""max_tokens":5,\#(messages)"#, #""max_tokens":9,\#(messages)"#),
    (
      .chatCompletions, #""max_completion_tokens":5,\#(messages)"#, #""max_completion_tokens":9,\#(messages)"#
    ),
    (
      .chatCompletions, #""max_completion_tokens":5,"max_t\u006fkens":5,\#(messages)"#,
      #""max_completion_tokens":9,"max_tokens":9,\#(messages)"#
    ),
    (.chatCompletions, messages, #""max_tokens":9,\#(messages)"#),
    (.completions, #""prompt":"x""#, #""max_tokens":9,"prompt":"x""#),
    (.responses, #""max_output_tokens":null"#, #""max_output_tokens":9"#),
    (.responses, #""max_tokens":1"#, #""max_output_tokens":9,"max_tokens":1"#),
    (.embeddings, #""input":"x""#, #""input":"x""#),
  ])
  func theMostTokensHaveTheNameOfTheAPI(surface: Surface, members: String, expected: String) throws {
    #expect(try splice("{\(members)}", surface, #"{"max_tokens":9}"#) == "{\(expected)}")
  }

  @Test func formatsGoWhereTheAPIKnowsThem() throws {
    let formats =
      #"{"response_format":{"type":"json_object"},"text":{"format":{"type":"text"}},"dimensions":3}"#
    #expect(
      try splice("{\(Self.messages)}", .chatCompletions, formats)
        == #"{"dimensions":3,"response_format":{"type":"json_object"},\#(Self.messages)}"#)
    #expect(
      try splice(#"{"text":null}"#, .responses, formats)
        == #"{"dimensions":3,"text":{"format":{"type":"text"}}}"#)
    #expect(try splice(#"{"input":"x"}"#, .embeddings, formats) == #"{"dimensions":3,"input":"x"}"#)
  }

  @Test(arguments: [
    (
      Surface.chatCompletions, "{\(messages)}",
      #"{"messages": [{"role":"system","content":"Be \"kind\".\n"}, {"role":"user","content":"hi"} ]}"#
    ),
    (
      .chatCompletions, #"{"mess\u0061ges":[{"role":"system","content":"x"}]}"#,
      #"{"messages":[{"role":"system","content":"Be \"kind\".\n"},{"role":"system","content":"x"}]}"#
    ),
    (
      .responses, #"{"instructions":"a\u0062","input":"x"}"#,
      #"{"instructions":"Be \"kind\".\n\n\na\u0062","input":"x"}"#
    ),
    (.responses, #"{"instructions":"","input":"x"}"#, #"{"instructions":"Be \"kind\".\n","input":"x"}"#),
    (.responses, #"{"instructions" : null }"#, #"{"instructions" : "Be \"kind\".\n" }"#),
    (.responses, #"{"input":"x"}"#, #"{"instructions":"Be \"kind\".\n","input":"x"}"#),
    (.responses, "{}", #"{"instructions":"Be \"kind\".\n"}"#),
    (.completions, #"{"prompt":"x"}"#, #"{"prompt":"Be \"kind\".\n\n\nx"}"#),
    (.completions, #"{"prompt":null}"#, #"{"prompt":"Be \"kind\".\n"}"#),
    (.completions, #"{"model":"a"}"#, #"{"prompt":"Be \"kind\".\n","model":"a"}"#),
    (.completions, #"{"prompt":["x","y"]}"#, #"{"prompt":["x","y"]}"#),
    (.completions, #"{"prompt":[1,2]}"#, #"{"prompt":[1,2]}"#),
    (.embeddings, #"{"input":"x"}"#, #"{"input":"x"}"#),
  ])
  func thePromptComesFirst(surface: Surface, body: String, expected: String) throws {
    #expect(try splice(body, surface, prompt: "Be \"kind\".\n") == expected)
  }

  @Test func everythingAtOnce() throws {
    let body =
      #"{"stre\u0061m":true,"temper\u0061ture":1,"model":"a","stream_options":{"x":1},\#(Self.messages)}"#
    let text = try splice(
      body, .chatCompletions, #"{"temperature":0,"seed":7}"#, prompt: "p", model: "b", usage: true)
    #expect(
      text
        == #"{"seed":7,"stream":true,"temperature":0,"model":"b","stream_options":{"include_usage":true,"x":1},"#
        + #""messages": [{"role":"system","content":"p"}, {"role":"user","content":"hi"} ]}"#)
  }

  @Test func aVersionThatChangesNothingGivesTheSameObject() throws {
    let (peek, body) = (Peek(), PaddedBytes("{\(Self.messages)}".utf8))
    let request = try peek.request(body, surface: .chatCompletions)
    let edits = VersionEdits(parameters: [:], prompt: nil)
    #expect(peek.spliced(request, body: body, model: nil, includeUsage: false, version: edits) === body)
  }

  // MARK: Facts

  @Test func factsAreThoseOfTheChangedRequest() throws {
    let edits = VersionEdits(
      parameters: try Self.parameters(
        #"{"max_tokens":9,"response_format":{"type":"json_schema"},"text":{"format":{"type":"text"}}}"#),
      prompt: "日本 x")
    let peek = Peek()
    let bodies: [(Surface, String)] = [
      (.chatCompletions, #"{"max_completion_tokens":5,\#(Self.messages)}"#),
      (.completions, #"{"prompt":null}"#),
      (.completions, #"{"prompt":["a","b"]}"#),
      (.responses, #"{"input":[],"text":{"format":{"type":"json_object"}}}"#),
      (.embeddings, #"{"input":"x"}"#),
    ]
    for (surface, text) in bodies {
      let body = PaddedBytes(text.utf8)
      let request = try peek.request(body, surface: surface)
      let spliced = peek.spliced(request, body: body, model: nil, includeUsage: false, version: edits)
      var read = try peek.request(spliced, surface: surface).facts
      let told = edits.facts(of: request)
      // The gap behind the prompt, and what holds instructions, is of no weight.
      #expect(abs(read.textBytes - told.textBytes) <= 2, "\(text)")
      (read.textBytes, read.messages) = (
        told.textBytes, surface == .responses ? told.messages : read.messages
      )
      #expect(read == told, "\(text)")
    }
  }

  @Test func whatTakesNoPromptIsKnown() throws {
    #expect(try peek(#"{"prompt":["x"]}"#, .completions).takesPrompt == false)
    #expect(try peek(#"{"prompt":"x"}"#, .completions).takesPrompt)
    #expect(try peek(#"{"input":"x"}"#, .embeddings).takesPrompt == false)
    #expect(try peek("{}", .responses).takesPrompt && peek(chat("")).takesPrompt)
  }

  @Test func limitsThatAreNoCountsChangeNoFacts() throws {
    for limit in ["null", "1.5", "-1", "\"9\""] {
      let edits = VersionEdits(parameters: try Self.parameters(#"{"max_tokens":\#(limit)}"#), prompt: nil)
      #expect(edits.facts(of: try peek(chat(#""max_tokens":5"#))).maxOutputTokens == 5)
    }
  }
}
