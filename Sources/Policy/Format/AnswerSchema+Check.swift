extension AnswerSchema {
  package func accepts(_ value: JSONLiteral) -> Bool {
    var check = AnswerSchemaCheck(definitions: definitions)
    return check.accepts(value, root)
  }
}

/// Holds one value against a schema.
///
/// Both are other people's: a schema that leads back to itself could be looked at without end. What takes too many steps is accepted.
private struct AnswerSchemaCheck {
  private static let mostSteps = 20_000
  /// One level of a schema needs some hundred bytes of stack.
  private static let mostDepth = 200

  private let definitions: [String: AnswerSchema.Node]
  private var steps = 0
  private var depth = 0

  init(definitions: [String: AnswerSchema.Node]) { self.definitions = definitions }

  mutating func accepts(_ value: JSONLiteral, _ node: AnswerSchema.Node) -> Bool {
    (steps, depth) = (steps + 1 + (node.values?.count ?? 0), depth + 1)
    defer { depth -= 1 }
    guard steps <= Self.mostSteps, depth <= Self.mostDepth else { return true }
    if node.isNothing { return false }
    if let kinds = node.kinds, !kinds.contains(where: { value.isOf($0) }) { return false }
    if let values = node.values, !values.contains(where: { $0.isSame(as: value) }) { return false }
    return acceptsWithin(value, node) && acceptsElsewhere(value, node)
  }

  private mutating func acceptsWithin(_ value: JSONLiteral, _ node: AnswerSchema.Node) -> Bool {
    switch value {
    case .null, .bool: return true
    case .number(let number): return Double(number.text).map { node.number.contains($0) } ?? true
    case .string(let text): return node.length.contains(Double(text.unicodeScalars.count))
    case .array(let elements):
      guard node.count.contains(Double(elements.count)) else { return false }
      for element in elements where !acceptsAll(element, node.items) { return false }
      return true
    case .object(let members):
      steps += node.required.count * members.count / 16
      guard steps <= Self.mostSteps else { return true }
      for name in node.required where !members.contains(where: { $0.name == name }) { return false }
      for member in members {
        let own = node.properties[member.name].map { [$0] }
        if !acceptsAll(member.value, own ?? node.others) { return false }
      }
      return true
    }
  }

  /// By the other schemas that it names.
  private mutating func acceptsElsewhere(_ value: JSONLiteral, _ node: AnswerSchema.Node) -> Bool {
    if let reference = node.reference, let other = definitions[reference], !accepts(value, other) {
      return false
    }
    guard acceptsAll(value, node.all) else { return false }
    for choice in node.choices where !acceptsAny(value, choice) { return false }
    return true
  }

  private mutating func acceptsAll(_ value: JSONLiteral, _ nodes: [AnswerSchema.Node]) -> Bool {
    for node in nodes where !accepts(value, node) { return false }
    return true
  }

  private mutating func acceptsAny(_ value: JSONLiteral, _ nodes: [AnswerSchema.Node]) -> Bool {
    for node in nodes where accepts(value, node) { return true }
    return false
  }
}

extension JSONLiteral {
  fileprivate func isOf(_ kind: AnswerSchema.Kind) -> Bool {
    switch (kind, self) {
    case (.null, .null), (.boolean, .bool), (.object, .object), (.array, .array), (.number, .number),
      (.string, .string):
      true
    // 1.0 is an integer, too.
    case (.integer, .number(let number)): Double(number.text).map { $0.rounded() == $0 } ?? false
    default: false
    }
  }

  /// Numbers may be spelled otherwise.
  fileprivate func isSame(as other: JSONLiteral) -> Bool {
    switch (self, other) {
    case (.number(let one), .number(let two)): Double(one.text) == Double(two.text)
    case (.string(let one), .string(let two)): one.utf8.elementsEqual(two.utf8)
    case (.null, .null): true
    case (.bool(let one), .bool(let two)): one == two
    case (.array, .array), (.object, .object): self == other
    default: false
    }
  }
}
