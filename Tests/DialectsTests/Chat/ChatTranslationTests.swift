import Dialects
import Policy
import Testing

/// Both sides speak OpenAI's dialect here: what is tested is what holds for all of them.
@Suite("Translations")
struct ChatTranslationTests {
  private let peek = Peek()
  private let translation = ChatTranslation(client: OpenAIChat(), provider: OpenAIChat())
  private let form = AnswerForm(id: "x-1", created: 7, model: "public", includesUsage: true)

  private func answer(_ text: String, _ status: Int) -> TranslatedAnswer? {
    Array(text.utf8).withUnsafeBytes { translation.answer($0, status: status, as: form, with: peek) }
  }

  @Test func theSameDialectNeedsNone() {
    for name in ChatDialectName.allCases {
      #expect(ChatTranslation(from: name, to: name) == nil)
      #expect((name.client?.name ?? name) == name)
      #expect((name.provider?.name ?? name) == name)
    }
  }

  @Test func usageIsAskedForInStreamsAlone() throws {
    let messages = #""messages":[{"role":"user","content":"hi"}]"#
    for (stream, asks) in [("true", true), ("false", false)] {
      let sent = try translation.request(
        PaddedBytes(#"{"stream":\#(stream),\#(messages)}"#.utf8), asksForUsage: true, with: peek)
      #expect(sent.body.text.contains("include_usage") == asks)
      #expect(sent.path == "/chat/completions")
    }
  }

  @Test func answersSayWhatTheyUsed() throws {
    let text =
      #"{"choices":[{"message":{"content":"a"},"finish_reason":"length"}],"usage":{"prompt_tokens":2,"completion_tokens":3}}"#
    let translated = try #require(answer(text, 200))
    #expect(translated.facts.usage == Usage(input: 2, output: 3))
    #expect(translated.facts.finishReason == "length")
    #expect(translated.body.text.contains(#""content":"a""#))
  }

  @Test func errorsAreTranslatedAndComplainedOf() throws {
    let translated = try #require(
      answer(#"{"error":{"code":"insufficient_quota","message":"org-1 is broke"}}"#, 429))
    #expect(translated.facts.complaint == .quotaSpent)
    #expect(!translated.body.text.contains("org-1"))
    let page = try #require(answer("<html>", 500))
    #expect(page.body.text.hasPrefix(#"{"error":{"#))
    #expect(answer("<html>", 200) == nil)
    #expect(answer(#"{"error":{"message":"x"}}"#, 200) == nil)
  }

  // MARK: Streams

  private struct Run: Equatable {
    var output: [UInt8] = []
    var facts = StreamFacts()
    var end: StreamEnd?
  }

  private func run(_ pieces: [ArraySlice<UInt8>], choices: Int = 1) -> Run {
    var (stream, run) = (translation.stream(as: form, choices: choices), Run())
    for piece in pieces {
      piece.withUnsafeBytes { bytes in stream.feed(bytes, with: peek) { run.output += $0 } }
    }
    run.end = stream.finish(with: peek) { run.output += $0 }
    run.facts = stream.facts
    return run
  }

  private func run(_ text: String, choices: Int = 1) -> Run { run([Array(text.utf8)[...]], choices: choices) }

  @Test(
    arguments: RecordedStream.all.filter {
      !$0.name.contains("responses") && !$0.name.contains("completions")
    })
  func everyCutGivesTheSame(recorded: RecordedStream) {
    let input = recorded.input
    let whole = run([input[...]])
    #expect(whole.facts.usage == recorded.facts.usage)
    #expect(whole.facts.finishReason == recorded.facts.finishReason)
    #expect(whole.facts.sawError == recorded.facts.sawError)
    #expect(whole.end == recorded.end)
    for cut in 0...input.count {
      #expect(run([input[..<cut], input[cut...]]) == whole, "\(recorded.name) cut at \(cut)")
    }
  }

  private let said = #"data: {"choices":[{"delta":{"content":"a"}}]}"# + "\n\n"
  private let finished = #"data: {"choices":[{"delta":{},"finish_reason":"stop"}]}"# + "\n\n"

  @Test func streamWithoutEndIsWholeOnceAllChoicesFinished() {
    let whole = run(said + finished)
    #expect(whole.end == .complete)
    #expect(String(decoding: whole.output, as: UTF8.self).hasSuffix("data: [DONE]\n\n"))
    #expect(run(said + finished, choices: 2).end == .truncated(withheld: 0, tailWasReleased: false))
  }

  @Test func cutStreamsHaveNoEnd() {
    let cut = run(said + #"data: {"choices":[{"delta":{"con"#)
    #expect(cut.end == .truncated(withheld: 0, tailWasReleased: false))
    #expect(!String(decoding: cut.output, as: UTF8.self).contains("[DONE]"))
    #expect(cut.facts.contentEvents == 1)
    #expect(run("").end == .truncated(withheld: 0, tailWasReleased: false))
  }

  @Test func nothingFollowsAnError() {
    let failed = run(
      said + #"data: {"error":{"message":"m","code":503}}"# + "\n\n" + said + "data: [DONE]\n\n")
    #expect(failed.end == .failed)
    let text = String(decoding: failed.output, as: UTF8.self)
    #expect(text.hasSuffix("}}\n\n"))
    #expect(text.contains(#""code":"upstream_overloaded""#))
    #expect(!text.contains("[DONE]"))
  }
}
