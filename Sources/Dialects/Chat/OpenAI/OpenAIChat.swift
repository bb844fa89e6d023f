/// OpenAI's chat completions, as a client asks and as a provider is asked.
///
/// After https://platform.openai.com/docs/api-reference/chat, with what others have added and clients rely on: `reasoning_content` and
/// `thinking_blocks` for thoughts, `cache_control` for cache marks, `thinking` for a budget, `top_k`.
package struct OpenAIChat: ClientDialect, ProviderDialect {
  /// How a provider calls the limit of tokens.
  package enum LimitName: String, Sendable {
    case maxCompletionTokens = "max_completion_tokens"
    /// The older name, for servers that know no other.
    case maxTokens = "max_tokens"
  }

  package let name = ChatDialectName.openai
  private let limitName: LimitName

  package init(limitName: LimitName = .maxCompletionTokens) { self.limitName = limitName }

  // MARK: As a client asks

  package func decodeRequest(_ body: PaddedBytes, with peek: Peek) throws(PeekError) -> ChatRequest {
    defer { peek.trim() }
    var reader = OpenAIRequestReader(keys: peek.keys)
    try reader.read(try peek.root(of: body))
    return reader.request
  }

  package func encodeAnswer(_ answer: ChatAnswer, as form: AnswerForm, with peek: Peek) -> PaddedBytes {
    OpenAIAnswerWriter.write(answer, as: form)
  }

  package func makeStreamEncoder(as form: AnswerForm) -> any ChatStreamEncoder {
    OpenAIStreamEncoder(form)
  }

  package func encodeError(_ error: ErrorBody, status: Int) -> PaddedBytes { error.json() }

  // MARK: As a provider is asked

  package func encodeRequest(_ request: ChatRequest, with peek: Peek) throws(PeekError) -> ProviderRequest {
    var writer = OpenAIRequestWriter(request, limitName: limitName)
    try writer.write()
    return ProviderRequest(
      body: writer.bytes, path: "/chat/completions", headers: [], dropped: writer.losses.dropped)
  }

  package func decodeAnswer(_ body: PaddedBytes, with peek: Peek) -> ChatAnswer? {
    defer { peek.trim() }
    guard let root = try? peek.parser.parse(body) else { return nil }
    return OpenAIAnswerReader.read(root)
  }

  package func makeStreamDecoder() -> any ChatStreamDecoder { OpenAIStreamDecoder() }

  package func decodeError(_ body: PaddedBytes, status: Int, with peek: Peek) -> ChatError {
    defer { peek.trim() }
    guard let root = try? peek.parser.parse(body) else { return ChatError(.init(status: status), "") }
    return ChatError(openAI: root, status: status)
  }
}
