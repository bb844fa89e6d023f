/// What is known of a request while only one fact of it is looked at.
enum KnownFact {
  case text(RuleText, KnownText)
  /// Nil: not known.
  case number(RuleNumber, Int64?)
  case flag(RuleFlag, Bool)
  /// What only the condition itself can tell: whether it holds.
  case condition(RuleCondition, Bool)
}

enum KnownText {
  case absent
  case value(String)
  /// A text that no rule names.
  case other
}

extension RuleCondition {
  /// Whether it holds as far as one fact tells; nil where that depends on others.
  func verdict(_ known: KnownFact) -> Bool? {
    switch self {
    case .all(let parts): return Self.verdict(of: parts, deciding: false, known)
    case .any(let parts): return Self.verdict(of: parts, deciding: true, known)
    case .not(let part): return part.verdict(known).map { !$0 }
    case .text(let text, let patterns):
      guard case .text(text, let value) = known else { return nil }
      switch value {
      case .absent: return false
      case .value(let value): return patterns.contains { $0.matches(value) }
      case .other: return patterns.contains { $0.glob != nil } ? nil : false
      }
    case .number(let number, let ranges):
      guard case .number(number, let value) = known else { return nil }
      return value.map { value in ranges.contains { $0.contains(value) } } ?? false
    case .flag(let flag, let value):
      guard case .flag(flag, let known) = known else { return nil }
      return value == known
    case .dataClass, .time:
      guard case .condition(self, let holds) = known else { return nil }
      return holds
    }
  }

  /// Of several: one that is `deciding` decides, and all that are not decide otherwise.
  private static func verdict(of parts: [RuleCondition], deciding: Bool, _ known: KnownFact) -> Bool? {
    var isKnown = true
    for part in parts {
      guard let verdict = part.verdict(known) else {
        isKnown = false
        continue
      }
      if verdict == deciding { return deciding }
    }
    return isKnown ? !deciding : nil
  }

  /// Whether it may hold, by that fact.
  func mayHold(_ known: KnownFact) -> Bool { verdict(known) != false }
}
