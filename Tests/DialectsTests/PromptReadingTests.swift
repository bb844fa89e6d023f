import Dialects
import Policy
import Testing

@Suite("What a peek reads of prompts")
struct PromptReadingTests {
  private func prompt(
    _ body: String, _ surface: Surface = .chatCompletions, by rules: PromptRules = .init()
  ) throws -> PromptFacts {
    let peek = Peek()
    peek.readsPrompt = rules
    return try #require(try peek.request(PaddedBytes(body.utf8), surface: surface).facts.prompt)
  }

  /// Messages as role and text.
  private func chat(_ messages: [(String, String)], _ members: String = "") -> String {
    let list = messages.map { #"{"role":"\#($0.0)","content":"\#($0.1)"}"# }.joined(separator: ",")
    return #"{\#(members)"messages":[\#(list)]}"#
  }

  @Test func nothingIsReadUnasked() throws {
    let body = chat([("user", "Translate this to French.")], #""metadata":{"team":"a"},"#)
    let facts = try Peek().request(PaddedBytes(body.utf8), surface: .chatCompletions).facts
    #expect(facts.prompt == nil && facts.metadata.isEmpty)
    let peek = Peek()
    peek.readsPrompt = PromptRules()
    var asked = try peek.request(PaddedBytes(body.utf8), surface: .chatCompletions).facts
    #expect(asked.prompt?.task == .translation && asked.prompt?.language == "en")
    asked.prompt = nil
    #expect(asked == facts)
  }

  @Test func theUsersLastTurnIsTheOneThatAsks() throws {
    let facts = try prompt(
      chat([
        ("system", "You classify tickets."), ("user", "Übersetze den Satz bitte ins Englische."),
        ("assistant", "Classify it."), ("user", "Please summarize the text of the letter."),
        ("assistant", "Extract the names."), ("tool", "Extract them."),
      ]))
    #expect(facts.task == .summarisation && facts.language == "en" && !facts.hasCode)
    #expect(facts.strengths.depth == 0.125)
  }

  @Test func theRoleMayStandBehindTheContent() throws {
    let body =
      #"{"messages":[{"content":"Translate the text.","role":"user"},{"content":"Extract it.","role":"assistant"}]}"#
    #expect(try prompt(body).task == .translation)
  }

  @Test func withoutAUserTheLastTurnAsks() throws {
    #expect(
      try prompt(chat([("system", "Extract the names."), ("developer", "Translate the text.")])).task
        == .translation)
    // A picture alone asks for nothing.
    let picture = #"{"role":"user","content":[{"type":"image_url","image_url":{"url":"data:,"}}]}"#
    let body = #"{"messages":[{"role":"user","content":"Translate the text."},\#(picture)]}"#
    let facts = try prompt(body)
    #expect(facts.task == .translation && facts.strengths.depth == 0.125)
    #expect(try prompt(#"{"messages":[\#(picture)]}"#).task == nil)
  }

  @Test func codeMayStandAnywhere() throws {
    for role in ["system", "assistant", "tool", "user"] {
      let facts = try prompt(chat([(role, "See: ```x```"), ("user", "What is the time?")]))
      #expect(facts.hasCode && facts.task == .chat, "\(role)")
    }
    #expect(try prompt(chat([("user", "What is wrong with ```x``` here?")])).task == .code)
  }

  @Test func partsAreOneText() throws {
    let whole = try prompt(chat([("user", #"Translate the text:\n- one\n- two"#)]))
    let parts = ["Tran", "slate the te", #"xt:\n"#, "-", #" one\n- tw"#, "o"]
      .map { #"{"type":"text","text":"\#($0)"}"# }.joined(separator: ",")
    #expect(try prompt(#"{"messages":[{"role":"user","content":[\#(parts)]}]}"#) == whole)
    #expect(whole.task == .translation && whole.strengths.structure > 0.16)
  }

  @Test func otherSurfacesHavePromptsToo() throws {
    #expect(try prompt(#"{"prompt":"Translate the text."}"#, .completions).task == .translation)
    let list = try prompt(#"{"prompt":["Extract the names.","Translate the text."]}"#, .completions)
    #expect(list.task == .translation && list.strengths.depth == 0)
    #expect(try prompt(#"{"input":"the sea and the land"}"#, .embeddings).language == "en")
    #expect(try prompt(#"{"input":[1,2]}"#, .embeddings) == PromptFacts())
    #expect(try prompt("{}", .completions) == PromptFacts())
    for body in [
      #"{"instructions":"Extract the names.","input":"Translate the text."}"#,
      #"{"input":"Translate the text.","instructions":"Extract the names."}"#,
      #"{"input":[{"role":"user","content":"Translate the text."},{"type":"function_call_output","output":"Extract."}]}"#,
    ] {
      #expect(try prompt(body, .responses).task == .translation, "\(body)")
    }
  }

  @Test func weightsAreThoseOfTheRules() throws {
    var rules = PromptRules()
    rules.weights = SignalValues()
    rules.weights.reasoning = 1
    let body = chat([("user", "Explain the sea.")])
    #expect(try prompt(body, by: rules).complexity == 0.25)
    rules.weights.reasoning = 0
    #expect(try prompt(body, by: rules).complexity == 0)
  }

  @Test func oneRequestTellsTheNextNothing() throws {
    let peek = Peek()
    peek.readsPrompt = PromptRules()
    func read(_ body: String) throws -> PromptFacts? {
      try peek.request(PaddedBytes(body.utf8), surface: .chatCompletions).facts.prompt
    }
    let plain = chat([("user", "What is the time?")])
    let first = try read(plain)
    for body in [
      chat([("user", "```"), ("user", "Translate it.")]),
      #"{"messages":[{"role":"user","content":"Translate it."},{"content":"x"}]}"#,
    ] {
      _ = try? read(body)
      #expect(try read(plain) == first)
    }
  }

  @Test func fieldsOfMetadataAreToldWhereSomebodyAsks() throws {
    let peek = Peek()
    peek.metadataNames = ["team", "née", "count", "flag", "list", "absent"]
    let metadata = #"{"te\u0061m":"a","née":"b","other":"c","count":7,"flag":true,"list":["x"]}"#
    let body = PaddedBytes(chat([("user", "hi")], #""metadata":\#(metadata),"#).utf8)
    let facts = try peek.request(body, surface: .chatCompletions).facts
    #expect(
      facts.metadata == [.init("team", "a"), .init("née", "b"), .init("count", "7"), .init("flag", "true")])
    #expect(facts.metadatum("née") == "b" && facts.metadatum("other") == nil && facts.prompt == nil)
  }
}
