import Policy
import Testing

struct RequestFactsTests {
  @Test func aRequestThatSaysNothingAsksForOnePlainAnswer() {
    let facts = RequestFacts(surface: .embeddings)
    #expect(facts.model == nil)
    #expect(!facts.stream && !facts.includesUsage && !facts.wantsJSON)
    #expect(facts.choices == 1)
    #expect(facts.maxOutputTokens == nil)
  }

  @Test func everySurfaceIsAPathOfItsOwn() {
    #expect(Set(Surface.allCases.map(\.rawValue)).count == Surface.allCases.count)
    #expect(Surface.allCases.allSatisfy { $0.rawValue.hasPrefix("/v1/") || $0.rawValue.hasPrefix("/api/") })
  }

  @Test func chatsAreAnsweredInText() {
    #expect(Surface.allCases.filter(\.isChat) == [.chatCompletions, .messages, .ollamaChat])
    #expect(Surface.allCases.allSatisfy { $0.asksForText || !$0.isChat && !$0.streamsUnlessTold })
    #expect(Surface.allCases.filter(\.embeds) == [.embeddings, .ollamaEmbed])
  }
}
