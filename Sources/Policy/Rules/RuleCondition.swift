/// When a rule holds. What is not known of a request fits no condition but a `not`.
package indirect enum RuleCondition: Sendable, Hashable {
  /// Always, where there are none.
  case all([RuleCondition])
  /// Never, where there are none.
  case any([RuleCondition])
  case not(RuleCondition)
  /// One of these.
  case text(RuleText, [TextPattern])
  case number(RuleNumber, [NumberRange])
  case flag(RuleFlag, Bool)
  /// A class of data of one of these names; `none`: the request has no class.
  case dataClass([TextPattern])
  case time([RuleTime])

  package func holds(for facts: RuleFacts) -> Bool {
    switch self {
    case .all(let parts):
      for part in parts where !part.holds(for: facts) { return false }
      return true
    case .any(let parts):
      for part in parts where part.holds(for: facts) { return true }
      return false
    case .not(let part): return !part.holds(for: facts)
    case .text(let text, let patterns):
      guard let value = facts[text] else { return false }
      for pattern in patterns where pattern.matches(value) { return true }
      return false
    case .number(let number, let ranges):
      guard let value = facts[number] else { return false }
      for range in ranges where range.contains(value) { return true }
      return false
    case .flag(let flag, let value): return facts[flag] == value
    case .dataClass(let patterns): return Self.hasClass(patterns, facts)
    case .time(let times): return times.contains { $0.contains(facts.now) }
    }
  }

  private static func hasClass(_ patterns: [TextPattern], _ facts: RuleFacts) -> Bool {
    if facts.classes.isEmpty { return patterns.contains(TextPattern("none")) }
    for (position, name) in facts.classNames.enumerated() where facts.isOfClass(position) {
      for pattern in patterns where pattern.matches(name) { return true }
    }
    return false
  }

  /// What has to hold all at once.
  package var parts: [RuleCondition] {
    if case .all(let parts) = self { parts.flatMap(\.parts) } else { [self] }
  }

  /// Itself and all that it is made of, but for what holds others together.
  package var atoms: [RuleCondition] {
    switch self {
    case .all(let parts), .any(let parts): parts.flatMap(\.atoms)
    case .not(let part): part.atoms
    case .text, .number, .flag, .dataClass, .time: [self]
    }
  }
}

/// A text, or a pattern of texts where it has a `*`.
package struct TextPattern: Sendable, Hashable {
  package let text: String
  let glob: Glob?

  package init(_ text: String) {
    self.text = text
    glob = text.utf8.contains(UInt8(ascii: "*")) ? Glob(text) : nil
  }

  package func matches(_ value: String) -> Bool { glob?.matches(value) ?? (text == value) }
}

/// Numbers from one bound to the other, both within, in millionths.
package struct NumberRange: Sendable, Hashable {
  package var lower: Int64
  package var upper: Int64
  /// As it was written: `>= 4000`, `high`.
  package let text: String

  package init(_ lower: Int64, _ upper: Int64, text: String) {
    (self.lower, self.upper, self.text) = (lower, upper, text)
  }

  package func contains(_ value: Int64) -> Bool { lower <= value && value <= upper }
}
