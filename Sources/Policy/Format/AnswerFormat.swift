/// What a request wants the text of its answer to be, where that isn't plain text.
package enum AnswerFormat: Sendable {
  /// Any JSON object.
  case object
  case schema(AnswerSchema)

  /// Reads a `response_format`, or the `format` of a response's `text`; nil where that is plain text, or nothing that is known here.
  package init?(_ format: JSONLiteral) {
    guard case .string(let type)? = format[member: "type"] else { return nil }
    switch type {
    case "json_object": self = .object
    case "json_schema":
      let schema = format[member: "json_schema"]?[member: "schema"] ?? format[member: "schema"]
      self = schema.map { AnswerFormat.schema(AnswerSchema($0)) } ?? .object
    default: return nil
    }
  }

  /// Whether a text is what was wanted.
  package func accepts(_ text: String) -> Bool {
    guard let value = try? JSONLiteral(text: text) else { return false }
    switch self {
    case .object:
      if case .object = value { return true }
      return false
    case .schema(let schema): return schema.accepts(value, bytes: text.utf8.count)
    }
  }
}
