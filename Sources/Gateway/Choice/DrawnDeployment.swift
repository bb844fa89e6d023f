import Policy
import Telemetry

/// What a learned choice has drawn for an exchange.
struct DrawnDeployment: Sendable {
  var context: ChoiceContext
  /// Whether what was learned decided, or why it did not.
  var standing: ChoiceVerdict.Standing
  /// The position of the model.
  var model = 0
  /// Drawn anew, as the first could not be used.
  var isAgain = false
  /// What the first attempt there came to, once that is known.
  var end: Classification?

  /// How good what it gave is, from the exchange's end; nil where that says nothing of it.
  ///
  /// `isAlone`: its answer, or its failure, is all that there was.
  func quality(attempts: Int, isAlone: Bool, _ source: ErrorSource) -> Double? {
    // It was tried first, and another attempt had to be made.
    if attempts > 1 { return end?.fault == .provider ? 0 : nil }
    guard isAlone else { return nil }
    return switch source {
    case .none: 1
    case .provider: 0
    case .client, .policy, .switchyard: nil
    }
  }
}
