/// Blocks of content.
extension AnthropicRequestReader {
  /// The members of one block, before it is known whether it is whole.
  private struct Draft {
    var text: String?
    var image: ChatImage.Source?
    var id: String?
    var name: String?
    var input: JSONText?
    var callID: String?
    var parts: [ChatPart] = []
    var isError: Bool?
    var thinking: String?
    var signature: String?
    var data: String?
    var cache: CacheMark?
    var strays: [String] = []
  }

  mutating func block(_ value: SourcedValue, at place: AnthropicPlace) throws(PeekError) -> ChatPart {
    try value.requireObject(place.text())
    guard let type = value.value["type"] else { throw .missing(place.text("type")) }
    guard let word = type.string?.string else {
      throw .wrongType(place.text("type"), expected: "a string", found: type)
    }
    switch word {
    case "text", "image", "tool_use", "tool_result", "thinking", "redacted_thinking":
      let draft = try self.draft(value, at: place)
      guard let content = try Self.content(word, draft, at: place) else {
        return ChatPart(.other(type: word, value.text))
      }
      request.strays += draft.strays
      return ChatPart(content, cache: draft.cache)
    default: return ChatPart(.other(type: word, value.text))
    }
  }

  /// Nil for a source that only the API has, such as a file of its own.
  private static func content(
    _ type: String, _ draft: Draft, at place: AnthropicPlace
  ) throws(PeekError) -> ChatPart.Content? {
    switch type {
    case "text": return .text(try known(draft.text, "text", at: place))
    case "image": return draft.image.map { .image(ChatImage($0)) }
    case "tool_use":
      let (id, name) = (try known(draft.id, "id", at: place), try known(draft.name, "name", at: place))
      let input = try known(draft.input, "input", at: place)
      return .toolCall(ToolCall(id: id, name: name, arguments: input))
    case "tool_result":
      let id = try known(draft.callID, "tool_use_id", at: place)
      return .toolResult(ToolResult(callID: id, parts: draft.parts, isError: draft.isError))
    case "thinking":
      let text = try known(draft.thinking, "thinking", at: place)
      // Clients send back an empty one where the thoughts were another provider's.
      let signature = draft.signature.flatMap { $0.isEmpty ? nil : $0 }
      return .thinking(Thinking(text: text, signature: signature))
    default: return .thinking(Thinking(text: "", redacted: try known(draft.data, "data", at: place)))
    }
  }

  private static func known<Value>(
    _ value: Value?, _ name: String, at place: AnthropicPlace
  ) throws(PeekError) -> Value {
    guard let value else { throw .missing(place.text(name)) }
    return value
  }

  private mutating func draft(_ value: SourcedValue, at place: AnthropicPlace) throws(PeekError) -> Draft {
    var draft = Draft()
    var members = value.members(at: place.path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull || key == "type" { continue }
      if try readTexts(key, value, at: place, into: &draft) { continue }
      if key == "source" {
        draft.image = try imageSource(value, at: place)
      } else if key == "input" {
        draft.input = try value.object(place.text("input"))
      } else if key == "content" {
        draft.parts = try resultContent(value, at: place)
      } else if key == "is_error" {
        draft.isError = try value.bool(place.text("is_error"))
      } else if key == "cache_control" {
        draft.cache = try cacheMark(value, named: place.text("cache_control"))
      } else if !Self.isPlainCaller(key, value) {
        draft.strays.append(place.text(key.string))
      }
    }
    return draft
  }

  private func readTexts(
    _ key: JSONBytes, _ value: SourcedValue, at place: AnthropicPlace, into draft: inout Draft
  ) throws(PeekError) -> Bool {
    if key == "text" {
      draft.text = try value.string(place.text("text"))
    } else if key == "id" {
      draft.id = try value.string(place.text("id"))
    } else if key == "name" {
      draft.name = try value.string(place.text("name"))
    } else if key == "tool_use_id" {
      draft.callID = try value.string(place.text("tool_use_id"))
    } else if key == "thinking" {
      draft.thinking = try value.string(place.text("thinking"))
    } else if key == "signature" {
      draft.signature = try value.string(place.text("signature"))
    } else if key == "data" {
      draft.data = try value.string(place.text("data"))
    } else {
      return false
    }
    return true
  }

  /// Says that the model made the call itself, which goes without saying; clients send it back as they got it.
  private static func isPlainCaller(_ key: JSONBytes, _ value: SourcedValue) -> Bool {
    guard key == "caller", let type = value.value["type"]?.string else { return false }
    return type == "direct"
  }

  /// Nil for one that isn't an address or data.
  private mutating func imageSource(
    _ value: SourcedValue, at place: AnthropicPlace
  ) throws(PeekError) -> ChatImage.Source? {
    try value.requireObject(place.text("source"))
    var (type, url) = (String?.none, String?.none)
    var (mediaType, data) = (String?.none, String?.none)
    var members = value.members(at: place.path, keys)
    while let (key, value) = try members.next(keys) {
      if value.isNull { continue }
      if key == "type" {
        type = try value.string(place.text("source.type"))
      } else if key == "url" {
        url = try value.string(place.text("source.url"))
      } else if key == "media_type" {
        mediaType = try value.string(place.text("source.media_type"))
      } else if key == "data" {
        data = try value.string(place.text("source.data"))
      }
    }
    switch type {
    case "url"?: return .url(try Self.known(url, "source.url", at: place))
    case "base64"?:
      let base64 = try Self.known(data, "source.data", at: place)
      return .data(mediaType: try Self.known(mediaType, "source.media_type", at: place), base64: base64)
    case nil: throw .missing(place.text("source.type"))
    default: return nil
    }
  }

  private mutating func resultContent(
    _ value: SourcedValue, at place: AnthropicPlace
  ) throws(PeekError) -> [ChatPart] {
    if let text = value.value.string { return [.text(text.string)] }
    guard place.inner == nil, value.value.isArray else {
      throw .wrongType(
        place.text("content"), expected: "a string or an array of blocks", found: value.value)
    }
    var parts: [ChatPart] = []
    var elements = value.elements
    while let element = elements.next() {
      let part = try block(element, at: AnthropicPlace(path: place.path, inner: parts.count))
      parts.append(part)
    }
    return parts
  }
}
