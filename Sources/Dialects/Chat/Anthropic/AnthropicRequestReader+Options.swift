/// Fields that say how the answer is made.
extension AnthropicRequestReader {
  /// A kind of thinking that only the API knows is left as it is.
  mutating func readThinking(_ value: SourcedValue) throws(PeekError) {
    let path = FieldPath("thinking")
    try value.requireObject(path.text())
    var (type, reasoning, strays) = (String?.none, request.reasoning ?? Reasoning(), [String]())
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "type" {
        type = try value.string(path.text("type"))
      } else if key == "budget_tokens" {
        reasoning.budget = try value.count(path.text("budget_tokens"))
      } else {
        strays.append(path.text(key.string))
      }
    }
    guard let word = type else { throw .missing(path.text("type")) }
    guard let mode = Reasoning.Mode(rawValue: word) else {
      request.others.append(RawMember("thinking", value.text))
      return
    }
    reasoning.mode = mode
    request.reasoning = reasoning
    request.strays += strays
  }

  mutating func readOutputConfig(_ value: SourcedValue) throws(PeekError) {
    let path = FieldPath("output_config")
    try value.requireObject(path.text())
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "effort" {
        var reasoning = request.reasoning ?? Reasoning()
        reasoning.effort = try value.string(path.text("effort"))
        request.reasoning = reasoning
      } else if key == "format" {
        request.format = try format(value, at: FieldPath("output_config", nil, "format"))
      } else {
        request.strays.append(path.text(key.string))
      }
    }
  }

  /// `{"type": "json_schema", "schema": {…}}`.
  mutating func format(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ResponseFormat {
    try value.requireObject(path.text())
    var (type, found) = (String?.none, JSONText?.none)
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "type" {
        type = try value.string(path.text("type"))
      } else if key == "schema" {
        found = try value.object(path.text("schema"))
      } else {
        request.strays.append(path.text(key.string))
      }
    }
    guard let word = type else { throw .missing(path.text("type")) }
    guard word == "json_schema" else { throw .invalid(path.text("type"), "must be 'json_schema'") }
    guard let schema = found else { throw .missing(path.text("schema")) }
    return .schema(SchemaFormat(schema: schema))
  }
}
