extension ComplexityBand {
  /// From where it begins to where the next one does, in millionths.
  package func range(_ rules: PromptRules = PromptRules()) -> NumberRange {
    let (medium, high) = (Self.millionths(rules.medium), Self.millionths(rules.high))
    return switch self {
    case .low: NumberRange(.min, medium - 1, text: rawValue)
    case .medium: NumberRange(medium, high - 1, text: rawValue)
    case .high: NumberRange(high, .max, text: rawValue)
    }
  }

  private static func millionths(_ value: Double) -> Int64 { Int64((value * 1_000_000).rounded()) }
}

extension RuleCondition {
  /// The same with `low`, `medium` and `high` between other thresholds.
  package func between(_ rules: PromptRules) -> RuleCondition {
    switch self {
    case .all(let parts): .all(parts.map { $0.between(rules) })
    case .any(let options): .any(options.map { $0.between(rules) })
    case .not(let part): .not(part.between(rules))
    case .number(.complexity, let ranges):
      .number(.complexity, ranges.map { ComplexityBand(rawValue: $0.text)?.range(rules) ?? $0 })
    case .text, .number, .flag, .dataClass, .time: self
    }
  }
}
