/// How each service words what is wrong with a value.
extension Dialect {
  func words(for flaw: Field.Flaw, at path: String, _ value: JSONValue) -> String {
    switch self {
    case .anthropic: "\(path): " + Self.anthropicWords(flaw)
    case .gemini: Self.googleWords(flaw, path)
    case .ollama: Self.goWords(flaw, path, value)
    case .openai, .azure, .inference: "\(path): " + Self.plainWords(flaw)
    }
  }

  private static func anthropicWords(_ flaw: Field.Flaw) -> String {
    switch flaw {
    case .missing: "Field required"
    case .unknown: "Extra inputs are not permitted"
    case .type(let name): "Input should be a valid \(name == "object" ? "dictionary" : name)"
    case .below(let least): "Input should be greater than or equal to \(least)"
    case .beyond(let range): "range: \(Int(range.lowerBound))..\(Int(range.upperBound))"
    case .choice(let names):
      "Input should be " + names.map { "'" + $0 + "'" }.joined(separator: " or ")
    }
  }

  private static func googleWords(_ flaw: Field.Flaw, _ path: String) -> String {
    let dot = path.lastIndex(of: ".")
    let name = dot.map { String(path[path.index(after: $0)...]) } ?? path
    switch flaw {
    case .missing: return "* GenerateContentRequest.\(path): \(name) is not specified\n"
    case .unknown:
      let place = dot.map { " at '\(path[..<$0])'" } ?? ""
      return "Invalid JSON payload received. Unknown name \"\(name)\"\(place): Cannot find field."
    case .type(let type): return "Invalid value at '\(path)' (\(type))"
    case .below(let least):
      return "* GenerateContentRequest.\(path): \(name) must be at least \(least).\n"
    case .beyond(let range):
      return "* GenerateContentRequest.\(path): \(name) must be in the range \(range).\n"
    case .choice(let names):
      return "Invalid value at '\(path)', it is none of " + names.joined(separator: ", ")
    }
  }

  private static func goWords(_ flaw: Field.Flaw, _ path: String, _ value: JSONValue) -> String {
    switch flaw {
    case .missing: "\(path) is required"
    case .unknown: "unknown field \(path)"
    case .type(let name):
      "json: cannot unmarshal \(value.kind) into Go struct field ChatRequest.\(path) of type \(name)"
    case .below(let least): "\(path) must be at least \(least)"
    case .beyond(let range): "\(path) must be in \(range)"
    case .choice(let names): "invalid \(path): must be one of [\(names.joined(separator: ", "))]"
    }
  }

  private static func plainWords(_ flaw: Field.Flaw) -> String {
    switch flaw {
    case .missing: "is missing"
    case .unknown: "is unknown"
    case .type(let name): "must be of type \(name)"
    case .below(let least): "must be at least \(least)"
    case .beyond(let range): "must be in \(range)"
    case .choice(let names): "must be one of \(names.joined(separator: ", "))"
    }
  }
}

extension JSONValue {
  /// The type's name.
  var kind: String {
    switch self {
    case .null: "null"
    case .bool: "bool"
    case .number: "number"
    case .string: "string"
    case .array: "array"
    case .object: "object"
    }
  }
}
