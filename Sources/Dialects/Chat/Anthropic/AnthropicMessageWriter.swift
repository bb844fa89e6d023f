/// Writes messages in Anthropic's dialect: those of the system in front of all others, neighbours of one role as one message.
struct AnthropicMessageWriter {
  private let bytes: PaddedBytes
  private let request: ChatRequest
  private let peek: Peek
  private(set) var losses: Losses

  /// Neighbours of one role.
  private struct Turn {
    let role: ChatMessage.Role
    var parts: [ChatPart]
    var others: [RawMember]
  }

  init(_ request: ChatRequest, to bytes: PaddedBytes, losses: Losses, with peek: Peek) {
    (self.request, self.bytes, self.losses, self.peek) = (request, bytes, losses, peek)
  }

  /// The client speaks it too.
  private var isOwn: Bool { request.origin == .anthropic }

  /// The members `system` and `messages`.
  mutating func write(in object: inout ObjectWriter) throws(PeekError) {
    var (system, turns) = ([ChatPart](), [Turn]())
    for (index, message) in request.messages.enumerated() {
      let parts = try carried(message.parts, at: index)
      if message.name != nil { try losses.lose(.participantName, at: "messages[\(index)]") }
      if isHoisted(message.role, at: index) {
        try check(message, at: index, isFirst: turns.isEmpty)
        system += parts
      } else if !parts.isEmpty {
        add(parts, of: message, to: &turns)
      }
    }
    guard isOwn || !turns.isEmpty else {
      throw .notCarried(
        "messages", to: .anthropic, "The API wants a message besides the system's. Add one of the user's.")
    }
    if !system.isEmpty {
      object.key("system")
      AnthropicBlocks.write(content: system, to: bytes)
    }
    object.key("messages")
    bytes.appendList(turns) { write($0) }
  }

  /// A client of Anthropic's puts the system's messages in front, or where it wants to have them.
  private func isHoisted(_ role: ChatMessage.Role, at index: Int) -> Bool {
    (role == .system || role == .developer) && (!isOwn || index == 0)
  }

  /// Of a message of the system.
  private mutating func check(_ message: ChatMessage, at index: Int, isFirst: Bool) throws(PeekError) {
    guard !isOwn else { return }
    let place = "messages[\(index)]"
    if message.role == .developer { try losses.lose(.developer, at: place) }
    if !isFirst { try losses.lose(.system, at: place) }
    guard message.parts.allSatisfy({ $0.text != nil }) else {
      throw .notCarried(place, to: .anthropic, "The system's messages can hold texts only there.")
    }
  }

  private func add(_ parts: [ChatPart], of message: ChatMessage, to turns: inout [Turn]) {
    let role = message.role == .tool ? .user : message.role
    let others = isOwn ? message.others : []
    if turns.last?.role == role {
      turns[turns.count - 1].parts += parts
      turns[turns.count - 1].others += others
    } else {
      turns.append(Turn(role: role, parts: parts, others: others))
    }
  }

  private func write(_ turn: Turn) {
    var object = ObjectWriter(bytes)
    object.member("role", turn.role.rawValue)
    object.key("content")
    AnthropicBlocks.write(content: turn.parts, to: bytes)
    object.members(turn.others)
    object.end()
  }

  // MARK: Parts

  /// What the API takes of them; it refuses empty texts.
  private mutating func carried(_ parts: [ChatPart], at index: Int) throws(PeekError) -> [ChatPart] {
    var result: [ChatPart] = []
    for part in parts {
      guard let content = try carried(part.content, at: index) else { continue }
      result.append(ChatPart(content, cache: part.cache))
    }
    return result
  }

  private mutating func carried(
    _ content: ChatPart.Content, at index: Int
  ) throws(PeekError) -> ChatPart.Content? {
    switch content {
    case .text(let text): return text.isEmpty ? nil : content
    case .image(let image):
      if image.detail != nil { try losses.lose(.imageDetail, at: "messages[\(index)]") }
      return content
    case .toolCall(let call): return .toolCall(try carried(call, at: index))
    case .toolResult(var result):
      result.callID = cleaned(result.callID)
      result.parts = try carried(result.parts, at: index)
      return .toolResult(result)
    case .thinking(let thinking):
      if isOwn || thinking.isAnthropicSigned { return content }
      try losses.lose(.formerThinking, at: "messages[\(index)]")
      return nil
    case .refusal(let text):
      try losses.lose(.formerRefusal, at: "messages[\(index)]")
      return text.isEmpty ? nil : .text(text)
    case .other:
      if !isOwn { try losses.lose(.otherParts, at: "messages[\(index)]") }
      return content
    }
  }

  private func carried(_ call: ToolCall, at index: Int) throws(PeekError) -> ToolCall {
    guard let arguments = call.objectArguments(with: peek) else {
      throw .notCarried(
        "messages[\(index)]", to: .anthropic,
        "The arguments of a call must be a JSON object there, and those of '\(call.name)' are none.")
    }
    return ToolCall(id: cleaned(call.id), name: call.name, arguments: arguments)
  }

  /// The API takes letters, digits, `_` and `-` in ids, where some servers' have others: the same for calls and results.
  private func cleaned(_ id: String) -> String {
    guard !isOwn, !id.utf8.allSatisfy(Self.isPlain) else { return id }
    return String(decoding: id.utf8.map { Self.isPlain($0) ? $0 : UInt8(ascii: "_") }, as: UTF8.self)
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"): true
    case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "_"), UInt8(ascii: "-"): true
    default: false
    }
  }
}
