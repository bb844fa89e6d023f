/// Words for how hard a request is, between two thresholds.
package enum ComplexityLevel: String, Sendable, CaseIterable {
  case low, medium, high

  /// Where medium and high begin, in millionths.
  package static let usualThresholds: (medium: Int64, high: Int64) = (300_000, 700_000)

  package func range(_ thresholds: (medium: Int64, high: Int64) = usualThresholds) -> NumberRange {
    switch self {
    case .low: NumberRange(.min, thresholds.medium - 1, text: rawValue)
    case .medium: NumberRange(thresholds.medium, thresholds.high - 1, text: rawValue)
    case .high: NumberRange(thresholds.high, .max, text: rawValue)
    }
  }
}

extension RuleCondition {
  /// The same with `low`, `medium` and `high` between other thresholds.
  package func between(_ thresholds: (medium: Int64, high: Int64)) -> RuleCondition {
    switch self {
    case .all(let parts): .all(parts.map { $0.between(thresholds) })
    case .any(let options): .any(options.map { $0.between(thresholds) })
    case .not(let part): .not(part.between(thresholds))
    case .number(.complexity, let ranges):
      .number(.complexity, ranges.map { ComplexityLevel(rawValue: $0.text)?.range(thresholds) ?? $0 })
    case .text, .number, .flag, .dataClass, .time: self
    }
  }
}
