extension GeminiReader {
  /// What the turns before say of the next.
  private struct Turns {
    var last = ""
    /// Calls of the last turn.
    var calls = 0
  }

  private static let data = [
    "text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode",
    "codeExecutionResult",
  ]
  private static let members = Set(data).union([
    "thought", "thoughtSignature", "videoMetadata", "partMetadata", "mediaResolution",
  ])

  mutating func takeSystem(_ system: Field) throws(Refusal) {
    try system.checkObject(of: ["role", "parts"])
    for part in try system.required("parts").list() {
      try part.checkObject(of: ["text"])
      prompt.add(text: try part.required("text").string())
    }
  }

  mutating func takeContents(_ root: Field) throws(Refusal) {
    let contents = try root.required("contents").list()
    guard !contents.isEmpty else {
      throw Refusal(message: "* GenerateContentRequest.contents: contents is not specified\n")
    }
    var turns = Turns()
    for content in contents { try take(content, &turns) }
  }

  private mutating func take(_ content: Field, _ turns: inout Turns) throws(Refusal) {
    try content.checkObject(of: ["role", "parts"])
    let role = try content["role"]?.string() ?? "user"
    guard role == "user" || role == "model" else {
      throw Refusal(message: "Please use a valid role: user, model.")
    }
    let parts = try content["parts"]?.list() ?? []
    guard !parts.isEmpty else {
      throw Refusal(
        message: "* GenerateContentRequest.\(content.path).parts: contents.parts must not be empty.\n")
    }
    var (calls, results) = (0, 0)
    for part in parts {
      switch try take(part, role) {
      case "functionCall": calls += 1
      case "functionResponse": results += 1
      default: break
      }
    }
    if calls > 0, turns.last != "user" {
      throw Refusal(
        message: "Please ensure that function call turn comes immediately after a user turn or after a "
          + "function response turn.")
    }
    if results > 0, turns.calls == 0 {
      throw Refusal(
        message: "Please ensure that function response turn comes immediately after a function call turn.")
    }
    guard results == turns.calls else {
      throw Refusal(
        message: "Please ensure that the number of function response parts is equal to the number of "
          + "function call parts of the function call turn.")
    }
    prompt.endsWithResult = results == parts.count
    turns = Turns(last: role, calls: calls)
  }

  /// Which of the kinds of data it is.
  private mutating func take(_ part: Field, _ role: String) throws(Refusal) -> String {
    try part.checkObject(of: Self.members)
    let found = Self.data.filter { part[$0] != nil }
    guard let kind = found.first, let value = part[kind] else {
      throw Refusal(
        message: "* GenerateContentRequest.\(part.path).data: required oneof field 'data' must have one "
          + "initialized field\n")
    }
    guard found.count == 1 else {
      throw Refusal(
        message: "Invalid value at '\(part.path)' (oneof), oneof field 'data' is already set. "
          + "Cannot set '\(found[1])'")
    }
    switch kind {
    case "text":
      let text = try value.string()
      if try part["thought"]?.flag() != true { prompt.add(text: text) }
    case "inlineData": try takeData(value)
    case "fileData":
      try value.checkObject(of: ["mimeType", "fileUri", "displayName"])
      _ = try value.required("fileUri").string()
      prompt.addImage()
    case "functionCall": try checkCall(value, role)
    case "functionResponse": try takeResponse(value, role)
    default: break
    }
    return kind
  }

  private mutating func takeData(_ data: Field) throws(Refusal) {
    try data.checkObject(of: ["mimeType", "data", "displayName"])
    let bytes = try data.required("data")
    guard isBase64(try bytes.string()) else {
      throw Refusal(message: "Invalid value at '\(bytes.path)' (TYPE_BYTES), Base64 decoding failed")
    }
    if try data.required("mimeType").string().hasPrefix("image/") { prompt.addImage() }
  }

  private func checkCall(_ call: Field, _ role: String) throws(Refusal) {
    guard role == "model" else {
      throw Refusal(message: "Please ensure that function call turns have the role model.")
    }
    try call.checkObject(of: ["id", "name", "args", "partialArgs", "willContinue"])
    _ = try call.required("name").string()
    _ = try call["args"]?.object()
  }

  private mutating func takeResponse(_ response: Field, _ role: String) throws(Refusal) {
    guard role == "user" else {
      throw Refusal(message: "Please ensure that function response turns have the role user.")
    }
    try response.checkObject(of: ["id", "name", "response", "willContinue", "scheduling", "parts"])
    _ = try response.required("name").string()
    // A text that was wrapped, because only objects are taken, counts as that text.
    guard case .object(let members) = try response.required("response").object() else { return }
    for member in members { prompt.add(text: member.value.text ?? member.value.description) }
  }
}
