/// What the model may call.
extension AnthropicRequestWriter {
  /// The tool whose input is the answer, where JSON is wanted and there is no schema. Who reads answers knows it by its name.
  static let answerTool: StaticString = "switchyard_json_answer"

  mutating func writeAnswerTool(in object: inout ObjectWriter) throws(PeekError) {
    guard request.tools.isEmpty else {
      throw .notCarried(
        "response_format", to: .anthropic,
        "Beside tools the API has JSON by a schema only. Send 'json_schema'.")
    }
    try losses.lose(.json)
    object.key("tools")
    bytes.append(#"[{"name":""#)
    bytes.append(Self.answerTool)
    bytes.append(#"","description":"Takes the whole answer, as one JSON object.","#)
    bytes.append(#""input_schema":{"type":"object"}}]"#)
    object.key("tool_choice")
    bytes.append(#"{"type":"tool","name":""#)
    bytes.append(Self.answerTool)
    bytes.append(#"","disable_parallel_tool_use":true}"#)
  }

  mutating func writeTools(in object: inout ObjectWriter) throws(PeekError) {
    if !request.tools.isEmpty {
      let allowed = try allowedNames()
      object.key("tools")
      bytes.append("[")
      var isFirst = true
      for (index, tool) in request.tools.enumerated() where isAllowed(tool, among: allowed) {
        if !isFirst { bytes.append(",") }
        isFirst = false
        try write(tool, at: index)
      }
      bytes.append("]")
    }
    // The API refuses a choice among nothing.
    if isOwn || !request.tools.isEmpty { writeChoice(in: &object) }
  }

  /// Nil where all are.
  private mutating func allowedNames() throws(PeekError) -> [String]? {
    guard case .allowed(let names, _)? = request.toolChoice else { return nil }
    try losses.lose(.allowedTools)
    return names
  }

  private func isAllowed(_ tool: ChatTool, among names: [String]?) -> Bool {
    guard let names, case .function(let function) = tool else { return true }
    return names.contains(function.name)
  }

  private mutating func write(_ tool: ChatTool, at index: Int) throws(PeekError) {
    switch tool {
    case .other(_, let text):
      if !isOwn { try losses.lose(.otherTools, at: "tools[\(index)]") }
      bytes.append(text)
    case .function(let function):
      var object = ObjectWriter(bytes)
      object.member("name", function.name)
      object.member("description", function.description)
      object.member("input_schema", Self.schema(function.parameters))
      if isOwn || function.strict == true { object.member("strict", function.strict) }
      if let mark = function.cache { AnthropicBlocks.write(mark, in: &object) }
      object.end()
    }
  }

  /// The API wants one that says that it is of an object.
  private static func schema(_ parameters: JSONText?) -> JSONText {
    guard let parameters, parameters.text != "{}" else {
      return JSONText(#"{"type":"object","properties":{}}"#)
    }
    return parameters
  }

  private func writeChoice(in object: inout ObjectWriter) {
    let parallel = request.parallelToolCalls
    // What goes without saying is said only where the client said it here.
    guard let choice = request.toolChoice ?? (parallel == false ? .auto : nil) else { return }
    object.key("tool_choice")
    var written = ObjectWriter(bytes)
    switch choice {
    case .auto: written.constant("type", #""auto""#)
    case .required: written.constant("type", #""any""#)
    case .allowed(_, let isForced): written.constant("type", isForced ? #""any""# : #""auto""#)
    case .never: written.constant("type", #""none""#)
    case .named(let name):
      written.constant("type", #""tool""#)
      written.member("name", name)
    }
    if let parallel, choice != .never, isOwn || !parallel {
      written.member("disable_parallel_tool_use", !parallel)
    }
    written.end()
  }
}
