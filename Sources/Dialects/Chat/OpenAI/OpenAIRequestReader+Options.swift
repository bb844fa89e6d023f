/// Fields that say how the answer is made.
extension OpenAIRequestReader {
  mutating func readStreamOptions(_ value: SourcedValue) throws(PeekError) {
    try value.requireObject("stream_options")
    var members = value.members(at: FieldPath("stream_options"), keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "include_usage" {
        request.includesUsage = try value.bool("stream_options.include_usage")
      } else {
        request.streamOthers.append(RawMember(key.string, value.text))
      }
    }
  }

  /// A text, or a list of them.
  func stop(_ value: SourcedValue) throws(PeekError) -> [String] {
    if let text = value.value.string { return [text.string] }
    guard value.value.isArray else {
      throw .wrongType("stop", expected: "a string or an array of strings", found: value.value)
    }
    var elements = value.elements
    var texts: [String] = []
    while let element = elements.next() {
      let text = try element.string("stop[\(texts.count)]")
      texts.append(text)
    }
    return texts
  }

  mutating func format(_ value: SourcedValue) throws(PeekError) -> ResponseFormat {
    let path = FieldPath("response_format")
    try value.requireObject(path.text())
    var (type, schema) = (String?.none, SchemaFormat())
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if key == "type" {
        type = try value.string(path.text("type"))
      } else if key == "json_schema", !value.isNull {
        schema = try schemaFormat(value)
      } else if !value.isNull {
        request.strays.append(path.text(key.string))
      }
    }
    switch type {
    case "text"?: return .text
    case "json_object"?: return .json
    case "json_schema"?:
      guard schema.schema != nil || schema.name != nil else { throw .missing(path.text("json_schema")) }
      return .schema(schema)
    case nil: throw .missing(path.text("type"))
    default:
      throw .invalid(
        path.text("type"),
        "must be 'text', 'json_object' or 'json_schema' where the model's provider isn't OpenAI")
    }
  }

  private mutating func schemaFormat(_ value: SourcedValue) throws(PeekError) -> SchemaFormat {
    let path = FieldPath("response_format", nil, "json_schema")
    try value.requireObject(path.text())
    var format = SchemaFormat()
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "name" {
        format.name = try value.string(path.text("name"))
      } else if key == "description" {
        format.description = try value.string(path.text("description"))
      } else if key == "schema" {
        format.schema = try value.object(path.text("schema"))
      } else if key == "strict" {
        format.strict = try value.bool(path.text("strict"))
      } else {
        request.strays.append(path.text(key.string))
      }
    }
    return format
  }

  /// `{"type": "enabled", "budget_tokens": 2048}`, as several servers take it.
  mutating func readThinking(_ value: SourcedValue) throws(PeekError) {
    let path = FieldPath("thinking")
    try value.requireObject(path.text())
    var reasoning = request.reasoning ?? Reasoning()
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "type" {
        guard let mode = Reasoning.Mode(rawValue: try value.string(path.text("type"))) else {
          throw .invalid(path.text("type"), "must be 'enabled', 'disabled' or 'adaptive'")
        }
        reasoning.mode = mode
      } else if key == "budget_tokens" {
        reasoning.budget = try value.count(path.text("budget_tokens"))
      } else {
        request.strays.append(path.text(key.string))
      }
    }
    request.reasoning = reasoning
  }
}
