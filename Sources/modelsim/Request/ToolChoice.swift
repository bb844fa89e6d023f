/// Reads tools and formats in the spellings of chat completions and of responses.
enum ToolChoice {
  static func offers(of tools: JSONValue) -> [Ask.Offer] {
    (tools.elements ?? []).filter { $0["type"] == "function" }.compactMap { tool -> Ask.Offer? in
      let function = tool["function"] ?? tool
      guard let name = function["name"]?.text else { return nil }
      return Ask.Offer(name: name, schema: function["parameters"] ?? ["type": "object"])
    }
  }

  static func use(of choice: JSONValue) -> Ask.Use {
    if choice == "none" { return .never }
    if choice == "required" { return .always }
    let name = choice["function"]?["name"] ?? choice["name"]
    if let text = name?.text { return .named(text) }
    return .auto
  }

  /// From `response_format` of chat completions or from `text` of responses.
  static func format(of value: JSONValue) -> Ask.Format {
    let format = value["format"] ?? value
    switch format["type"]?.text {
    case "json_object": return .jsonObject
    case "json_schema":
      return .jsonSchema(format["json_schema"]?["schema"] ?? format["schema"] ?? ["type": "object"])
    default: return .text
    }
  }
}

/// Makes the smallest plausible instance of a JSON Schema, always the same for the same schema.
enum SchemaInstance {
  static func make(_ schema: JSONValue) -> JSONValue {
    make(schema, root: schema, depth: 0)
  }

  private static func make(_ schema: JSONValue, root: JSONValue, depth: Int) -> JSONValue {
    guard depth < 16 else { return .null }
    if let constant = schema["const"] { return constant }
    if let first = schema["enum"]?.elements?.first { return first }
    if let target = schema["$ref"]?.text {
      return make(resolve(target, root), root: root, depth: depth + 1)
    }
    for key in ["anyOf", "oneOf", "allOf"] {
      if let first = schema[key]?.elements?.first { return make(first, root: root, depth: depth + 1) }
    }
    return plain(schema, root: root, depth: depth)
  }

  private static func plain(_ schema: JSONValue, root: JSONValue, depth: Int) -> JSONValue {
    // Gemini's types are in capitals.
    let type = (schema["type"]?.text ?? schema["type"]?.elements?.first?.text)?.lowercased()
    switch type ?? (schema["properties"] == nil ? "string" : "object") {
    case "object": return object(schema, root: root, depth: depth)
    case "array":
      let count = min(schema["minItems"]?.integer ?? 0, 64)
      let item = make(schema["items"] ?? ["type": "string"], root: root, depth: depth + 1)
      return .array(Array(repeating: item, count: max(0, count)))
    case "integer", "number": return .int(schema["minimum"]?.integer ?? 1)
    case "boolean": return .bool(true)
    case "null": return .null
    default:
      let padding = min(schema["minLength"]?.integer ?? 0, 4096) - "text".count
      return .string("text" + String(repeating: "x", count: max(0, padding)))
    }
  }

  /// The required properties, or all of them when none is said to be required.
  private static func object(_ schema: JSONValue, root: JSONValue, depth: Int) -> JSONValue {
    guard case .object(let properties) = schema["properties"] else { return .object([]) }
    let required = schema["required"]?.elements
    let chosen = properties.filter { required?.contains(.string($0.key)) ?? true }
    return .object(
      chosen.map { .init(key: $0.key, value: make($0.value, root: root, depth: depth + 1)) })
  }

  private static func resolve(_ reference: String, _ root: JSONValue) -> JSONValue {
    reference.split(separator: "/").dropFirst().reduce(root) { value, key in value[String(key)] ?? .null }
  }
}
