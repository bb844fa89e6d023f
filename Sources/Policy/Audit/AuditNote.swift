/// What routing made of a request, until somebody says what it really was.
package struct AuditNote: Sendable, Equatable {
  /// The rule that decided, as metrics call it; `none` where none did.
  package var rule: String
  /// What rules took it for, as far as some rule asks.
  package var taken: RequestClass
  /// What it may have been for the same rule to decide.
  package var same: ClassSet
  /// What training may keep of its prompt; nil: nothing.
  package var sketch: PromptSketch?

  package init(rule: String, taken: RequestClass, same: ClassSet, sketch: PromptSketch? = nil) {
    (self.rule, self.taken, self.same, self.sketch) = (rule, taken, same, sketch)
  }

  /// Whether a request of that class would have come to the same rule. What is left unsaid was taken rightly.
  package func isRight(_ said: RequestClass) -> Bool { same.contains(said) }
}

// MARK: Text

/// `<rule> <task> <complexity> <same>`, and the sketch where there is one: `-` for what rules don't ask for, `same` to the base of 36.
extension AuditNote {
  package var text: String {
    let words = [
      rule, taken.task?.rawValue ?? "-", taken.complexity?.rawValue ?? "-", String(same.bits, radix: 36),
    ]
    return (words + (sketch.map { [$0.text] } ?? [])).joined(separator: " ")
  }

  /// Nil where another release wrote it.
  package init?(text: String) {
    let words = text.split(separator: " ", maxSplits: 4)
    guard words.count >= 4, let bits = UInt64(words[3], radix: 36) else { return nil }
    let taken = RequestClass(
      task: TaskKind(rawValue: String(words[1])), complexity: ComplexityBand(rawValue: String(words[2])))
    guard taken.task != nil || words[1] == "-", taken.complexity != nil || words[2] == "-" else { return nil }
    self.init(rule: String(words[0]), taken: taken, same: ClassSet(bits: bits))
    guard words.count == 5 else { return }
    guard let sketch = PromptSketch(text: words[4]) else { return nil }
    self.sketch = sketch
  }
}
