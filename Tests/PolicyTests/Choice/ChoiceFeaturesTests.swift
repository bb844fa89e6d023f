import Testing

@testable import Policy

struct ChoiceFeaturesTests {
  private func facts(_ change: (inout RequestFacts) -> Void = { _ in }) -> RequestFacts {
    var facts = RequestFacts(surface: .chatCompletions)
    facts.prompt = PromptFacts()
    change(&facts)
    return facts
  }

  @Test func numbersAreFromMinusOneToOneWhateverIsAsked() {
    let features = ChoiceFeatures(
      facts {
        ($0.textBytes, $0.messages, $0.maxOutputTokens, $0.tools, $0.images) = (.max, .max, .max, 9, 9)
        ($0.stream, $0.wantsJSON) = (true, true)
        $0.prompt?.complexity = 1
        $0.prompt?.signals = ComplexitySignal.allCases.map { _ in 1 }
      })
    #expect(features.values[0] == 1)
    for place in 0..<ChoiceFeatures.count { #expect((-1...1).contains(features.values[place])) }
    #expect(ChoiceFeatures(facts { $0.maxOutputTokens = -5 }).values[7] == 0)
  }

  @Test func whatDiffersIsToldApart() {
    let plain = ChoiceFeatures(facts())
    let changes: [(inout RequestFacts) -> Void] = [
      { $0.textBytes = 500 }, { $0.messages = 3 }, { $0.tools = 1 }, { $0.wantsJSON = true },
      { $0.images = 1 }, { $0.stream = true }, { $0.maxOutputTokens = 100 }, { $0.prompt?.complexity = 0.4 },
      { $0.prompt?.hasCode = true }, { $0.prompt?.task = .translation }, { $0.prompt?.domain = .legal },
      { $0.prompt?.language = "de" }, { $0.prompt?.strengths.depth = 0.5 },
    ]
    for (index, change) in changes.enumerated() {
      #expect(ChoiceFeatures(facts(change)) != plain, "\(index)")
    }
  }

  @Test func lengthsGrowByTheirLogarithm() {
    let values = [0, 1, 3, 1_023, 1 << 20, 1 << 30].map { bytes in
      ChoiceFeatures(facts { $0.textBytes = bytes }).values[1]
    }
    #expect(values[0] == 0)
    #expect(values == values.sorted())
    #expect(abs(values[3] - 0.5) < 0.005)
    #expect(values[4] > 0.99 && values[5] == 1)
  }

  @Test func textsAreReadBack() {
    var chance = Chance(seed: 3)
    for _ in 0..<200 {
      var values = SIMD32<Float>.zero
      for place in 0..<ChoiceFeatures.count { values[place] = Float(chance.unit()) * 2 - 1 }
      let features = ChoiceFeatures(values: values)
      #expect(ChoiceFeatures(text: features.text) == features)
      #expect(features.text.utf8.count == 64)
    }
  }

  @Test(arguments: ["", "7f", String(repeating: "7F", count: 32), String(repeating: "80", count: 32), "é"])
  func nothingElseIsRead(text: String) {
    #expect(ChoiceFeatures(text: text) == nil)
  }
}
