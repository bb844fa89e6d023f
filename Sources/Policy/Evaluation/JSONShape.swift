/// What JSON has to look like: the part of JSON Schema that says which members of which types there are.
///
/// Known are `type`, `properties`, `required`, `additionalProperties` (true or false), `items`, `enum`, `minimum`, `maximum`, `minLength`,
/// `maxLength`, `minItems` and `maxItems`; what else is written is refused, as it would not be checked.
package struct JSONShape: Sendable {
  private enum Kind: String { case object, array, string, number, integer, boolean, null }

  private var kinds: [Kind] = []
  private var properties: [(name: String, shape: JSONShape)] = []
  private var required: [String] = []
  private var allowsMore = true
  /// None, or one.
  private var items: [JSONShape] = []
  private var values: [JSONLiteral] = []
  private var numbers: (least: Double?, most: Double?) = (nil, nil)
  private var lengths: (least: Int?, most: Int?) = (nil, nil)
  private var counts: (least: Int?, most: Int?) = (nil, nil)

  private static let deepest = 16
  private static let longest = 0...10_000_000

  init(_ value: JSONLiteral, depth: Int) throws(EvaluationError) {
    guard depth < Self.deepest else { throw EvaluationError("'json' of expect is too deep") }
    var members = try EvaluationMembers(value, of: "a schema")
    for name in try members.texts("type") {
      guard let kind = Kind(rawValue: name) else { throw EvaluationError("'\(name)' is no type of JSON") }
      kinds.append(kind)
    }
    if let value = members.take("properties") {
      guard case .object(let found) = value else { throw members.wrong("properties", "an object") }
      for member in found { properties.append((member.name, try JSONShape(member.value, depth: depth + 1))) }
    }
    required = try members.texts("required")
    allowsMore = try members.flag("additionalProperties") ?? true
    if let value = members.take("items") { items = [try JSONShape(value, depth: depth + 1)] }
    if let value = members.take("enum") {
      guard case .array(let found) = value, !found.isEmpty else { throw members.wrong("enum", "a list") }
      values = found
    }
    numbers = (try Self.number("minimum", &members), try Self.number("maximum", &members))
    lengths = (
      try members.int("minLength", Self.longest), try members.int("maxLength", Self.longest)
    )
    counts = (try members.int("minItems", Self.longest), try members.int("maxItems", Self.longest))
    try members.end()
  }

  private static func number(
    _ name: String, _ members: inout EvaluationMembers
  ) throws(EvaluationError) -> Double? {
    guard let value = members.take(name) else { return nil }
    guard case .number(let number) = value, let found = Double(number.text) else {
      throw members.wrong(name, "a number")
    }
    return found
  }
}

// MARK: Checking

extension JSONShape {
  /// Why a text is no JSON of this shape; nil: it is.
  package func flaw(ofText text: String) -> String? {
    guard let value = try? JSONLiteral(text: text) else { return "it is no JSON" }
    return flaw(of: value, at: "$")
  }

  private func flaw(of value: JSONLiteral, at path: String) -> String? {
    if !kinds.isEmpty, !kinds.contains(where: { Self.isKind(value, $0) }) {
      return "\(path) is no \(kinds.map(\.rawValue).joined(separator: " or "))"
    }
    if !values.isEmpty, !values.contains(value) { return "\(path) is none of the values that it may have" }
    switch value {
    case .object(let members): return flaw(of: members, at: path)
    case .array(let elements): return flaw(of: elements, at: path)
    case .string(let text): return flaw(lengths, text.unicodeScalars.count, "length", at: path)
    case .number(let number): return flaw(of: number, at: path)
    case .bool, .null: return nil
    }
  }

  private static func isKind(_ value: JSONLiteral, _ kind: Kind) -> Bool {
    switch (value, kind) {
    case (.object, .object), (.array, .array), (.string, .string), (.number, .number), (.bool, .boolean),
      (.null, .null):
      true
    case (.number(let number), .integer):
      number.int != nil || Double(number.text).map { $0 == $0.rounded() } ?? false
    default: false
    }
  }

  private func flaw(of members: [JSONLiteral.Member], at path: String) -> String? {
    for name in required where !members.contains(where: { $0.name == name }) {
      return "\(path).\(name) is missing"
    }
    for member in members {
      if let shape = properties.first(where: { $0.name == member.name })?.shape {
        if let flaw = shape.flaw(of: member.value, at: "\(path).\(member.name)") { return flaw }
      } else if !allowsMore {
        return "\(path).\(member.name) is not wanted"
      }
    }
    return nil
  }

  private func flaw(of elements: [JSONLiteral], at path: String) -> String? {
    if let flaw = flaw(counts, elements.count, "number of elements", at: path) { return flaw }
    guard let shape = items.first else { return nil }
    for (index, element) in elements.enumerated() {
      if let flaw = shape.flaw(of: element, at: "\(path)[\(index)]") { return flaw }
    }
    return nil
  }

  private func flaw(of number: JSONNumber, at path: String) -> String? {
    guard let value = Double(number.text) else { return nil }
    if let least = numbers.least, value < least { return "\(path) is less than \(least)" }
    if let most = numbers.most, value > most { return "\(path) is more than \(most)" }
    return nil
  }

  private func flaw(_ bounds: (least: Int?, most: Int?), _ found: Int, _ what: String, at path: String)
    -> String?
  {
    if let least = bounds.least, found < least { return "the \(what) of \(path) is less than \(least)" }
    if let most = bounds.most, found > most { return "the \(what) of \(path) is more than \(most)" }
    return nil
  }
}
