import Policy
import Testing

struct RequestFactsTests {
  @Test(arguments: [(0, 0), (1, 1), (4, 1), (5, 2), (8, 2), (400, 100)])
  func inputTokensAreEstimatedAtFourBytesEachRoundedUp(bytes: Int, tokens: Int) {
    var facts = RequestFacts(surface: .chatCompletions)
    facts.textBytes = bytes
    #expect(facts.estimatedInputTokens == tokens)
  }

  @Test func aRequestThatSaysNothingAsksForOnePlainAnswer() {
    let facts = RequestFacts(surface: .embeddings)
    #expect(facts.model == nil)
    #expect(!facts.stream && !facts.includesUsage && !facts.wantsJSON)
    #expect(facts.choices == 1)
    #expect(facts.maxOutputTokens == nil)
  }

  @Test func everySurfaceIsAPathOfItsOwnUnderV1() {
    #expect(Set(Surface.allCases.map(\.rawValue)).count == Surface.allCases.count)
    #expect(Surface.allCases.allSatisfy { $0.rawValue.hasPrefix("/v1/") })
  }
}
