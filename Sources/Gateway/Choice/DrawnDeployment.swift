import Policy

/// What a learned choice has drawn for an exchange.
struct DrawnDeployment: Sendable {
  var context: ChoiceContext
  /// Whether what was learned decided, or why it did not.
  var standing: ChoiceVerdict.Standing
  /// The position of the model.
  var model = 0

  /// For the log: millionths.
  var propensity: Int64 { Int64((context.propensity * 1_000_000).rounded()) }
}
