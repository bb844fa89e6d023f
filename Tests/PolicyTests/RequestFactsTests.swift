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

  @Test func everySurfaceIsAPathOfItsOwnUnderV1() {
    #expect(Set(Surface.allCases.map(\.rawValue)).count == Surface.allCases.count)
    #expect(Surface.allCases.allSatisfy { $0.rawValue.hasPrefix("/v1/") })
  }
}
