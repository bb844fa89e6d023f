/// What the model may call.
extension OllamaRequestReader {
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
    var (type, function) = ("function", FunctionTool?.none)
    var strays: [String] = []
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "type" {
        type = try value.string(path.text("type"))
      } else if key == "function" {
        function = try self.function(value, at: path)
      } else {
        strays.append(path.text(key.string))
      }
    }
    guard type == "function" else { return .other(type: type, value.text) }
    guard let known = function else { throw .missing(path.text("function")) }
    request.strays += strays
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
      } else {
        request.strays.append(path.text("function.\(key.string)"))
      }
    }
    guard hasName else { throw .missing(path.text("function.name")) }
    return function
  }
}
