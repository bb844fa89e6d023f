/// What the model may call.
extension OpenAIRequestReader {
  mutating func readTools(_ value: SourcedValue) throws(PeekError) {
    try value.requireArray("tools")
    var elements = value.elements
    while let element = elements.next() {
      let tool = try self.tool(element, at: FieldPath("tools", request.tools.count))
      request.tools.append(tool)
    }
  }

  private mutating func tool(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ChatTool {
    try value.requireObject(path.text())
    var (type, function, cache) = ("function", FunctionTool?.none, CacheMark?.none)
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "type" {
        type = try value.string(path.text("type"))
      } else if key == "function" {
        function = try self.function(value, at: path)
      } else if key == "cache_control" {
        cache = try cacheMark(value, at: path)
      }
    }
    guard type == "function" else { return .other(type: type, value.text) }
    guard var known = function else { throw .missing(path.text("function")) }
    known.cache = cache
    return .function(known)
  }

  private mutating func function(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> FunctionTool
  {
    try value.requireObject(path.text("function"))
    var (function, hasName) = (FunctionTool(""), false)
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "name" {
        function.name = try value.string(path.text("function.name"))
        hasName = true
      } else if key == "description" {
        function.description = try value.string(path.text("function.description"))
      } else if key == "parameters" {
        function.parameters = try value.object(path.text("function.parameters"))
      } else if key == "strict" {
        function.strict = try value.bool(path.text("function.strict"))
      } else {
        request.strays.append(path.text("function.\(key.string)"))
      }
    }
    guard hasName else { throw .missing(path.text("function.name")) }
    return function
  }

  /// `{"type": "ephemeral", "ttl": "1h"}`.
  mutating func cacheMark(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> CacheMark {
    try value.requireObject(path.text("cache_control"))
    var mark = CacheMark()
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if key == "ttl", !value.isNull { mark.lifetime = try value.string(path.text("cache_control.ttl")) }
    }
    return mark
  }

  mutating func toolChoice(_ value: SourcedValue) throws(PeekError) -> ToolChoice {
    if let word = value.value.string {
      if word == "auto" { return .auto }
      if word == "none" { return .never }
      if word == "required" { return .required }
      throw .invalid("tool_choice", "must be 'auto', 'none', 'required' or an object")
    }
    guard value.value.isObject else {
      throw .wrongType("tool_choice", expected: "a string or an object", found: value.value)
    }
    let path = FieldPath("tool_choice")
    var (name, allowed) = (String?.none, ToolChoice?.none)
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if key == "function" {
        name = try functionName(value, at: path)
      } else if key == "allowed_tools" {
        allowed = try allowedTools(value)
      }
    }
    guard let choice = allowed ?? name.map(ToolChoice.named) else {
      throw .invalid("tool_choice", Self.wantsFunction)
    }
    return choice
  }

  private static let wantsFunction =
    #"must name a function, as {"type": "function", "function": {"name": "…"}} does"#

  private mutating func functionName(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> String {
    try value.requireObject(path.text("function"))
    var found: String?
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if key == "name" { found = try value.string(path.text("function.name")) }
    }
    guard let name = found else { throw .missing(path.text("function.name")) }
    return name
  }

  private mutating func allowedTools(_ value: SourcedValue) throws(PeekError) -> ToolChoice {
    let path = FieldPath("tool_choice", nil, "allowed_tools")
    try value.requireObject(path.text())
    var (names, mustCall) = ([String](), false)
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if key == "mode" {
        mustCall = try value.string(path.text("mode")) == "required"
      } else if key == "tools" {
        names = try allowedNames(value)
      }
    }
    return .allowed(names, mustCall: mustCall)
  }

  private mutating func allowedNames(_ value: SourcedValue) throws(PeekError) -> [String] {
    try value.requireArray("tool_choice.allowed_tools.tools")
    var names: [String] = []
    var elements = value.elements
    while let element = elements.next() {
      let path = FieldPath("tool_choice", nil, "allowed_tools.tools", names.count)
      try element.requireObject(path.text())
      var found: String?
      var members = element.members(at: path, keys)
      while let (key, value) = try members.next(keys) {
        if key == "function" { found = try functionName(value, at: path) }
      }
      guard let name = found else { throw .missing(path.text("function")) }
      names.append(name)
    }
    return names
  }
}
