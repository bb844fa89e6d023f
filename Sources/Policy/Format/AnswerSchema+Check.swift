extension AnswerSchema {
  /// `bytes`: of the value's text, by which is known what a look at all of it takes.
  package func accepts(_ value: JSONLiteral, bytes: Int = 0) -> Bool {
    var check = AnswerSchemaCheck(definitions: definitions, bytes: bytes)
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

  /// Bytes that are looked at in about the time of a step.
  private static let bytesOfStep = 32

  private let definitions: [String: AnswerSchema.Node]
  /// Of the whole value.
  private let bytes: Int
  private var steps = 0
  private var depth = 0

  init(definitions: [String: AnswerSchema.Node], bytes: Int) {
    (self.definitions, self.bytes) = (definitions, bytes)
  }

  /// Steps of a look at all of a value, at most.
  private func effort(_ value: JSONLiteral) -> Int {
    switch value {
    case .null, .bool, .number: 0
    case .string(let text): text.utf8.count / Self.bytesOfStep
    case .array, .object: bytes / Self.bytesOfStep
    }
  }

  mutating func accepts(_ value: JSONLiteral, _ node: AnswerSchema.Node) -> Bool {
    let values = node.values?.count ?? 0
    (steps, depth) = (steps + 1 + (values > 0 ? values * (1 + effort(value)) : 0), depth + 1)
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
    case .string(let text):
      if node.length.isOpen { return true }
      steps += effort(value)
      guard steps <= Self.mostSteps else { return true }
      return node.length.contains(Double(text.unicodeScalars.count))
    case .array(let elements):
      guard node.count.contains(Double(elements.count)) else { return false }
      if node.items.isEmpty { return true }
      for element in elements where !acceptsAll(element, node.items) { return false }
      return true
    case .object(let members):
      steps += (1 + node.required.count) * members.count / 16
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
