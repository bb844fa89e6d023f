/// Messages, and what they are made of.
extension OpenAIRequestReader {
  /// The members of one message, before it is known what they make.
  private struct Draft {
    var role: ChatMessage.Role?
    var name: String?
    var content: [ChatPart] = []
    var calls: [ChatPart] = []
    var callID: String?
    var refusal: String?
    /// Thoughts as a text, and as blocks with signatures.
    var thoughts: String?
    var blocks: [ChatPart] = []
    var others: [RawMember] = []
  }

  mutating func readMessages(_ value: SourcedValue) throws(PeekError) {
    try value.requireArray("messages")
    var elements = value.elements
    while let element = elements.next() {
      let path = FieldPath("messages", request.messages.count)
      try element.requireObject(path.text())
      let draft = try self.draft(element, at: path)
      request.messages.append(try Self.message(draft, at: path))
    }
  }

  private mutating func draft(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> Draft {
    var draft = Draft()
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "role" {
        draft.role = try role(value, at: path)
      } else if key == "content" {
        draft.content = try content(value, at: path)
      } else if key == "name" {
        draft.name = try value.string(path.text("name"))
      } else if key == "tool_calls" {
        draft.calls = try calls(value, at: path)
      } else if key == "tool_call_id" {
        draft.callID = try value.string(path.text("tool_call_id"))
      } else if key == "refusal" {
        draft.refusal = try value.string(path.text("refusal"))
      } else if key == "reasoning_content" {
        draft.thoughts = try value.string(path.text("reasoning_content"))
      } else if key == "thinking_blocks" {
        draft.blocks = try blocks(value, at: path)
      } else {
        draft.others.append(RawMember(key.string, value.text))
      }
    }
    return draft
  }

