/// What the model may call.
extension AnthropicRequestReader {
  mutating func readTools(_ value: SourcedValue) throws(PeekError) {
    try value.requireArray("tools")
    var elements = value.elements
    while let element = elements.next() {
      let tool = try self.tool(element, at: FieldPath("tools", request.tools.count))
      request.tools.append(tool)
    }
  }

  /// Tools with a type are Anthropic's own, but for `custom`.
  private mutating func tool(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ChatTool {
    try value.requireObject(path.text())
    if let type = value.value["type"]?.string, !(type == "custom") {
      return .other(type: type.string, value.text)
    }
    var (function, hasName) = (FunctionTool(""), false)
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "name" {
        function.name = try value.string(path.text("name"))
        hasName = true
      } else if key == "description" {
        function.description = try value.string(path.text("description"))
      } else if key == "input_schema" {
        function.parameters = try value.object(path.text("input_schema"))
      } else if key == "strict" {
        function.strict = try value.bool(path.text("strict"))
      } else if key == "cache_control" {
        function.cache = try cacheMark(value, named: path.text("cache_control"))
      } else if !(key == "type") {
        request.strays.append(path.text(key.string))
      }
    }
    guard hasName else { throw .missing(path.text("name")) }
    guard function.parameters != nil else { throw .missing(path.text("input_schema")) }
    return .function(function)
  }

  mutating func readToolChoice(_ value: SourcedValue) throws(PeekError) {
    let path = FieldPath("tool_choice")
    try value.requireObject(path.text())
    var (type, name) = (String?.none, String?.none)
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "type" {
        type = try value.string(path.text("type"))
      } else if key == "name" {
        name = try value.string(path.text("name"))
      } else if key == "disable_parallel_tool_use" {
        let isAlone = try value.bool(path.text("disable_parallel_tool_use"))
        request.parallelToolCalls = !isAlone
      } else {
        request.strays.append(path.text(key.string))
      }
    }
    request.toolChoice = try Self.toolChoice(type, name)
  }

  private static func toolChoice(_ type: String?, _ name: String?) throws(PeekError) -> ToolChoice {
    switch type {
    case "auto"?: return .auto
    case "any"?: return .required
    case "none"?: return .never
    case "tool"?:
      guard let name else { throw .missing("tool_choice.name") }
      return .named(name)
    case nil: throw .missing("tool_choice.type")
    default: throw .invalid("tool_choice.type", "must be 'auto', 'any', 'tool' or 'none'")
    }
  }

  /// `{"type": "ephemeral", "ttl": "1h"}`. `name`: where it stands.
  mutating func cacheMark(
    _ value: SourcedValue, named name: @autoclosure () -> String
  ) throws(PeekError) -> CacheMark {
    try value.requireObject(name())
    var mark = CacheMark()
    var members = value.members(at: FieldPath("cache_control"), keys)
    while let (key, value) = try members.next(keys) {
      if key == "ttl", !value.isNull { mark.lifetime = try value.string(name() + ".ttl") }
    }
    return mark
  }
}
