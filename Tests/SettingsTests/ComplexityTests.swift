import Settings
import Testing

@testable import Policy

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

  // MARK: Learned

  /// A model that was right so often, in a file `m.sycm`.
  private func load(_ complexity: String, accuracy: Double, heuristic: Double = 0.4) throws -> Settings {
    let model = Self.model(ClassifierWorth(accuracy: accuracy, heuristic: heuristic))
    return try Settings.load(
      yaml: LoadTests.minimal() + "routing: { complexity: { \(complexity) } }\n", file: "sy.yaml",
      environment: Fixture.environment
    ) { $0 == "m.sycm" ? model.bytes : [] }
  }

  private static func model(_ worth: ClassifierWorth) -> ComplexityModel {
    ComplexityModel(
      bits: 10, grams: [Int8](repeating: 1, count: 1 << 10), unit: 0.5, shape: SIMD8(),
      cuts: OrdinalCuts(medium: 0, high: 1), worth: worth)
  }

  @Test func withoutAFileLearnedIsWhatComesWithTheRouter() throws {
    let settings = try load("method: learned")
    #expect(settings.unbuilt.isEmpty)
    #expect(settings.routing.complexity.method == .learned && settings.routing.complexity.classifier == nil)
  }

  @Test func aModelIsReadWithTheDocument() throws {
    let complexity = try load("method: learned, model: m.sycm", accuracy: 0.5).routing.complexity
    #expect(complexity.classifier?.path == "m.sycm")
    #expect(
      complexity.classifier?.model == Self.model(ClassifierWorth(accuracy: 0.5, heuristic: 0.4)))
    // A reload sees another model by its value.
    let other = try load("method: learned, model: m.sycm", accuracy: 0.6).routing.complexity
    #expect(other != complexity)
  }

  @Test func aModelIsPrintedByItsFile() throws {
    let settings = try load("method: learned, model: m.sycm", accuracy: 0.5)
    #expect(settings.printed().contains("model: \"m.sycm\"") || settings.printed().contains("model: m.sycm"))
  }

  @Test func aModelWantsItsMethod() throws {
    for method in ["", "method: heuristic, "] {
      let errors = #expect(throws: SettingsErrors.self) {
        try load("\(method)model: m.sycm", accuracy: 0.5)
      }
      #expect(
        errors?.errors.map(\.message) == ["is for learned complexity: write method: learned, or remove it"])
    }
  }

  @Test func whatIsNotAboveTheHeuristicStaysOff() throws {
    for accuracy in [0.4, 0.39, 0] {
      let errors = #expect(throws: SettingsErrors.self) {
        try load("method: learned, model: m.sycm", accuracy: accuracy)
      }
      let error = try #require(errors?.errors.first)
      #expect(error.path == "routing.complexity.model" && error.line > 1 && error.column > 1)
      #expect(
        error.message.hasSuffix("the heuristic about 40.0 %: train another, or write method: heuristic"))
    }
    #expect(throws: Never.self) { try load("method: learned, model: m.sycm", accuracy: 0.401) }
  }
}