  private func role(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ChatMessage.Role {
    guard let role = ChatMessage.Role(rawValue: try value.string(path.text("role"))) else {
      throw .invalid(path.text("role"), "must be 'system', 'developer', 'user', 'assistant' or 'tool'")
    }
    return role
  }

  private static func message(_ draft: Draft, at path: FieldPath) throws(PeekError) -> ChatMessage {
    guard let role = draft.role else { throw .missing(path.text("role")) }
    if draft.others.contains(where: { $0.name == "function_call" }) {
      throw .invalid(path.text("function_call"), "is of an older API: send 'tool_calls' in its place")
    }
    var message = ChatMessage(role, draft.content, name: draft.name)
    message.others = draft.others
    if role == .tool {
      guard let id = draft.callID else { throw .missing(path.text("tool_call_id")) }
      message.parts = [ChatPart(.toolResult(ToolResult(callID: id, parts: draft.content)))]
      return message
    }
    message.parts = thoughts(draft) + draft.content
    if let refusal = draft.refusal { message.parts.append(ChatPart(.refusal(refusal))) }
    message.parts += draft.calls
    return message
  }

  /// Blocks say more than the text, but a stream's pieces may have left a lone signature in them.
  private static func thoughts(_ draft: Draft) -> [ChatPart] {
    let text = draft.thoughts ?? ""
    guard !draft.blocks.isEmpty else {
      return text.isEmpty ? [] : [ChatPart(.thinking(Thinking(text: text)))]
    }
    guard draft.blocks.count == 1, var block = draft.blocks[0].thinking, block.redacted == nil,
      block.text.isEmpty
    else { return draft.blocks }
    block.text = text
    return [ChatPart(.thinking(block))]
  }

  // MARK: Content

  /// A text, or a list of parts.
  private mutating func content(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> [ChatPart] {
    if let text = value.value.string { return [.text(text.string)] }
    guard value.value.isArray else {
      throw .wrongType(
        path.text("content"), expected: "a string, an array of parts or null", found: value.value)
    }
    var parts: [ChatPart] = []
    var elements = value.elements
    while let element = elements.next() {
      parts.append(try part(element, at: path.part(parts.count, of: "content")))
    }
    return parts
  }

  private mutating func part(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ChatPart {
    try value.requireObject(path.text())
    var (kind, text, image, cache) = (String?.none, String?.none, ChatImage?.none, CacheMark?.none)
    var strays: [String] = []
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "type" {
        kind = try value.string(path.text("type"))
      } else if key == "text" || key == "refusal" {
        text = try value.string(path.text(key.string))
      } else if key == "image_url" {
        image = try self.image(value, at: path)
      } else if key == "cache_control" {
        cache = try cacheMark(value, at: path)
      } else {
        strays.append(path.text(key.string))
      }
    }
    guard let type = kind else { throw .missing(path.text("type")) }
    let content = try Self.content(type, text, image, value, at: path)
    if content.isKnown { request.strays += strays }
    return ChatPart(content, cache: cache)
  }

  private static func content(
    _ type: String, _ text: String?, _ image: ChatImage?, _ value: SourcedValue, at path: FieldPath
  ) throws(PeekError) -> ChatPart.Content {
    switch type {
    case "text", "refusal":
      guard let text else { throw .missing(path.text(type)) }
      return type == "text" ? .text(text) : .refusal(text)
    case "image_url":
      guard let image else { throw .missing(path.text(type)) }
      return .image(image)
    default: return .other(type: type, value.text)
    }
  }

  private mutating func image(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ChatImage {
    try value.requireObject(path.text("image_url"))
    var (address, detail) = (String?.none, String?.none)
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "url" {
        address = try value.string(path.text("image_url.url"))
      } else if key == "detail" {
        detail = try value.string(path.text("image_url.detail"))
      } else {
        request.strays.append(path.text("image_url.\(key.string)"))
      }
    }
    guard let url = address else { throw .missing(path.text("image_url.url")) }
    return ChatImage(.init(url: url), detail: detail)
  }

  // MARK: Calls and thoughts

  private mutating func calls(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> [ChatPart] {
    try value.requireArray(path.text("tool_calls"))
    var calls: [ChatPart] = []
    var elements = value.elements
    while let element = elements.next() {
      calls.append(ChatPart(.toolCall(try call(element, at: path.part(calls.count, of: "tool_calls")))))
    }
    return calls
  }

  private mutating func call(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ToolCall {
    try value.requireObject(path.text())
    var (id, function) = (String?.none, ToolCall?.none)
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "id" {
        id = try value.string(path.text("id"))
      } else if key == "function" {
        function = try functionCall(value, at: path)
      } else if key == "type" {
        guard try value.string(path.text("type")) == "function" else {
          throw .invalid(path.text("type"), "must be 'function' where the model's provider isn't OpenAI")
        }
      } else if !(key == "index") {
        request.strays.append(path.text(key.string))
      }
    }
    guard var call = function else { throw .missing(path.text("function")) }
    guard let known = id else { throw .missing(path.text("id")) }
    call.id = known
    return call
  }

  private mutating func functionCall(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ToolCall
  {
    try value.requireObject(path.text("function"))
    var (found, arguments) = (String?.none, JSONText(""))
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "name" {
        found = try value.string(path.text("function.name"))
      } else if key == "arguments" {
        guard let text = value.value.string else {
          throw .wrongType(path.text("function.arguments"), expected: "a string", found: value.value)
        }
        arguments = JSONText(text.buffer)
      } else {
        request.strays.append(path.text("function.\(key.string)"))
      }
    }
    guard let name = found else { throw .missing(path.text("function.name")) }
    return ToolCall(id: "", name: name, arguments: arguments)
  }

  private mutating func blocks(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> [ChatPart] {
    try value.requireArray(path.text("thinking_blocks"))
    var blocks: [ChatPart] = []
    var elements = value.elements
    while let element = elements.next() {
      let path = path.part(blocks.count, of: "thinking_blocks")
      try element.requireObject(path.text())
      var thinking = Thinking(text: "")
      var members = element.members(at: path, keys)
      while let (key, value) = try members.next(keys) {
        if value.isNull { continue }
        if key == "thinking" { thinking.text = try value.string(path.text("thinking")) }
        if key == "signature" { thinking.signature = try value.string(path.text("signature")) }
        if key == "data" { thinking.redacted = try value.string(path.text("data")) }
      }
      blocks.append(ChatPart(.thinking(thinking)))
    }
    return blocks
  }
}
