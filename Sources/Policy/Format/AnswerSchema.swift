/// What a client wants JSON to look like: as much of JSON Schema as people ask models for. It is read as it comes, whatever else it says.
///
/// Known are `type`, `enum`, `const`, `properties`, `required`, `additionalProperties`, `items`, `anyOf`, `oneOf` (as `anyOf`), `allOf`,
/// `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, `minLength`, `maxLength`, `minItems`, `maxItems`, and `$ref` to the schema
/// itself and to its `$defs` and `definitions`. Everything else is passed over: what is refused is wrong, what is accepted may be.
package struct AnswerSchema: Sendable {
  let root: Node
  /// By what refers to them.
  let definitions: [String: Node]

  package init(_ schema: JSONLiteral) {
    root = Node(schema)
    var definitions = ["#": root]
    for word in ["$defs", "definitions"] {
      guard case .object(let members)? = schema[member: word] else { continue }
      for member in members { definitions["#/\(word)/\(member.name)"] = Node(member.value) }
    }
    self.definitions = definitions
  }

  enum Kind: String, Sendable { case null, boolean, object, array, number, integer, string }

  /// One schema; an absent word says nothing.
  struct Node: Sendable {
    /// The schema `false`.
    var isNothing = false
    var reference: String?
    var kinds: [Kind]?
    var values: [JSONLiteral]?
    var properties: [String: Node] = [:]
    var required: [String] = []
    /// Of members without a property, and of elements; one at most.
    var others: [Node] = []
    var items: [Node] = []
    /// Of each list one accepts.
    var choices: [[Node]] = []
    var all: [Node] = []
    var number = Bounds()
    var length = Bounds()
    var count = Bounds()
  }

  struct Bounds: Sendable {
    var least: Double?
    var most: Double?
    var above: Double?
    var below: Double?

    var isOpen: Bool { least == nil && most == nil && above == nil && below == nil }

    func contains(_ value: Double) -> Bool {
      if let least, value < least { return false }
      if let most, value > most { return false }
      if let above, value <= above { return false }
      if let below, value >= below { return false }
      return true
    }
  }
}

// MARK: Reading a schema

extension AnswerSchema.Node {
  /// Schemas may be nested as deep as literals are.
  init(_ schema: JSONLiteral) {
    if case .bool(false) = schema { isNothing = true }
    guard case .object(let members) = schema else { return }
    for member in members { read(member.name, member.value) }
  }

  private mutating func read(_ word: String, _ value: JSONLiteral) {
    switch (word, value) {
    case ("$ref", .string(let reference)): self.reference = reference
    case ("type", .string(let name)): kinds = AnswerSchema.Kind(rawValue: name).map { [$0] }
    case ("type", .array(let names)):
      let known = names.compactMap(\.plainText).compactMap { AnswerSchema.Kind(rawValue: $0) }
      kinds = known.isEmpty ? nil : known
    case ("enum", .array(let values)): self.values = values
    case ("const", _): values = [value]
    case ("properties", .object(let members)):
      for member in members { properties[member.name] = Self(member.value) }
    case ("required", .array(let names)): required = names.compactMap(\.plainText)
    case ("additionalProperties", _): others = [Self(value)]
    case ("items", .object), ("items", .bool): items = [Self(value)]
    case ("anyOf", .array(let schemas)), ("oneOf", .array(let schemas)):
      choices.append(schemas.map { Self($0) })
    case ("allOf", .array(let schemas)): all += schemas.map { Self($0) }
    case (_, .number(let literal)):
      if let value = Double(literal.text) { bound(word, value) }
    default: break
    }
  }

  private mutating func bound(_ word: String, _ value: Double) {
    switch word {
    case "minimum": number.least = value
    case "maximum": number.most = value
    case "exclusiveMinimum": number.above = value
    case "exclusiveMaximum": number.below = value
    case "minLength": length.least = value
    case "maxLength": length.most = value
    case "minItems": count.least = value
    case "maxItems": count.most = value
    default: break
    }
  }
}

extension JSONLiteral {
  fileprivate var plainText: String? {
    if case .string(let text) = self { text } else { nil }
  }
}
