/// What a request is to be answered as, and what its path says of it.
struct Target: Equatable {
  var surface: Rendition.Surface
  /// The model, where the path names it.
  var model: String?
  /// Whether the path asks for a stream.
  var isStream = false
}

extension RequestHead {
  /// nil: nothing that a model answers.
  func target() throws(Refusal) -> Target? {
    switch route {
    case .chat: return Target(surface: .chat)
    case .completions: return Target(surface: .completions)
    case .embeddings: return Target(surface: .embeddings)
    case .responses: return Target(surface: .responses)
    case .messages: return Target(surface: .messages)
    case .countTokens: return Target(surface: .countTokens)
    case .ollamaChat: return Target(surface: .ollamaChat)
    case .ollamaGenerate: return Target(surface: .ollamaGenerate)
    case .ollamaEmbed: return Target(surface: .ollamaEmbed)
    case .azure(let path, let query): return try azure(path, query)
    case .gemini(let path, let query): return try gemini(path, query)
    case .inference(let path): return inference(path)
    case .models, .model, .ollamaTags, .ollamaVersion, .health, .metrics, .admin, .unknown: return nil
    }
  }

  /// `/openai/deployments/NAME/chat/completions?api-version=…`, or `/openai/v1/chat/completions`.
  private func azure(_ path: String, _ query: String) throws(Refusal) -> Target {
    let parts = path.split(separator: "/").map { String($0) }
    let surfaces: [String: Rendition.Surface] = [
      "chat/completions": .chat, "completions": .completions, "embeddings": .embeddings,
    ]
    if parts.count > 3, parts[1] == "deployments", queryValue("api-version", in: query) != nil,
      let surface = surfaces[parts.dropFirst(3).joined(separator: "/")]
    {
      return Target(surface: surface, model: percentDecoded(parts[2]))
    }
    guard parts.count > 2, parts[1] == "v1" else { throw Dialect.azure.noPath(path) }
    let rest = parts.dropFirst(2).joined(separator: "/")
    if rest == "responses" { return Target(surface: .responses) }
    guard let surface = surfaces[rest] else { throw Dialect.azure.noPath(path) }
    return Target(surface: surface)
  }

  /// `/v1beta/models/NAME:generateContent`, or `:streamGenerateContent?alt=sse`.
  private func gemini(_ path: String, _ query: String) throws(Refusal) -> Target? {
    let rest = path.dropFirst("/v1beta/models/".count)
    guard path.hasPrefix("/v1beta/models/"), let colon = rest.lastIndex(of: ":") else { return nil }
    let model = percentDecoded(String(rest[..<colon]))
    switch rest[rest.index(after: colon)...] {
    case "generateContent": return Target(surface: .gemini, model: model)
    case "streamGenerateContent":
      guard queryValue("alt", in: query) == "sse" else {
        throw Refusal(message: "The simulator streams with ?alt=sse alone.")
      }
      return Target(surface: .gemini, model: model, isStream: true)
    default: throw Dialect.gemini.noPath(path)
    }
  }

  /// `/v2/models/NAME/infer`, or `/v2/models/NAME/versions/VERSION/infer`.
  private func inference(_ path: String) -> Target? {
    let parts = path.split(separator: "/").map { String($0) }
    let isVersioned = parts.count == 6 && parts[3] == "versions"
    guard parts.count == 4 || isVersioned, parts[1] == "models", parts.last == "infer" else { return nil }
    return Target(surface: .infer, model: percentDecoded(parts[2]))
  }
}
