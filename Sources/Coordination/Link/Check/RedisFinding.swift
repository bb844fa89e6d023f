/// What the check of a Redis found: one sentence each.
package struct RedisFinding: Equatable, Sendable {
  package enum Weight: Sendable {
    /// It can't be used.
    case refusal
    /// It can be used, and may lose or forget what it is told.
    case warning
    /// Redis didn't say.
    case unknown
  }

  package var weight: Weight
  /// What is unsafe, and what to do.
  package var text: String

  init(_ weight: Weight, _ text: String) {
    self.weight = weight
    self.text = text
  }
}
