/// Conditions taken apart, for who looks at one fact after another.
extension RuleCondition {
  /// It holds where one of these does, and never where there are none. What each is made of holds all at once, and each of that asks for
  /// one fact alone (a disjunctive normal form); what would take more alternatives than `most` stays as it is.
  func alternatives(atMost most: Int) -> [RuleCondition] {
    products(isNegated: false, most).map { .all($0) }
  }

  /// By De Morgan's laws a negation goes down to what has no parts.
  private func products(isNegated: Bool, _ most: Int) -> [[RuleCondition]] {
    let whole = isNegated ? .not(self) : self
    switch self {
    case .not(let part): return part.products(isNegated: !isNegated, most)
    case .all(let parts) where !isNegated, .any(let parts) where isNegated:
      return parts.reduce([[]] as [[RuleCondition]]) { products, part in
        let options = part.products(isNegated: isNegated, most)
        if products.count * options.count > most {
          return products.map { $0 + [isNegated ? .not(part) : part] }
        }
        return products.flatMap { product in options.map { product + $0 } }
      }
    case .all(let parts), .any(let parts):
      if isToldByOneFact { return [[whole]] }
      let options = parts.flatMap { $0.products(isNegated: isNegated, most) }
      return options.count > most ? [[whole]] : options
    case .text(let text, let patterns) where !isNegated && hasPattern:
      return patterns.count > most ? [[whole]] : patterns.map { [.text(text, [$0])] }
    case .text, .number, .flag, .dataClass, .time: return [[whole]]
    }
  }

  /// Whether one row of bits decides it.
  private var isToldByOneFact: Bool {
    let atoms = atoms
    guard let first = atoms.first else { return false }
    return atoms.allSatisfy { atom in
      switch (first, atom) {
      case (.text(let one, _), .text(let other, _)): one == other && !atom.hasPattern
      case (.number(let one, _), .number(let other, _)): one == other
      case (.flag(let one, _), .flag(let other, _)): one == other
      default: false
      }
    }
  }

  /// Whether texts are asked for by what they look like, and not by name alone.
  var hasPattern: Bool {
    if case .text(_, let patterns) = self { patterns.contains { $0.glob != nil } } else { false }
  }
}
