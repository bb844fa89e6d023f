/// The API in which a request is asked, answered and refused.
enum Dialect: Equatable, Sendable {
  case openai, azure, anthropic, ollama, gemini, inference
}

extension RequestHead {
  var dialect: Dialect {
    switch route {
    case .messages, .countTokens: .anthropic
    case .models, .model: anthropicVersion == nil ? .openai : .anthropic
    case .ollamaChat, .ollamaGenerate, .ollamaEmbed, .ollamaTags, .ollamaVersion: .ollama
    case .azure: .azure
    case .gemini: .gemini
    case .inference: .inference
    case .chat, .completions, .embeddings, .responses, .health, .metrics, .admin, .unknown: .openai
    }
  }

  /// What the dialect's clients show who they are with, secret. Nothing else counts as that.
  var credential: String? {
    switch dialect {
    case .anthropic: return secret("x-api-key") ?? authorization
    case .azure: return secret("api-key")
    case .gemini:
      guard case .gemini(_, let query) = route else { return secret("x-goog-api-key") }
      return secret("x-goog-api-key") ?? queryValue("key", in: query)
    case .openai, .ollama, .inference: return authorization
    }
  }

  /// Whether the credential is this key.
  func shows(_ key: String) -> Bool {
    switch dialect {
    case .anthropic: credential == key || credential == "Bearer " + key
    case .azure, .gemini: credential == key
    case .openai, .ollama, .inference: credential == "Bearer " + key
    }
  }
}

extension Dialect {
  /// Further header lines of an answer, each with its CR LF.
  func headers(number: UInt64) -> String {
    switch self {
    case .anthropic: "request-id: req_\(number)\r\n"
    case .azure: "apim-request-id: \(number)\r\n"
    case .openai, .ollama, .gemini, .inference: ""
    }
  }

  /// What a stream that breaks says last.
  func errorEvent(number: UInt64) -> String {
    let error = reply(
      to: Refusal(status: 500, message: "Simulated: the stream broke."), number: number
    ).body
    return switch self {
    case .openai, .azure, .gemini, .inference: "data: \(error)\n\n"
    case .anthropic: "event: error\ndata: \(error)\n\n"
    case .ollama: error + "\n"
    }
  }
}
