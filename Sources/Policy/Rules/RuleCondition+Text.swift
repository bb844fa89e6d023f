/// Conditions for people.
extension RuleCondition {
  /// As it would be written: `task_type: code`, `not (stream: true)`.
  package var text: String {
    switch self {
    case .all(let parts): parts.isEmpty ? "always" : parts.map(\.text).joined(separator: " and ")
    case .any(let options): "any of (\(options.map(\.text).joined(separator: ") (")))"
    case .not(let part): "not (\(part.text))"
    case .text(let text, let patterns): "\(text.name): \(Self.list(patterns.map(\.text)))"
    case .number(let number, let ranges): "\(number.rawValue): \(Self.list(ranges.map(\.text)))"
    case .flag(let flag, let value): "\(flag.rawValue): \(value)"
    case .dataClass(let patterns): "data_class: \(Self.list(patterns.map(\.text)))"
    case .time(let times): "time: \(Self.list(times.map(\.text)))"
    }
  }

  /// The first of what has to hold that doesn't, and what the request has instead; nil where all holds.
  package func failure(for facts: RuleFacts) -> String? {
    guard let part = parts.first(where: { !$0.holds(for: facts) }) else { return nil }
    guard let found = part.found(in: facts) else { return "\(part.text) does not hold" }
    return "wants \(part.text), and it is \(found)"
  }

  /// What the request has of what the condition is about; nil where it is about several things.
  private func found(in facts: RuleFacts) -> String? {
    switch self {
    case .text(let text, _): facts[text].map { $0.isEmpty ? "empty" : $0 } ?? "not known"
    case .number(let number, _): facts[number].map(RuleFacts.words) ?? "not known"
    case .flag(let flag, _): "\(facts[flag])"
    case .dataClass: facts.ownClasses.isEmpty ? "none" : facts.ownClasses.joined(separator: ", ")
    case .time, .all, .any, .not: nil
    }
  }

  private static func list(_ items: [String]) -> String {
    items.count == 1 ? items[0] : "[\(items.joined(separator: ", "))]"
  }
}

extension RuleFacts {
  /// Millionths as a decimal number: `0.25`.
  package static func words(_ millionths: Int64) -> String {
    let (whole, part) = millionths.quotientAndRemainder(dividingBy: 1_000_000)
    guard part > 0 else { return "\(whole)" }
    var digits = String(1_000_000 + part).dropFirst()
    while digits.last == "0" { digits = digits.dropLast() }
    return "\(whole).\(digits)"
  }

  /// What is known of the request that some rule asks for, by the configuration's words.
  package func told(_ conditions: [RuleCondition]) -> [(name: String, value: String)] {
    let atoms = conditions.flatMap(\.atoms)
    var told: [(name: String, value: String)] = asked.map { ($0.name, self[$0] ?? "-") }
    for number in RuleNumber.allCases {
      let isAsked = atoms.contains { if case .number(number, _) = $0 { true } else { false } }
      if isAsked { told.append((number.rawValue, self[number].map(Self.words) ?? "-")) }
    }
    for flag in RuleFlag.allCases {
      let isAsked = atoms.contains { if case .flag(flag, _) = $0 { true } else { false } }
      if isAsked { told.append((flag.rawValue, "\(self[flag])")) }
    }
    let asksClass = atoms.contains { if case .dataClass = $0 { true } else { false } }
    if asksClass {
      told.append(("data_class", ownClasses.isEmpty ? "none" : ownClasses.joined(separator: ", ")))
    }
    return told
  }
}
