/// Writes messages in Ollama's dialect: of each one text, with its pictures beside it. Several texts of a message are joined by line feeds.
struct OllamaMessageWriter {
  private let bytes: PaddedBytes
  /// The client speaks it too.
  private let isOwn: Bool
  private(set) var losses: Losses
  /// What the tool of each call is called, of the messages so far.
  private var names: [String: String] = [:]
  private var isFirst = true

  init(_ bytes: PaddedBytes, isOwn: Bool, losses: Losses) {
    (self.bytes, self.isOwn, self.losses) = (bytes, isOwn, losses)
  }

  /// The list of all messages.
  mutating func write(_ messages: [ChatMessage], with peek: Peek) throws(PeekError) {
    bytes.append("[")
    for (index, message) in messages.enumerated() {
      if message.parts.contains(where: { $0.cache != nil }) {
        try losses.lose(.cacheMark, at: "messages[\(index)]")
      }
      if message.role == .tool {
        try writeResults(message, at: index)
      } else {
        try write(message, at: index, with: peek)
      }
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

  private mutating func write(_ message: ChatMessage, at index: Int, with peek: Peek) throws(PeekError) {
    let place = "messages[\(index)]"
    var role = message.role
    if role == .developer, !isOwn {
      try losses.lose(.developer, at: place)
      role = .system
    }
    if message.name != nil { try losses.lose(.participantName, at: place) }
    var object = begin(role)
    try writeSaid(message.parts, at: place, in: &object)
    try write(message.parts.compactMap(\.toolCall), at: place, in: &object, with: peek)
    if isOwn { object.members(message.others) }
    object.end()
  }

  /// One message for each result. Templates have no pictures in results: they come behind, from the user.
  private mutating func writeResults(_ message: ChatMessage, at index: Int) throws(PeekError) {
    let place = "messages[\(index)]"
    if message.name != nil { try losses.lose(.participantName, at: place) }
    var images: [ChatPart] = []
    for part in message.parts {
      guard case .toolResult(let result) = part.content else { continue }
      if result.isError == true { try losses.lose(.toolError, at: place) }
      if result.parts.contains(where: { $0.cache != nil }) { try losses.lose(.cacheMark, at: place) }
      var object = begin(.tool)
      try writeSaid(result.parts.filter { isOwn || !$0.isImage }, at: place, in: &object)
      object.member("tool_name", names[result.callID])
      if !isOwn || !OllamaCalls.isMade(result.callID) { object.member("tool_call_id", result.callID) }
      if isOwn { object.members(message.others) }
      object.end()
      if !isOwn { images += result.parts.filter(\.isImage) }
    }
    guard !images.isEmpty else { return }
    try losses.lose(.toolResultImage, at: place)
    var object = begin(.user)
    try writeSaid(images, at: place, in: &object)
    object.end()
  }

  /// Text, thoughts and pictures.
  private mutating func writeSaid(
    _ parts: [ChatPart], at place: String, in object: inout ObjectWriter
  ) throws(PeekError) {
    var (texts, thoughts, images) = ([String](), [Thinking](), [String]())
    for part in parts {
      switch part.content {
      case .text(let text): texts.append(text)
      case .refusal(let text):
        try losses.lose(.formerRefusal, at: place)
        texts.append(text)
      case .thinking(let thinking): thoughts.append(thinking)
      case .image(let image): images.append(try data(of: image, at: place))
      case .other: try losses.lose(.otherParts, at: place)
      case .toolCall, .toolResult: break
      }
    }
    object.member("content", texts.joined(separator: "\n"))
    try write(thoughts, at: place, in: &object)
    guard !images.isEmpty else { return }
    object.key("images")
    bytes.appendList(images) { bytes.appendJSON($0) }
  }

  private mutating func write(
    _ thoughts: [Thinking], at place: String, in object: inout ObjectWriter
  ) throws(PeekError) {
    if thoughts.contains(where: { $0.signature != nil || $0.redacted != nil }) {
      try losses.lose(.formerThinking, at: place)
    }
    let text = thoughts.map(\.text).joined()
    if !text.isEmpty { object.member("thinking", text) }
  }

  private mutating func data(of image: ChatImage, at place: String) throws(PeekError) -> String {
    if image.detail != nil { try losses.lose(.imageDetail, at: place) }
    guard case .data(_, let base64) = image.source else {
      try losses.lose(.imageURL, at: place)
      return ""
    }
    return base64
  }

  private mutating func write(
    _ calls: [ToolCall], at place: String, in object: inout ObjectWriter, with peek: Peek
  ) throws(PeekError) {
    guard !calls.isEmpty else { return }
    object.key("tool_calls")
    bytes.append("[")
    for (number, call) in calls.enumerated() {
      guard let arguments = call.objectArguments(with: peek) else {
        throw .notCarried(
          place, to: .ollama, "The arguments of its call '\(call.id)' must be a JSON object. Mend them.")
      }
      names[call.id] = call.name
      if number > 0 { bytes.append(",") }
      var member = ObjectWriter(bytes)
      if !isOwn || !OllamaCalls.isMade(call.id) { member.member("id", call.id) }
      member.key("function")
      var function = ObjectWriter(bytes)
      function.member("name", call.name)
      function.member("arguments", arguments)
      function.end()
      member.end()
    }
    bytes.append("]")
  }
}

extension ChatPart {
  fileprivate var isImage: Bool { if case .image = content { true } else { false } }
}
