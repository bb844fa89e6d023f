/// Messages, and what they are made of.
extension OllamaRequestReader {
  /// The members of one message, before it is known what they make.
  private struct Draft {
    var role: ChatMessage.Role?
    var content: [ChatPart] = []
    var images: [ChatPart] = []
    var thinking: [ChatPart] = []
    var calls: [ToolCall] = []
    var toolName: String?
    var callID: String?
    var others: [RawMember] = []
  }

  mutating func readMessages(_ value: SourcedValue) throws(PeekError) {
    try value.requireArray("messages")
    var elements = value.elements
    while let element = elements.next() {
      let path = FieldPath("messages", request.messages.count)
      try element.requireObject(path.text())
      let draft = try self.draft(element, at: path)
      let message = try self.message(draft, at: path)
      request.messages.append(message)
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
        let text = try value.string(path.text("content"))
        draft.content = text.isEmpty ? [] : [.text(text)]
      } else if key == "thinking" {
        let text = try value.string(path.text("thinking"))
        draft.thinking = text.isEmpty ? [] : [ChatPart(.thinking(Thinking(text: text)))]
      } else if key == "images" {
        draft.images = try images(value, path.text("images")) { path.part($0, of: "images") }
      } else if key == "tool_calls" {
        draft.calls = try calls(value, at: path)
      } else if key == "tool_name" {
        draft.toolName = try value.string(path.text("tool_name"))
      } else if key == "tool_call_id" {
        draft.callID = try value.string(path.text("tool_call_id"))
      } else {
        draft.others.append(RawMember(key.string, value.text))
      }
    }
    return draft
  }

  private func role(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ChatMessage.Role {
    let word = try value.string(path.text("role")).lowercased()
    guard let role = ChatMessage.Role(rawValue: word) else {
      throw .invalid(path.text("role"), "must be 'system', 'user', 'assistant' or 'tool'")
    }
    return role
  }

  private mutating func message(_ draft: Draft, at path: FieldPath) throws(PeekError) -> ChatMessage {
    guard let role = draft.role else { throw .missing(path.text("role")) }
    var message = ChatMessage(role, [])
    message.others = draft.others
    // A model sees pictures in front of a message's text, wherever they stand.
    let said = draft.images + draft.content
    guard role == .tool else {
      message.parts = draft.thinking + said + draft.calls.map { ChatPart(.toolCall($0)) }
      if !draft.calls.isEmpty { history.begin(draft.calls) }
      return message
    }
    if !draft.thinking.isEmpty { request.strays.append(path.text("thinking")) }
    if !draft.calls.isEmpty { request.strays.append(path.text("tool_calls")) }
    guard let id = history.take(id: draft.callID, name: draft.toolName) else {
      throw .invalid(
        path.text(),
        "is the result of no call: send the call before it, and its 'tool_call_id' or 'tool_name' with it")
    }
    if let name = draft.toolName, name != history.names[id] { request.strays.append(path.text("tool_name")) }
    message.parts = [ChatPart(.toolResult(ToolResult(callID: id, parts: said)))]
    return message
  }

  // MARK: Calls

  private mutating func calls(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> [ToolCall] {
    try value.requireArray(path.text("tool_calls"))
    var calls: [ToolCall] = []
    var elements = value.elements
    while let element = elements.next() {
      var call = try self.call(element, at: path.part(calls.count, of: "tool_calls"))
      if call.id.isEmpty { call.id = OllamaCalls.madeID(request.messages.count, calls.count) }
      calls.append(call)
    }
    return calls
  }

  private mutating func call(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ToolCall {
    try value.requireObject(path.text())
    var (id, function) = ("", ToolCall?.none)
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "id" {
        id = try value.string(path.text("id"))
      } else if key == "function" {
        function = try functionCall(value, at: path)
      } else if !(key == "type") {
        request.strays.append(path.text(key.string))
      }
    }
    guard var call = function else { throw .missing(path.text("function")) }
    call.id = id
    return call
  }

  private mutating func functionCall(_ value: SourcedValue, at path: FieldPath) throws(PeekError) -> ToolCall
  {
    try value.requireObject(path.text("function"))
    var (found, arguments) = (String?.none, JSONText("{}"))
    var members = value.members(at: path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "name" {
        found = try value.string(path.text("function.name"))
      } else if key == "arguments" {
        arguments = try value.object(path.text("function.arguments"))
      } else if !(key == "index") {
        request.strays.append(path.text("function.\(key.string)"))
      }
    }
    guard let name = found else { throw .missing(path.text("function.name")) }
    return ToolCall(id: "", name: name, arguments: arguments)
  }

  // MARK: Pictures

  /// A list of texts in base64, each at the place that `path` says.
  func images(
    _ value: SourcedValue, _ name: @autoclosure () -> String, _ path: (Int) -> FieldPath
  ) throws(PeekError) -> [ChatPart] {
    try value.requireArray(name())
    var images: [ChatPart] = []
    var elements = value.elements
    while let element = elements.next() {
      let place = path(images.count)
      let text = try element.string(place.text())
      guard let mediaType = ChatImage.mediaType(ofBase64: text) else {
        throw .invalid(
          place.text(), "must be a PNG, JPEG, GIF or WebP picture in base64 where the provider isn't Ollama")
      }
      images.append(ChatPart(.image(ChatImage(.data(mediaType: mediaType, base64: text)))))
    }
    return images
  }
}

extension ChatImage {
  /// By the first bytes of a picture; nil for none of the kinds that every provider takes.
  static func mediaType(ofBase64 text: String) -> String? {
    let text = text.utf8
    if text.starts(with: "iVBORw0KGgo".utf8) { return "image/png" }
    if text.starts(with: "/9j/".utf8) { return "image/jpeg" }
    if text.starts(with: "R0lGOD".utf8) { return "image/gif" }
    // `RIFF`, a length, `WEBP`: sounds begin with `RIFF` too.
    let isWebP = text.starts(with: "UklGR".utf8) && text.dropFirst(11).starts(with: "XRUJQ".utf8)
    return isWebP ? "image/webp" : nil
  }
}
