/// How clients ask for embeddings.
package enum EmbeddingSurface: Sendable, CaseIterable {
  /// OpenAI's `/v1/embeddings`.
  case openai
  /// Ollama's `/api/embed`.
  case ollama
  /// Ollama's `/api/embeddings`, which is older and takes one text.
  case ollamaPrompt

  package var dialect: ChatDialectName { self == .openai ? .openai : .ollama }
}

/// Embeddings from one client's dialect to one provider's, and back. Stateless: one for all event loops.
package struct EmbeddingTranslation: Sendable {
  package let client: EmbeddingSurface
  package let provider: ChatDialectName

  /// Nil where the dialects are the same, so that bytes pass, or where the provider has no embeddings here.
  package init?(from client: EmbeddingSurface, to provider: ChatDialectName) {
    guard client.dialect != provider, provider == .openai || provider == .ollama else { return nil }
    (self.client, self.provider) = (client, provider)
  }

  /// The request as the provider is sent it, and as it was read, which its answer will need. `body`: the client's, with the provider's
  /// name of the model in it.
  package func request(
    _ body: PaddedBytes, with peek: Peek
  ) throws(PeekError) -> (sent: ProviderRequest, asked: EmbeddingRequest) {
    defer { peek.trim() }
    let root = try peek.root(of: body)
    let asked: EmbeddingRequest
    switch client {
    case .openai: asked = try OpenAIEmbeddings.request(root, peek.keys)
    case .ollama, .ollamaPrompt: asked = try OllamaEmbeddings.request(root, for: client, peek.keys)
    }
    let sent = try provider == .openai ? OpenAIEmbeddings.write(asked) : OllamaEmbeddings.write(asked)
    return (sent, asked)
  }

  /// A whole answer as the client is sent it, and what it says; nil where it is none, or has not a vector for each text.
  package func answer(
    _ body: UnsafeRawBufferPointer, status: Int, to asked: EmbeddingRequest, as form: AnswerForm,
    with peek: Peek
  ) -> TranslatedAnswer? {
    defer { peek.trim() }
    let text = PaddedBytes(capacity: body.count)
    text.append(body)
    guard status < 400 else { return error(text, status: status, with: peek) }
    guard let root = try? peek.root(of: text), let answer = read(root, to: asked, peek.keys),
      answer.vectors.count == asked.inputs.count
    else { return nil }
    let written =
      client == .openai
      ? OpenAIEmbeddings.write(answer, as: form) : OllamaEmbeddings.write(answer, as: form, for: client)
    return TranslatedAnswer(
      body: written, facts: AnswerFacts(usage: answer.usage, finishReason: nil, complaint: nil))
  }

  private func read(_ root: SourcedValue, to asked: EmbeddingRequest, _ keys: KeySet) -> EmbeddingAnswer? {
    provider == .openai
      ? OpenAIEmbeddings.answer(root, in: asked.encoding, keys)
      : OllamaEmbeddings.answer(root, in: asked.encoding, keys)
  }

  private func error(_ body: PaddedBytes, status: Int, with peek: Peek) -> TranslatedAnswer {
    let error =
      provider == .openai
      ? OpenAIChat().decodeError(body, status: status, with: peek)
      : OllamaChat().decodeError(body, status: status, with: peek)
    let told = ErrorBody(error)
    return TranslatedAnswer(
      body: client == .openai ? told.json() : told.ollama(),
      facts: AnswerFacts(usage: nil, finishReason: nil, complaint: error.kind.complaint))
  }
}
