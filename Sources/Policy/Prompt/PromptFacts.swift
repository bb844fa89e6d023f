/// What routing may know of a prompt's text; read in one pass where some rule asks for it.
package struct PromptFacts: Sendable, Equatable {
  /// 0 to 1.
  package var complexity: Double = 0
  /// What `complexity` is made of, each 0 to 1, in the order of `ComplexitySignal.allCases`.
  package var signals: [Double] = []
  package var task: TaskKind?
  package var domain: Domain?
  /// ISO 639-1, such as "en"; nil where it can't be told.
  package var language: String?
  package var hasCode = false
  package init() {}
}
