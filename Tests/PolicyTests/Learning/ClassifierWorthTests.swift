import Policy
import Testing

struct ClassifierWorthTests {
  @Test func asOftenRightIsNotAbove() {
    #expect(ClassifierWorth(accuracy: 0.41, heuristic: 0.4).isAboveHeuristic)
    #expect(!ClassifierWorth(accuracy: 0.4, heuristic: 0.4).isAboveHeuristic)
    #expect(!ClassifierWorth.unknown.isAboveHeuristic)
  }

  @Test func itIsToldInPercent() {
    let text = ClassifierWorth(accuracy: 0.6316, heuristic: 1).text
    #expect(
      text == "was right about 63.2 % of prompts that it had not seen, the heuristic about 100.0 %")
  }
}
