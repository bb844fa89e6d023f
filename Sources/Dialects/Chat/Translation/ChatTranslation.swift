/// From one client's dialect to one provider's, and back. Stateless: one for all event loops.
package struct ChatTranslation: Sendable {
  package let client: any ClientDialect
  package let provider: any ProviderDialect

  package init(client: any ClientDialect, provider: any ProviderDialect) {
    (self.client, self.provider) = (client, provider)
  }

  /// Of two dialects; nil where they are the same, so that bytes pass, or where no client speaks the one.
  package init?(from client: ChatDialectName, to provider: ChatDialectName) {
    guard client != provider, let asking = client.client, let asked = provider.provider else { return nil }
    self.init(client: asking, provider: asked)
  }

  /// The request as the provider is sent it. `body`: the client's, with the provider's name of the model in it. `asksForUsage`: a stream
  /// is to end in usage whether the client asked for it or not.
  package func request(
    _ body: PaddedBytes, asksForUsage: Bool, with peek: Peek
  ) throws(PeekError) -> ProviderRequest {
    var request = try client.decodeRequest(body, with: peek)
    if asksForUsage, request.stream { request.includesUsage = true }
    return try provider.encodeRequest(request, with: peek)
  }

  /// A whole answer as the client is sent it, and what it says; nil where it is none, such as an error that claims success.
  package func answer(
    _ body: UnsafeRawBufferPointer, status: Int, as form: AnswerForm, with peek: Peek
  ) -> TranslatedAnswer? {
    let text = PaddedBytes(capacity: body.count)
    text.append(body)
    guard status < 400 else {
      let error = provider.decodeError(text, status: status, with: peek)
      return TranslatedAnswer(
        body: client.encodeError(ErrorBody(error), status: status),
        facts: AnswerFacts(usage: nil, finishReason: nil, complaint: error.kind.complaint))
    }
    guard let answer = provider.decodeAnswer(text, with: peek) else { return nil }
    return TranslatedAnswer(
      body: client.encodeAnswer(answer, as: form, with: peek),
      facts: AnswerFacts(
        usage: answer.usage, finishReason: answer.choices.last?.finish?.reason.rawValue, complaint: nil))
  }

  /// What translates a stream. `choices`: answers asked for.
  package func stream(as form: AnswerForm, choices: Int) -> ChatStream {
    ChatStream(provider.makeStreamDecoder(), client.makeStreamEncoder(as: form), choices: choices)
  }
}

/// A whole answer in the client's dialect.
package struct TranslatedAnswer {
  package var body: PaddedBytes
  package var facts: AnswerFacts
}

extension ChatDialectName {
  /// Nil where no client of the router's speaks it.
  package var client: (any ClientDialect)? {
    switch self {
    case .openai: OpenAIChat()
    case .anthropic: AnthropicChat()
    case .ollama: OllamaChat()
    case .gemini: nil
    }
  }

  /// Nil where it can't be spoken to yet.
  package var provider: (any ProviderDialect)? {
    switch self {
    case .openai: OpenAIChat()
    case .anthropic: AnthropicChat()
    case .ollama: OllamaChat()
    case .gemini: GeminiChat()
    }
  }
}
