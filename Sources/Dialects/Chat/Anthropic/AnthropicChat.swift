/// Anthropic's Messages API, as a client asks and as a provider is asked.
///
/// After https://platform.claude.com/docs/en/api/messages, version 2023-06-01. Requests to count tokens are the same without a limit, and
/// are read by the same reader.
package struct AnthropicChat: ClientDialect, ProviderDialect {
  package let name = ChatDialectName.anthropic

  package init() {}

  // MARK: As a client asks

  package func decodeRequest(_ body: PaddedBytes, with peek: Peek) throws(PeekError) -> ChatRequest {
    defer { peek.trim() }
    var reader = AnthropicRequestReader(keys: peek.keys)
    try reader.read(try peek.root(of: body))
    return reader.request
  }

  package func encodeAnswer(_ answer: ChatAnswer, as form: AnswerForm, with peek: Peek) -> PaddedBytes {
    AnthropicAnswerWriter.write(answer, as: form, with: peek)
  }

  package func makeStreamEncoder(as form: AnswerForm) -> any ChatStreamEncoder {
    AnthropicStreamEncoder(form)
  }

  package func encodeError(_ error: ErrorBody, status: Int) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 256 + error.message.utf8.count)
    error.appendAnthropic(to: bytes, status: status)
    return bytes
  }

  /// The answer to a request that asks how many tokens it has.
  package func encodeCount(_ tokens: Int) -> PaddedBytes {
    let bytes = PaddedBytes()
    var object = ObjectWriter(bytes)
    object.member("input_tokens", tokens)
    object.end()
    return bytes
  }

  // MARK: As a provider is asked

  package func encodeRequest(_ request: ChatRequest, with peek: Peek) throws(PeekError) -> ProviderRequest {
    var writer = AnthropicRequestWriter(request, with: peek)
    try writer.write()
    return ProviderRequest(
      body: writer.bytes, path: "/v1/messages", headers: ["anthropic-version: 2023-06-01"],
      dropped: writer.losses.dropped)
  }

  package func decodeAnswer(_ body: PaddedBytes, with peek: Peek) -> ChatAnswer? {
    defer { peek.trim() }
    guard let root = try? peek.root(of: body) else { return nil }
    return AnthropicAnswerReader(keys: peek.keys).read(root)
  }

  package func makeStreamDecoder() -> any ChatStreamDecoder { AnthropicStreamDecoder() }

  package func decodeError(_ body: PaddedBytes, status: Int, with peek: Peek) -> ChatError {
    defer { peek.trim() }
    guard let root = try? peek.parser.parse(body) else { return ChatError(.init(status: status), "") }
    return ChatError(anthropic: root, status: status)
  }
}
