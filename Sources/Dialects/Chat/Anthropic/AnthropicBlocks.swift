/// Writes blocks of content, which requests and answers have in common.
enum AnthropicBlocks {
  /// A single text without a mark as a text, all else as a list.
  static func write(content parts: [ChatPart], to bytes: PaddedBytes) {
    if parts.count == 1, parts[0].cache == nil, let text = parts[0].text { return bytes.appendJSON(text) }
    write(parts, to: bytes)
  }

  /// A list.
  static func write(_ parts: [ChatPart], to bytes: PaddedBytes) {
    bytes.appendList(parts) { write($0, to: bytes) }
  }

  private static func write(_ part: ChatPart, to bytes: PaddedBytes) {
    if case .other(_, let text) = part.content { return bytes.append(text) }
    var object = ObjectWriter(bytes)
    write(part.content, in: &object)
    // Thoughts can't be marked.
    if let mark = part.cache, part.thinking == nil { write(mark, in: &object) }
    object.end()
  }

  private static func write(_ content: ChatPart.Content, in object: inout ObjectWriter) {
    switch content {
    case .text(let text), .refusal(let text):
      object.constant("type", #""text""#)
      object.member("text", text)
    case .image(let image):
      object.constant("type", #""image""#)
      object.key("source")
      write(image.source, to: object.bytes)
    case .toolCall(let call):
      object.constant("type", #""tool_use""#)
      object.member("id", call.id)
      object.member("name", call.name)
      object.member("input", call.arguments)
    case .toolResult(let result):
      object.constant("type", #""tool_result""#)
      object.member("tool_use_id", result.callID)
      if !result.parts.isEmpty {
        object.key("content")
        write(content: result.parts, to: object.bytes)
      }
      object.member("is_error", result.isError)
    case .thinking(let thinking): write(thinking, in: &object)
    case .other: break
    }
  }

  private static func write(_ source: ChatImage.Source, to bytes: PaddedBytes) {
    var object = ObjectWriter(bytes)
    switch source {
    case .url(let url):
      object.constant("type", #""url""#)
      object.member("url", url)
    case .data(let mediaType, let base64):
      object.constant("type", #""base64""#)
      object.member("media_type", mediaType)
      object.member("data", base64)
    }
    object.end()
  }

  /// Clients want a signature, be it empty.
  private static func write(_ thinking: Thinking, in object: inout ObjectWriter) {
    if let data = thinking.redacted {
      object.constant("type", #""redacted_thinking""#)
      object.member("data", data)
    } else {
      object.constant("type", #""thinking""#)
      object.member("thinking", thinking.text)
      object.member("signature", thinking.signature ?? "")
    }
  }

  static func write(_ mark: CacheMark, in object: inout ObjectWriter) {
    object.key("cache_control")
    var written = ObjectWriter(object.bytes)
    written.constant("type", #""ephemeral""#)
    written.member("ttl", mark.lifetime)
    written.end()
  }
}
