/// Ollama's `/api/chat`, as a client asks and as a provider is asked.
///
/// After https://github.com/ollama/ollama/blob/main/docs/api.md and the server's own types. Durations are neither read nor written: the
/// router measures by itself, and a client that asked another provider is told none, as the API leaves out what is 0.
package struct OllamaChat: ClientDialect, ProviderDialect {
  package let name = ChatDialectName.ollama

  package init() {}

  // MARK: As a client asks

  package func decodeRequest(_ body: PaddedBytes, with peek: Peek) throws(PeekError) -> ChatRequest {
    defer { peek.trim() }
    var reader = OllamaRequestReader(keys: peek.keys)
    try reader.readChat(try peek.root(of: body))
    return reader.request
  }

  package func encodeAnswer(_ answer: ChatAnswer, as form: AnswerForm, with peek: Peek) -> PaddedBytes {
    OllamaAnswerWriter.write(answer, as: form, for: .chat, with: peek)
  }

  package func makeStreamEncoder(as form: AnswerForm) -> any ChatStreamEncoder {
    OllamaStreamEncoder(form, for: .chat)
  }

  package func encodeError(_ error: ErrorBody, status: Int) -> PaddedBytes { error.ollama() }

  // MARK: As a provider is asked

  package func encodeRequest(_ request: ChatRequest, with peek: Peek) throws(PeekError) -> ProviderRequest {
    var writer = OllamaRequestWriter(request)
    try writer.write(with: peek)
    return ProviderRequest(
      body: writer.bytes, path: "/api/chat", headers: [], dropped: writer.losses.dropped)
  }

  package func decodeAnswer(_ body: PaddedBytes, with peek: Peek) -> ChatAnswer? {
    defer { peek.trim() }
    guard let root = try? peek.root(of: body) else { return nil }
    return OllamaAnswerReader.read(root, peek.keys)
  }

  package func makeStreamDecoder() -> any ChatStreamDecoder { OllamaStreamDecoder() }

  package func decodeError(_ body: PaddedBytes, status: Int, with peek: Peek) -> ChatError {
    defer { peek.trim() }
    guard let root = try? peek.parser.parse(body) else { return ChatError(.init(status: status), "") }
    return ChatError(ollama: root, status: status)
  }
}

/// What clients of Ollama's ask for.
enum OllamaSurface: Sendable {
  case chat
  /// A chat of one turn.
  case generate
}
