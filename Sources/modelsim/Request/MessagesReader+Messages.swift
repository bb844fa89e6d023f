extension MessagesReader {
  mutating func takeMessages(_ root: Field) throws(Refusal) {
    let messages = try root.required("messages").list()
    guard !messages.isEmpty else { throw Refusal(message: "messages: at least one message is required") }
    // Calls that a turn leaves open: the next has to begin with their results.
    var open: [String] = []
    var last = ""
    for (index, message) in messages.enumerated() {
      let role = try role(of: message, after: last)
      let isLast = index + 1 == messages.count
      if role == "user" {
        try takeUser(message, open: open)
        open = []
      } else {
        open = try takeAssistant(message, isLast: isLast)
        if isLast, !open.isEmpty { throw unanswered(open, in: message) }
      }
      last = role
    }
    try checkThinking(messages)
  }

  private func role(of message: Field, after last: String) throws(Refusal) -> String {
    try message.checkObject(of: ["role", "content"])
    let role = try message.required("role")
    if role.value == "system" {
      throw Refusal(
        message: "messages: Unexpected role \"system\". The Messages API accepts a top-level `system` "
          + "parameter, not \"system\" as an input message role.")
    }
    let text = try role.string(among: ["user", "assistant"])
    if last.isEmpty, text != "user" {
      throw Refusal(message: "messages: first message must use the \"user\" role")
    }
    guard text != last else {
      throw Refusal(
        message: "messages: roles must alternate between \"user\" and \"assistant\", but found multiple "
          + "\"\(text)\" roles in a row")
    }
    return text
  }

  /// A message's blocks; nil if its content is a text.
  mutating func blocks(of message: Field, mayBeEmpty: Bool) throws(Refusal) -> [Field]? {
    let content = try message.required("content")
    let isEmpty = content.value == "" || content.value == .array([])
    guard mayBeEmpty || !isEmpty else {
      throw message.refusal(
        "all messages must have non-empty content except for the optional final assistant message")
    }
    guard let text = content.value.text else { return try content.list() }
    prompt.add(text: text)
    return nil
  }

  private func unanswered(_ open: [String], in message: Field) -> Refusal {
    message.refusal(
      "`tool_use` ids were found without `tool_result` blocks immediately after: "
        + open.joined(separator: ", ") + ". Each `tool_use` block must have a corresponding `tool_result` "
        + "block in the next message.")
  }

  func unknown(_ type: String, in block: Field) -> Refusal {
    block.refusal("Input tag '\(type)' found using 'type' does not match any of the expected tags")
  }
}

// MARK: - The user's turns

extension MessagesReader {
  private mutating func takeUser(_ message: Field, open: [String]) throws(Refusal) {
    prompt.endsWithResult = false
    guard let parts = try blocks(of: message, mayBeEmpty: false) else {
      guard open.isEmpty else { throw unanswered(open, in: message) }
      return
    }
    var open = open
    let expected = Set(open)
    for block in parts {
      let type = try block.required("type").string()
      guard type == "tool_result" else {
        guard open.isEmpty else { throw unanswered(open, in: message) }
        try takeInput(block, type)
        prompt.endsWithResult = false
        continue
      }
      let id = try block.required("tool_use_id").string()
      guard expected.contains(id) else {
        throw block.refusal(
          "unexpected `tool_use_id` found in `tool_result` blocks: \(id). Each `tool_result` block must "
            + "have a corresponding `tool_use` block in the previous message.")
      }
      guard let place = open.firstIndex(of: id) else {
        throw block.refusal(
          "each tool_use must have a single result. Found multiple `tool_result` blocks with id: \(id)")
      }
      open.remove(at: place)
      try takeResult(block)
    }
    guard open.isEmpty else { throw unanswered(open, in: message) }
  }

  private mutating func takeResult(_ block: Field) throws(Refusal) {
    prompt.endsWithResult = true
    try block.checkObject(of: ["type", "tool_use_id", "content", "is_error", "cache_control"])
    _ = try block["is_error"]?.flag()
    try takeCacheMark(block)
    guard let content = block["content"] else { return }
    if let text = content.value.text { return prompt.add(text: text) }
    for part in try content.list() { try takeInput(part, try part.required("type").string()) }
  }

  private mutating func takeInput(_ block: Field, _ type: String) throws(Refusal) {
    switch type {
    case "text":
      try block.checkObject(of: ["type", "text", "cache_control", "citations"])
      try takeText(block)
    case "image":
      try block.checkObject(of: ["type", "source", "cache_control"])
      try takeSource(try block.required("source"))
      prompt.addImage()
    case "document":
      try block.checkObject(of: ["type", "source", "cache_control", "title", "context", "citations"])
      _ = try block.required("source").object()
    default: throw unknown(type, in: block)
    }
    try takeCacheMark(block)
  }

  private func takeSource(_ source: Field) throws(Refusal) {
    switch try source.required("type").string(among: ["base64", "url", "file"]) {
    case "base64":
      try source.checkObject(of: ["type", "media_type", "data"])
      _ = try source.required("media_type").string(
        among: ["image/jpeg", "image/png", "image/gif", "image/webp"])
      let data = try source.required("data")
      guard isBase64(try data.string()) else { throw data.refusal("invalid base64 data") }
    case "url":
      try source.checkObject(of: ["type", "url"])
      let url = try source.required("url")
      guard try url.string().hasPrefix("https://") else {
        throw url.refusal("Only HTTPS URLs are supported.")
      }
    default: _ = try source.required("file_id").string()
    }
  }
}
