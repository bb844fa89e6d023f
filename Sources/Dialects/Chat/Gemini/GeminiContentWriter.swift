/// Writes the turns of a chat for Gemini: `contents`, and the system's words as `systemInstruction`.
///
/// Neighbouring messages of one side are one turn, as Gemini wants all results of a turn's calls together.
struct GeminiContentWriter {
  /// Whose turn it is. Results stand alone in theirs.
  enum Turn { case user, model, results }

  let bytes: PaddedBytes
  let request: ChatRequest
  private let peek: Peek
  var losses: Losses
  /// The turn that is being written.
  private var turn: Turn?

  init(_ bytes: PaddedBytes, _ request: ChatRequest, _ peek: Peek, _ losses: Losses) {
    (self.bytes, self.request, self.peek, self.losses) = (bytes, request, peek, losses)
  }

  mutating func write(in object: inout ObjectWriter) throws(PeekError) {
    let messages = request.messages
    // A chat needs a turn: where the system alone speaks, it speaks as the user.
    let hoists = messages.contains { !$0.role.isSystem }
    object.key("contents")
    bytes.append("[")
    var index = 0
    while index < messages.count {
      let message = messages[index]
      if message.role == .tool {
        let end = messages[index...].firstIndex { $0.role != .tool } ?? messages.count
        try writeResults(index..<end)
        index = end
        continue
      }
      if !message.role.isSystem || !hoists { try write(message, at: index) }
      index += 1
    }
    if turn != nil { bytes.append("]}") }
    bytes.append("]")
    if hoists { try writeSystem(in: &object) } else { try losses.lose(.system) }
  }

  /// Begins a part, in the turn that is open or in a new one.
  mutating func begin(_ next: Turn) {
    if turn == next { return bytes.append(",") }
    if turn != nil { bytes.append("]},") }
    turn = next
    bytes.append(next == .model ? #"{"role":"model","parts":["# : #"{"role":"user","parts":["#)
  }

  private mutating func writeSystem(in object: inout ObjectWriter) throws(PeekError) {
    var hasTurn = false
    var isFirst = true
    for (index, message) in request.messages.enumerated() {
      guard message.role.isSystem else {
        hasTurn = true
        continue
      }
      let place = "messages[\(index)]"
      if message.role == .developer { try losses.lose(.developer, at: place) }
      if hasTurn { try losses.lose(.system, at: place) }
      try loseAround(message, at: place)
      for part in message.parts where part.text != "" {
        if isFirst {
          object.key("systemInstruction")
          bytes.append(#"{"parts":["#)
        } else {
          bytes.append(",")
        }
        isFirst = false
        try write(part.content, at: place)
      }
    }
    if !isFirst { bytes.append("]}") }
  }

  private mutating func loseAround(_ message: ChatMessage, at place: String) throws(PeekError) {
    if message.name != nil { try losses.lose(.participantName, at: place) }
    if message.parts.contains(where: { $0.cache != nil }) { try losses.lose(.cacheMark, at: place) }
  }

  // MARK: Turns

  private mutating func write(_ message: ChatMessage, at index: Int) throws(PeekError) {
    let place = "messages[\(index)]"
    try loseAround(message, at: place)
    let side = message.role == .assistant ? Turn.model : .user
    let (thoughts, calls) = (message.parts.compactMap(\.thinking), message.parts.compactMap(\.toolCall))
    var signature = thoughts.compactMap(\.geminiSignature).last
    if thoughts.contains(where: { $0.geminiSignature == nil }) { try losses.lose(.formerThinking, at: place) }
    let lastText = message.parts.lastIndex { $0.text?.isEmpty == false }
    for (number, part) in message.parts.enumerated() where part.thinking == nil && part.text != "" {
      begin(side)
      switch part.content {
      case .toolCall(let call):
        try write(call, signature ?? (call == calls[0] ? unsigned : nil), at: place)
        signature = nil
      case .text(let text):
        // Thoughts that led to a call are signed there.
        let isSigned = number == lastText && calls.isEmpty
        write(text, isSigned ? signature : nil)
      default: try write(part.content, at: place)
      }
    }
  }

  private var unsigned: String? { GeminiSignature.ofUnsignedCall(to: request.model) }

  private func write(_ text: String, _ signature: String? = nil) {
    var part = ObjectWriter(bytes)
    part.member("text", text)
    part.member("thoughtSignature", signature)
    part.end()
  }

  private func write(_ call: ToolCall, _ signature: String?, at place: String) throws(PeekError) {
    guard let arguments = call.objectArguments(with: peek) else {
      throw .notCarried(
        place, to: .gemini, "The arguments of calls have to be JSON objects there, and some aren't.")
    }
    bytes.append(#"{"functionCall":"#)
    var function = ObjectWriter(bytes)
    function.member("id", call.id.isEmpty ? nil : call.id)
    function.member("name", call.name)
    function.member("args", arguments)
    function.end()
    if let signature {
      bytes.append(#","thoughtSignature":"#)
      bytes.appendJSON(signature)
    }
    bytes.append("}")
  }

  /// What isn't signed.
  mutating func write(_ content: ChatPart.Content, at place: String) throws(PeekError) {
    switch content {
    case .text(let text): write(text)
    case .image(let image): try write(image, at: place)
    case .refusal(let text):
      try losses.lose(.formerRefusal, at: place)
      write(text)
    // Calls and thoughts among them: where a system or a user has some, nobody knows what they mean.
    case .other, .toolCall, .toolResult, .thinking: try losses.lose(.otherParts, at: place)
    }
  }

  private mutating func write(_ image: ChatImage, at place: String) throws(PeekError) {
    if let detail = image.detail, detail != "auto" { try losses.lose(.imageDetail, at: place) }
    switch image.source {
    case .data(let mediaType, let base64):
      bytes.append(#"{"inlineData":{"mimeType":"#)
      bytes.appendJSON(mediaType)
      bytes.append(#","data":""#)
      bytes.appendInner(base64)
      bytes.append(#""}}"#)
    case .url(let url):
      guard !url.hasPrefix("data:") else {
        throw .notCarried(place, to: .gemini, "A data URL has to have a media type and base64 there.")
      }
      try losses.lose(.imageURL, at: place)
      bytes.append(#"{"fileData":"#)
      var file = ObjectWriter(bytes)
      file.member("mimeType", Self.mediaType(ofFile: url))
      file.member("fileUri", url)
      file.end()
      bytes.append("}")
    }
  }

  /// By the end of its name; nil where that says nothing, and Gemini has to find out.
  private static func mediaType(ofFile url: String) -> String? {
    let path = url.prefix { $0 != "?" && $0 != "#" }
    guard let dot = path.lastIndex(of: ".") else { return nil }
    return switch path[dot...].lowercased() {
    case ".png": "image/png"
    case ".jpg", ".jpeg": "image/jpeg"
    case ".webp": "image/webp"
    case ".gif": "image/gif"
    case ".heic": "image/heic"
    case ".heif": "image/heif"
    default: nil
    }
  }
}

extension ChatMessage.Role {
  /// Speaks for who runs the application.
  fileprivate var isSystem: Bool { self == .system || self == .developer }
}
