/// A labelled prompt, its words gone.
struct TrainingExample: Sendable {
  var features: PromptFeatures
  var label: ComplexityLabel
  /// The position of its family.
  var family: Int
}
