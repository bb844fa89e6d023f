import Policy
import Settings
import Testing

struct ComplexityTests {
  private func load(_ complexity: String) throws -> Settings {
    try Fixture.load(LoadTests.minimal() + "routing: { complexity: { \(complexity) } }\n")
  }

  @Test func theReferenceIsTheDefault() throws {
    #expect(try Fixture("reference.yaml").load().routing.complexity == Settings().routing.complexity)
    #expect(Settings().routing.complexity.rules == PromptRules())
  }

  @Test func weightsThatAreNotWrittenKeepTheirDefaults() throws {
    let settings = try load("thresholds: [0.25, 0.6], weights: { length: 0, reasoning: 1, code: 0.123456 }")
    #expect(settings.unbuilt.isEmpty)
    let rules = settings.routing.complexity.rules
    #expect(rules.medium == 0.25 && rules.high == 0.6)
    #expect(rules.weights.length == 0 && rules.weights.reasoning == 1 && rules.weights.code == 0.123456)
    #expect(rules.weights.steps == PromptRules().weights.steps)
  }

  @Test func everySignalHasAWeight() throws {
    for signal in ComplexitySignal.allCases {
      let rules = try load("weights: { \(signal.rawValue): 0.5 }").routing.complexity.rules
      var expected = PromptRules().weights
      expected[signal] = 0.5
      #expect(rules.weights == expected, "\(signal)")
    }
  }

  @Test func whatIsPrintedIsReadAgain() throws {
    let settings = try load("thresholds: [0.1, 0.1], weights: { depth: 0.7, numbers: 0.000001 }")
    #expect(try Fixture.load(settings.printed()).routing == settings.routing)
  }

  @Test func learntComplexityIsNotBuilt() throws {
    #expect(try load("method: heuristic").unbuilt.isEmpty)
    let settings = try load("method: learned")
    #expect(settings.unbuilt.map(\.path) == ["routing.complexity.method"])
    #expect(
      settings.unbuilt.first?.reason.hasPrefix("learned complexity is not built yet: write another") == true)
  }
}
