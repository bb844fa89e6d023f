/// A prompt of which somebody has said how hard it is, its text gone.
package struct LearningExample: Sendable, Equatable {
  package var label: ComplexityLabel
  package var source: AuditSource
  package var sketch: PromptSketch

  package init(_ label: ComplexityLabel, by source: AuditSource, _ sketch: PromptSketch) {
    (self.label, self.source, self.sketch) = (label, source, sketch)
  }

  /// `<label> <source> <sketch>`
  package var text: String { "\(label.rawValue) \(source.rawValue) \(sketch.text)" }

  /// Nil where another release wrote it.
  package init?(text: String) {
    let words = text.split(separator: " ", maxSplits: 2)
    guard words.count == 3, let label = ComplexityLabel(rawValue: String(words[0])),
      let source = AuditSource(rawValue: String(words[1])), let sketch = PromptSketch(text: words[2])
    else { return nil }
    self.init(label, by: source, sketch)
  }
}
