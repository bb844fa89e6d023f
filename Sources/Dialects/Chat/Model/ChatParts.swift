internal import Policy

/// A picture in a message.
package struct ChatImage: Sendable, Equatable {
  package enum Source: Sendable, Equatable {
    /// Where the provider may fetch it; the router never does.
    case url(String)
    case data(mediaType: String, base64: String)
  }

  package var source: Source
  /// How closely it is to be looked at: `low`, `high` or `auto`.
  package var detail: String?

  package init(_ source: Source, detail: String? = nil) { (self.source, self.detail) = (source, detail) }
}

extension ChatImage.Source {
  /// A data URL with base64 becomes data, any other address stays one.
  package init(url: String) {
    guard url.utf8.starts(with: "data:".utf8), let comma = url.utf8.firstIndex(of: UInt8(ascii: ",")) else {
      self = .url(url)
      return
    }
    let head = url[..<comma].dropFirst("data:".count)
    let mediaType = head.dropLast(";base64".count)
    guard head.hasSuffix(";base64"), !mediaType.isEmpty, !mediaType.contains(";") else {
      self = .url(url)
      return
    }
    self = .data(mediaType: String(mediaType), base64: String(url[url.utf8.index(after: comma)...]))
  }
}

/// What a model asks a tool to do.
package struct ToolCall: Sendable, Equatable {
  /// Empty where the provider gives none.
  package var id: String
  package var name: String
  /// As the model wrote them: meant to be a JSON object, but may be anything.
  package var arguments: JSONText

  package init(id: String, name: String, arguments: JSONText) {
    (self.id, self.name, self.arguments) = (id, name, arguments)
  }

  /// An id for a call whose provider gave none: another for every answer, choice and place.
  package static func madeID(answer: String, choice: Int, number: Int) -> String {
    var hash = Fingerprint()
    hash.add(answer)
    return "call_\(String(hash.value, radix: 16))_\(choice)_\(number)"
  }
}

/// What a tool has come to.
package struct ToolResult: Sendable, Equatable {
  package var callID: String
  /// Texts and images.
  package var parts: [ChatPart]
  /// The tool has failed.
  package var isError: Bool?

  package init(callID: String, parts: [ChatPart], isError: Bool? = nil) {
    (self.callID, self.parts, self.isError) = (callID, parts, isError)
  }
}

/// What a model thought before it answered.
package struct Thinking: Sendable, Equatable {
  package var text: String
  /// Proves to the provider that the text is its own.
  package var signature: String?
  /// Thoughts that only the provider can read; `text` is empty then.
  package var redacted: String?

  package init(text: String, signature: String? = nil, redacted: String? = nil) {
    (self.text, self.signature, self.redacted) = (text, signature, redacted)
  }
}

/// A mark for the provider's prompt cache.
package struct CacheMark: Sendable, Equatable {
  /// How long it is to be kept: `5m` or `1h`; nil: as the provider does.
  package var lifetime: String?

  package init(lifetime: String? = nil) { self.lifetime = lifetime }
}
