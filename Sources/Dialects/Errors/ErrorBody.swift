package import Policy

/// An error, for the client: in OpenAI's words, from which those of other dialects are made.
package struct ErrorBody: Sendable, Equatable {
  /// Who caused it.
  package enum Source: String, Sendable {
    case client, policy, provider, switchyard
  }

  /// What happened and what to do about it.
  package var message: String
  /// OpenAI's class of error, such as `invalid_request_error`.
  package var type: String
  package var param: String?
  package var code: String?
  package var source: Source

  package init(message: String, type: String, param: String? = nil, code: String? = nil, source: Source) {
    (self.message, self.type, self.param, self.code) = (message, type, param, code)
    self.source = source
  }

  package init(_ error: PeekError) {
    self.init(
      message: error.message, type: "invalid_request_error", param: error.param, code: error.code,
      source: .client)
  }
}

extension ErrorBody {
  /// The body of an answer, JSON.
  package func json() -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 256 + message.utf8.count)
    bytes.append(#"{"error":"#)
    appendObject(to: bytes, isEvent: false)
    bytes.append("}")
    return bytes
  }

  /// The body of an answer in a client's dialect. `status`: the answer's.
  package func body(in dialect: ChatDialectName, status: Int) -> PaddedBytes {
    dialect == .openai ? json() : dialect.client?.encodeError(self, status: status) ?? json()
  }

  /// The event that ends a broken stream, blank line included. It must follow a complete event. `status`: what an answer that had not
  /// begun would have.
  package func event(for surface: Surface, status: Int = 502) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 256 + message.utf8.count)
    switch surface.dialect {
    case .openai, .gemini:
      bytes.append(surface == .responses ? "event: error\ndata: " : "data: ")
      if surface == .responses {
        appendObject(to: bytes, isEvent: true)
      } else {
        json().withUnsafeBytes { bytes.append($0) }
      }
      bytes.append("\n\n")
    case .anthropic:
      bytes.append("event: error\ndata: ")
      body(in: .anthropic, status: status).withUnsafeBytes { bytes.append($0) }
      bytes.append("\n\n")
    case .ollama:
      body(in: .ollama, status: status).withUnsafeBytes { bytes.append($0) }
      bytes.append("\n")
    }
    return bytes
  }

  /// In an event of the responses API the type is that of the event, and the class of error has a name of its
  /// own.
  private func appendObject(to bytes: PaddedBytes, isEvent: Bool) {
    bytes.append(isEvent ? #"{"type":"error","error_type":"# : #"{"type":"#)
    bytes.appendJSON(type)
    append(#","message":"#, message, to: bytes)
    append(#","param":"#, param, to: bytes)
    append(#","code":"#, code, to: bytes)
    append(#","source":"#, source.rawValue, to: bytes)
    bytes.append("}")
  }

  private func append(_ key: StaticString, _ value: String?, to bytes: PaddedBytes) {
    bytes.append(key)
    if let value { bytes.appendJSON(value) } else { bytes.append("null") }
  }
}
