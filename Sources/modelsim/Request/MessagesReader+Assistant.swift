/// The assistant's turns.
extension MessagesReader {
  /// The ids of its calls.
  mutating func takeAssistant(_ message: Field, isLast: Bool) throws(Refusal) -> [String] {
    prompt.endsWithResult = false
    guard let parts = try blocks(of: message, mayBeEmpty: isLast) else {
      if isLast { try checkEnd(message.required("content").string()) }
      return []
    }
    var open: [String] = []
    for block in parts {
      switch try block.required("type").string() {
      case "text":
        try block.checkObject(of: ["type", "text", "cache_control", "citations"])
        try takeText(block)
        try takeCacheMark(block)
      case "thinking": try checkThought(block)
      case "redacted_thinking":
        try block.checkObject(of: ["type", "data"])
        _ = try block.required("data").string()
      case "tool_use": open.append(try takeCall(block))
      case let type: throw unknown(type, in: block)
      }
    }
    if isLast, let text = parts.last?["text"] { try checkEnd(text.string()) }
    return open
  }

  private func checkEnd(_ text: String) throws(Refusal) {
    guard text.last?.isWhitespace != true else {
      throw Refusal(message: "messages: final assistant content cannot end with trailing whitespace")
    }
  }

  private func checkThought(_ block: Field) throws(Refusal) {
    try block.checkObject(of: ["type", "thinking", "signature"])
    let text = try block.required("thinking").string()
    guard try block.required("signature").string() == Signature.of(text) else {
      throw block.refusal("Invalid `signature` in `thinking` block")
    }
  }

  private mutating func takeCall(_ block: Field) throws(Refusal) -> String {
    try block.checkObject(of: ["type", "id", "name", "input", "cache_control", "caller"])
    let id = try block.required("id")
    let text = try id.string()
    guard Self.isName(text) else { throw id.refusal("String should match pattern '^[a-zA-Z0-9_-]+$'") }
    guard callIDs.insert(text).inserted else { throw block.refusal("`tool_use` ids must be unique") }
    _ = try block.required("name").string()
    _ = try block.required("input").object()
    try takeCacheMark(block)
    return text
  }

  /// Who thinks has to show what came before the calls whose results come last.
  func checkThinking(_ messages: [Field]) throws(Refusal) {
    guard ask.thinks, prompt.endsWithResult, let turn = messages.dropLast().last,
      let first = try turn["content"]?.list().first, let type = first["type"]
    else { return }
    guard type.value != "thinking", type.value != "redacted_thinking" else { return }
    throw type.refusal(
      "Expected `thinking` or `redacted_thinking`, but found `\(type.value.text ?? "")`. When `thinking` is "
        + "enabled, a final `assistant` message must start with a thinking block.")
  }
}
