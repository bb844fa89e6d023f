/// Writes messages in OpenAI's dialect.
struct OpenAIMessageWriter {
  private let bytes: PaddedBytes
  /// The client speaks it too.
  private let isOwn: Bool
  private(set) var losses: Losses
  private var isFirst = true

  init(_ bytes: PaddedBytes, isOwn: Bool, losses: Losses) {
    (self.bytes, self.isOwn, self.losses) = (bytes, isOwn, losses)
  }

  /// The list of all messages.
  mutating func write(_ messages: [ChatMessage]) throws(PeekError) {
    bytes.append("[")
    for (index, message) in messages.enumerated() {
      if message.role == .tool { try writeResults(message, at: index) } else { try write(message, at: index) }
    }
    bytes.append("]")
  }

  private mutating func begin(_ role: ChatMessage.Role) -> ObjectWriter {
    if !isFirst { bytes.append(",") }
    isFirst = false
    var object = ObjectWriter(bytes)
    object.member("role", role.rawValue)
    return object
  }

  private mutating func write(_ message: ChatMessage, at index: Int) throws(PeekError) {
    var object = begin(message.role)
    object.member("name", message.name)
    let thoughts = message.parts.compactMap(\.thinking)
    let calls = message.parts.compactMap(\.toolCall)
    if isOwn {
      Self.write(thoughts, in: &object)
    } else if !thoughts.isEmpty {
      try losses.lose(.formerThinking, at: "messages[\(index)]")
    }
    let said = message.parts.filter { $0.isSaid }
    if said.isEmpty, message.role == .assistant {
      object.constant("content", "null")
    } else {
      object.key("content")
      try write(said, at: index)
    }
    object.member("refusal", message.parts.lazy.compactMap(\.refusal).first)
    Self.write(calls, in: &object)
    if isOwn { object.members(message.others) }
    object.end()
    try loseMarks(of: message.parts, at: index)
  }

  /// There are none but in `content`.
  private mutating func loseMarks(of parts: [ChatPart], at index: Int) throws(PeekError) {
    guard parts.contains(where: { $0.cache != nil && !$0.isSaid }) else { return }
    try losses.lose(.cacheMark, at: "messages[\(index)]")
  }

  /// One message for each result; what the API doesn't take in them comes behind, from the user.
  private mutating func writeResults(_ message: ChatMessage, at index: Int) throws(PeekError) {
    var images: [ChatPart] = []
    for part in message.parts {
      guard case .toolResult(let result) = part.content else { continue }
      if result.isError == true { try losses.lose(.toolError, at: "messages[\(index)]") }
      var object = begin(.tool)
      object.member("tool_call_id", result.callID)
      object.member("name", message.name)
      object.key("content")
      try write(result.parts.filter { isOwn || !$0.isImage }, at: index)
      if isOwn { object.members(message.others) }
      object.end()
      if !isOwn { images += result.parts.filter { $0.isImage } }
    }
    try loseMarks(of: message.parts, at: index)
    guard !images.isEmpty else { return }
    try losses.lose(.toolResultImage, at: "messages[\(index)]")
    var object = begin(.user)
    object.key("content")
    try write(images, at: index)
    object.end()
  }

  // MARK: Content

  /// A single text without a mark as a text, all else as a list.
  private mutating func write(_ parts: [ChatPart], at index: Int) throws(PeekError) {
    if parts.isEmpty { return bytes.append("\"\"") }
    if parts.count == 1, let text = parts[0].text, !isOwn || parts[0].cache == nil {
      if parts[0].cache != nil { try losses.lose(.cacheMark, at: "messages[\(index)]") }
      return bytes.appendJSON(text)
    }
    bytes.append("[")
    for (number, part) in parts.enumerated() {
      if number > 0 { bytes.append(",") }
      try write(part, at: index)
    }
    bytes.append("]")
  }

  private mutating func write(_ part: ChatPart, at index: Int) throws(PeekError) {
    switch part.content {
    case .text(let text):
      bytes.append(#"{"type":"text","text":"#)
      bytes.appendJSON(text)
    case .image(let image):
      bytes.append(#"{"type":"image_url","image_url":"#)
      write(image)
    case .other(_, let text):
      if !isOwn { try losses.lose(.otherParts, at: "messages[\(index)]") }
      return bytes.append(text)
    case .toolCall, .toolResult, .thinking, .refusal: return
    }
    if let mark = part.cache, isOwn {
      bytes.append(",")
      Self.write(mark, to: bytes)
    } else if part.cache != nil {
      try losses.lose(.cacheMark, at: "messages[\(index)]")
    }
    bytes.append("}")
  }

  private func write(_ image: ChatImage) {
    bytes.append(#"{"url":""#)
    switch image.source {
    case .url(let url): bytes.appendInner(url)
    case .data(let mediaType, let base64):
      bytes.append("data:")
      bytes.appendInner(mediaType)
      bytes.append(";base64,")
      bytes.appendInner(base64)
    }
    bytes.append("\"")
    if let detail = image.detail {
      bytes.append(#","detail":"#)
      bytes.appendJSON(detail)
    }
    bytes.append("}")
  }
}

/// What requests and answers have in common.
extension OpenAIMessageWriter {
  /// A member, without a comma.
  static func write(_ mark: CacheMark, to bytes: PaddedBytes) {
    bytes.append(#""cache_control":{"type":"ephemeral""#)
    if let lifetime = mark.lifetime {
      bytes.append(#","ttl":"#)
      bytes.appendJSON(lifetime)
    }
    bytes.append("}")
  }

  /// All of them as one text, and as blocks where the text doesn't say it all.
  static func write(_ thoughts: [Thinking], in object: inout ObjectWriter) {
    guard !thoughts.isEmpty else { return }
    let bytes = object.bytes
    let text = thoughts.reduce(into: "") { $0 += $1.text }
    if !text.isEmpty { object.member("reasoning_content", text) }
    guard thoughts.count > 1 || thoughts[0].signature != nil || thoughts[0].redacted != nil else { return }
    object.key("thinking_blocks")
    bytes.appendList(thoughts) { thinking in
      var block = ObjectWriter(bytes)
      if let redacted = thinking.redacted {
        block.constant("type", #""redacted_thinking""#)
        block.member("data", redacted)
      } else {
        block.constant("type", #""thinking""#)
        block.member("thinking", thinking.text)
        block.member("signature", thinking.signature)
      }
      block.end()
    }
  }

  /// Nothing where there are none.
  static func write(_ calls: [ToolCall], in object: inout ObjectWriter) {
    guard !calls.isEmpty else { return }
    let bytes = object.bytes
    object.key("tool_calls")
    bytes.appendList(calls) { call in
      var member = ObjectWriter(bytes)
      member.member("id", call.id)
      member.constant("type", #""function""#)
      member.key("function")
      var function = ObjectWriter(bytes)
      function.member("name", call.name)
      function.key("arguments")
      bytes.appendJSON(utf8: call.arguments.bytes)
      function.end()
      member.end()
    }
  }
}

extension ChatPart {
  /// What stands in a message's `content`.
  fileprivate var isSaid: Bool {
    switch content {
    case .text, .image, .other: true
    case .toolCall, .toolResult, .thinking, .refusal: false
    }
  }

  fileprivate var isImage: Bool { if case .image = content { true } else { false } }
}
