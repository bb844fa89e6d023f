package import Policy

extension Surface {
  /// The dialect that it is part of: its errors are written in it.
  package var dialect: ChatDialectName {
    switch self {
    case .chatCompletions, .completions, .embeddings, .responses: .openai
    case .messages, .countTokens: .anthropic
    case .ollamaChat, .ollamaGenerate, .ollamaEmbed: .ollama
    }
  }

  /// What reads its requests where the provider speaks another dialect; nil where they go to providers of the same alone.
  package var client: (any ClientDialect)? {
    switch self {
    case .chatCompletions, .messages, .ollamaChat: dialect.client
    case .ollamaGenerate: OllamaGenerate()
    case .completions, .embeddings, .responses, .countTokens, .ollamaEmbed: nil
    }
  }

  /// The same of requests for embeddings.
  package var embedding: EmbeddingSurface? {
    switch self {
    case .embeddings: .openai
    case .ollamaEmbed: .ollama
    case .chatCompletions, .completions, .responses, .messages, .countTokens, .ollamaChat, .ollamaGenerate:
      nil
    }
  }

  /// Its streams are lines of JSON; those of the others are server-sent events.
  package var streamsLines: Bool { dialect == .ollama }

  /// What a whole answer of its is.
  package var plainType: String { "application/json" }

  /// What a streamed answer of its is.
  package var streamType: String { streamsLines ? "application/x-ndjson" : "text/event-stream" }
}

extension PeekError {
  /// Of requests that another provider may have words for.
  package static let codeOfDialects = "not_supported_by_provider"

  /// A request that goes to no provider of another dialect.
  package static func notSpoken(_ surface: Surface) -> PeekError {
    PeekError(
      message:
        "What is sent to \(surface.rawValue) can't be put into the words of the model's provider. Ask for another model.",
      param: nil, code: codeOfDialects)
  }
}
