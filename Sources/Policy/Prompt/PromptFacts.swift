/// What routing may know of a prompt's text; read in one pass where some rule asks for it.
package struct PromptFacts: Sendable, Equatable {
  /// 0 to 1.
  package var complexity: Double = 0
  /// What `complexity` is made of, each 0 to 1.
  package var strengths = SignalValues()
  package var task: TaskKind?
  package var domain: Domain?
  /// ISO 639-1, such as "en"; nil where it can't be told.
  package var language: String?
  package var hasCode = false
  package init() {}

  /// The strengths in the order of `ComplexitySignal.allCases`; an array is made for each look.
  package var signals: [Double] {
    get { ComplexitySignal.allCases.map { strengths[$0] } }
    set { for (signal, value) in zip(ComplexitySignal.allCases, newValue) { strengths[signal] = value } }
  }
}
