/// What follows from conditions alone, whatever the request. All of it is sure where it says yes, and may say no where it can't tell.
extension RuleCondition {
  /// Whether it holds whenever another does.
  package func isImplied(by other: RuleCondition) -> Bool {
    Self.holds(all: parts, where: other.parts)
  }

  /// As above, of what each is made of (`parts`): for who compares many.
  package static func holds(all parts: [RuleCondition], where given: [RuleCondition]) -> Bool {
    parts.allSatisfy { part in given.contains { $0.implies(part) } }
  }

  /// Whether two never hold at once.
  package func excludes(_ other: RuleCondition) -> Bool {
    switch (self, other) {
    case (.text(let text, let mine), .text(let other, let theirs)) where text == other:
      mine.allSatisfy { one in theirs.allSatisfy { !one.mayMeet($0) } }
    case (.number(let number, let mine), .number(let other, let theirs)) where number == other:
      mine.allSatisfy { one in theirs.allSatisfy { one.upper < $0.lower || $0.upper < one.lower } }
    case (.flag(let flag, let value), .flag(let other, let wanted)): flag == other && value != wanted
    case (.not(let part), _) where part.isImplied(by: other): true
    case (_, .not(let part)) where part.isImplied(by: self): true
    case (.any(let options), _): options.allSatisfy { $0.excludes(other) }
    case (_, .any(let options)): options.allSatisfy { $0.excludes(self) }
    case (.all(let parts), _): parts.contains { $0.excludes(other) }
    case (_, .all(let parts)): parts.contains { $0.excludes(self) }
    default: false
    }
  }

  /// Why it can never hold, as the rest of a sentence; nil where it can, as far as that is seen.
  package var contradiction: String? {
    let parts = parts
    for (index, part) in parts.enumerated() {
      if let why = part.ownContradiction { return why }
      for other in parts[..<index] where other.excludes(part) {
        return "'\(other.text)' and '\(part.text)' never hold at once"
      }
    }
    return nil
  }

  private var ownContradiction: String? {
    switch self {
    case .any(let options):
      if options.isEmpty { return "'any' of nothing never holds" }
      let flaws = options.map(\.contradiction)
      return flaws.contains(nil) ? nil : flaws[0]
    case .not(let part):
      return part.parts.isEmpty ? "'not' of what always holds never does" : nil
    case .number(let number, let ranges):
      let most: Int64 = number == .complexity ? 1_000_000 : .max
      let isPossible = ranges.contains { max($0.lower, 0) <= min($0.upper, most) }
      return isPossible
        ? nil : "'\(text)' never holds: it is \(number == .complexity ? "0 to 1" : "never below 0")"
    case .text(_, let patterns), .dataClass(let patterns):
      return patterns.isEmpty ? "'\(text)' is one of nothing" : nil
    case .time(let times): return times.isEmpty ? "'\(text)' is one of nothing" : nil
    case .all, .flag: return nil
    }
  }

  /// As above, of one part each.
  private func implies(_ part: RuleCondition) -> Bool {
    if self == part { return true }
    switch (self, part) {
    case (.text(let text, let mine), .text(let other, let theirs)) where text == other:
      return mine.allSatisfy { one in theirs.contains { $0.covers(one) } }
    case (.dataClass(let mine), .dataClass(let theirs)):
      return mine.allSatisfy { one in theirs.contains { $0.covers(one) } }
    case (.number(let number, let mine), .number(let other, let theirs)) where number == other:
      return mine.allSatisfy { one in theirs.contains { $0.lower <= one.lower && one.upper <= $0.upper } }
    case (.time(let mine), .time(let theirs)): return mine.allSatisfy(theirs.contains)
    case (.any(let options), _) where !options.isEmpty:
      return options.allSatisfy { part.isImplied(by: $0) }
    case (_, .any(let options)): return options.contains { $0.isImplied(by: self) }
    case (_, .not(let inner)): return excludes(inner)
    default: return false
    }
  }
}

extension TextPattern {
  /// Whether it fits all that another fits.
  fileprivate func covers(_ other: TextPattern) -> Bool {
    text == other.text || text == "*" || other.glob == nil && matches(other.text)
  }

  /// Whether some text may fit both.
  fileprivate func mayMeet(_ other: TextPattern) -> Bool {
    switch (glob, other.glob) {
    case (nil, _): other.matches(text)
    case (_, nil): matches(other.text)
    default: true
    }
  }
}
