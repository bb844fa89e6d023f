/// What makes a prompt hard, as far as a text shows it. The raw values are the words of the configuration.
package enum ComplexitySignal: String, CaseIterable, Sendable {
  case length
  /// Words that ask for thought: prove, compare, trade-off.
  case reasoning
  case code
  /// Several things in turn: first, then, numbered lines.
  case steps
  case questions
  case numbers
  /// Lists, headings, tables.
  case structure
  /// Turns of the user so far.
  case depth
}

/// A number for each signal: how strong it is, or what it weighs.
package struct SignalValues: Sendable, Equatable {
  package var length = 0.0
  package var reasoning = 0.0
  package var code = 0.0
  package var steps = 0.0
  package var questions = 0.0
  package var numbers = 0.0
  package var structure = 0.0
  package var depth = 0.0

  package init() {}

  package subscript(signal: ComplexitySignal) -> Double {
    get { self[keyPath: Self.place(of: signal)] }
    set { self[keyPath: Self.place(of: signal)] = newValue }
  }

  private static func place(of signal: ComplexitySignal) -> WritableKeyPath<SignalValues, Double> {
    switch signal {
    case .length: \.length
    case .reasoning: \.reasoning
    case .code: \.code
    case .steps: \.steps
    case .questions: \.questions
    case .numbers: \.numbers
    case .structure: \.structure
    case .depth: \.depth
    }
  }
}
