/// Which of the simulator's doors a path leads to.
enum Route: Equatable, Sendable {
  case chat, completions, embeddings, responses, models, health, metrics
  case model(String)
  case messages, countTokens
  case ollamaChat, ollamaGenerate, ollamaEmbed, ollamaTags, ollamaVersion
  /// Whole paths with what stands behind the "?"; they name models and are taken apart in `Target`.
  case azure(String, query: String)
  case gemini(String, query: String)
  case inference(String)
  /// A path under /sim/ without that prefix, and its query string.
  case admin(String, query: String)
  case unknown(String)

  init(path bytes: UnsafeRawBufferPointer) {
    let mark = bytes.firstIndex(of: UInt8(ascii: "?")) ?? bytes.count
    let path = UnsafeRawBufferPointer(rebasing: bytes[..<mark])
    if path.equals("/v1/chat/completions") {
      self = .chat
    } else if path.equals("/v1/messages") {
      self = .messages
    } else if path.equals("/v1/completions") {
      self = .completions
    } else if path.equals("/v1/embeddings") {
      self = .embeddings
    } else if path.equals("/v1/responses") {
      self = .responses
    } else if path.equals("/v1/models") {
      self = .models
    } else if path.equals("/health") {
      self = .health
    } else if path.equals("/metrics") {
      self = .metrics
    } else {
      let query = String(decoding: bytes[mark...].dropFirst(), as: UTF8.self)
      self.init(rare: String(decoding: path, as: UTF8.self), query: query)
    }
  }

  private init(rare path: String, query: String) {
    switch path {
    case "/v1/messages/count_tokens": self = .countTokens
    case "/api/chat": self = .ollamaChat
    case "/api/generate": self = .ollamaGenerate
    case "/api/embed": self = .ollamaEmbed
    case "/api/tags": self = .ollamaTags
    case "/api/version": self = .ollamaVersion
    case "/v2": self = .inference(path)
    default: self.init(under: path, query: query)
    }
  }

  private init(under path: String, query: String) {
    if path.hasPrefix("/v1/models/") {
      self = .model(String(path.dropFirst("/v1/models/".count)))
    } else if path.hasPrefix("/sim/") {
      self = .admin(String(path.dropFirst("/sim/".count)), query: query)
    } else if path.hasPrefix("/v1beta/") {
      self = .gemini(path, query: query)
    } else if path.hasPrefix("/openai/") {
      self = .azure(path, query: query)
    } else if path.hasPrefix("/v2/") {
      self = .inference(path)
    } else {
      self = .unknown(path)
    }
  }

  var path: String {
    switch self {
    case .chat: "/v1/chat/completions"
    case .completions: "/v1/completions"
    case .embeddings: "/v1/embeddings"
    case .responses: "/v1/responses"
    case .models: "/v1/models"
    case .health: "/health"
    case .metrics: "/metrics"
    case .model(let name): "/v1/models/" + name
    case .messages: "/v1/messages"
    case .countTokens: "/v1/messages/count_tokens"
    case .ollamaChat: "/api/chat"
    case .ollamaGenerate: "/api/generate"
    case .ollamaEmbed: "/api/embed"
    case .ollamaTags: "/api/tags"
    case .ollamaVersion: "/api/version"
    case .azure(let path, _), .gemini(let path, _), .inference(let path): path
    case .admin(let path, _): "/sim/" + path
    case .unknown(let path): path
    }
  }
}

/// The value of `name` in a query string; nil if it isn't there.
func queryValue(_ name: String, in query: String) -> String? {
  for pair in query.split(separator: "&") {
    let halves = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
    if halves[0] == name { return halves.count == 2 ? percentDecoded(String(halves[1])) : "" }
  }
  return nil
}

/// `text` with every %XX resolved.
func percentDecoded(_ text: String) -> String {
  guard text.contains("%") else { return text }
  var bytes: [UInt8] = []
  var rest = Array(text.utf8)[...]
  while let byte = rest.popFirst() {
    let digits = String(decoding: rest.prefix(2), as: UTF8.self)
    if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
      bytes.append(value)
      rest = rest.dropFirst(2)
    } else {
      bytes.append(byte)
    }
  }
  return String(decoding: bytes, as: UTF8.self)
}
