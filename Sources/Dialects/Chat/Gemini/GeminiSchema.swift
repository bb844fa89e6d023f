/// What Gemini makes of JSON schemas.
///
/// It takes any, and holds answers and arguments to a part of the standard only
/// (https://ai.google.dev/api/generate-content, `responseJsonSchema`); the rest it passes over. Annotations and what the standard doesn't
/// know hold nobody to anything, and are no loss.
enum GeminiSchema {
  /// Keywords of the standard that would hold an answer to something, and don't.
  private static let unheld: [StaticString] = [
    "additionalItems", "allOf", "const", "contains", "definitions", "dependencies", "dependentRequired",
    "dependentSchemas", "else", "exclusiveMaximum", "exclusiveMinimum", "if", "maxContains", "maxLength",
    "maxProperties", "minContains", "minLength", "minProperties", "multipleOf", "not", "pattern",
    "patternProperties", "propertyNames", "then", "unevaluatedItems", "unevaluatedProperties", "uniqueItems",
  ]

  /// The keywords in a schema to which Gemini doesn't hold what it writes, each once, by the alphabet.
  static func ignored(in schema: JSONText, with peek: Peek) -> [String] {
    defer { peek.trim() }
    peek.scratch.removeAll()
    schema.bytes.withUnsafeBytes { peek.scratch.append($0) }
    guard let root = try? peek.parser.parse(peek.scratch) else { return [] }
    var found: Set<Int> = []
    walk(root, &found)
    return found.sorted().map { "\(unheld[$0])" }
  }

  private static func walk(_ schema: JSONValue, _ found: inout Set<Int>) {
    var members = schema.members
    while let (key, value) = members.next() {
      if key == "properties" || key == "$defs" {
        var schemas = value.members
        while let (_, schema) = schemas.next() { walk(schema, &found) }
      } else if key == "items" || key == "additionalProperties" {
        walk(value, &found)
      } else if key == "prefixItems" || key == "anyOf" || key == "oneOf" {
        var schemas = value.elements
        while let schema = schemas.next() { walk(schema, &found) }
      } else if let place = unheld.firstIndex(where: { key == $0 }) {
        found.insert(place)
      }
    }
  }
}
