/// How what was seen in a prompt becomes its complexity.
package struct PromptRules: Sendable, Equatable {
  /// What each signal brings the complexity to where it is at its strongest and alone; 0 to 1.
  package var weights = SignalValues()
  /// Where medium begins.
  package var medium = 0.3
  /// Where high begins; not below `medium`.
  package var high = 0.7

  /// The defaults of the configuration.
  package init() {
    weights.length = 0.25
    weights.reasoning = 0.6
    weights.code = 0.3
    weights.steps = 0.4
    weights.questions = 0.12
    weights.numbers = 0.12
    weights.structure = 0.2
    weights.depth = 0.2
  }

  /// 1 − Π (1 − weight · strength): no signal lowers it, and all together stay below 1.
  package func complexity(of strengths: SignalValues) -> Double {
    var rest = 1 - weights.length * strengths.length
    rest *= 1 - weights.reasoning * strengths.reasoning
    rest *= 1 - weights.code * strengths.code
    rest *= 1 - weights.steps * strengths.steps
    rest *= 1 - weights.questions * strengths.questions
    rest *= 1 - weights.numbers * strengths.numbers
    rest *= 1 - weights.structure * strengths.structure
    rest *= 1 - weights.depth * strengths.depth
    return 1 - rest
  }

  package func band(of complexity: Double) -> ComplexityBand {
    complexity < medium ? .low : complexity < high ? .medium : .high
  }
}

/// The raw values are the words of the configuration.
package enum ComplexityBand: String, CaseIterable, Sendable {
  case low, medium, high
}
