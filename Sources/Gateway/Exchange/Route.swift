import Dialects
import Policy

/// What a request's method and path ask for.
enum Route: Equatable {
  case surface(Surface)
  /// The list of models, or one of them.
  case models(id: String?)
  /// The same as Ollama has it.
  case tags
  /// One of them.
  case show
  /// The version of the API, as Ollama has it.
  case version
  case feedback
  case wrongMethod(allow: String)
  case unknown

  init(_ head: RequestHead) {
    if let surface = Surface(path: head) {
      self = head.method == .post ? .surface(surface) : .wrongMethod(allow: "POST")
    } else if head.pathEquals("/v1/models") {
      self = head.isRead ? .models(id: nil) : .wrongMethod(allow: "GET")
    } else if head.pathHasPrefix("/v1/models/") {
      let id = head.pathString.dropFirst("/v1/models/".count)
      self = head.isRead ? .models(id: Self.decoded(id)) : .wrongMethod(allow: "GET")
    } else if head.pathEquals("/api/tags") {
      self = head.isRead ? .tags : .wrongMethod(allow: "GET")
    } else if head.pathEquals("/api/show") {
      self = head.method == .post ? .show : .wrongMethod(allow: "POST")
    } else if head.pathEquals("/api/version") {
      self = head.isRead ? .version : .wrongMethod(allow: "GET")
    } else if head.pathEquals("/v1/feedback") {
      self = head.method == .post ? .feedback : .wrongMethod(allow: "POST")
    } else {
      self = .unknown
    }
  }

  /// A path segment without its percent escapes; bad ones stay as they are.
  static func decoded(_ text: Substring) -> String {
    guard text.contains("%") else { return String(text) }
    var bytes: [UInt8] = []
    var rest = text.utf8[...]
    while let byte = rest.popFirst() {
      let digits = rest.prefix(2).compactMap { Character(Unicode.Scalar($0)).hexDigitValue }
      if byte == UInt8(ascii: "%"), digits.count == 2 {
        bytes.append(UInt8(digits[0] * 16 + digits[1]))
        rest = rest.dropFirst(2)
      } else {
        bytes.append(byte)
      }
    }
    return String(decoding: bytes, as: UTF8.self)
  }
}

extension Surface {
  /// The surface of a request's path, the frequent ones first.
  fileprivate init?(path head: RequestHead) {
    if head.pathEquals("/v1/chat/completions") {
      self = .chatCompletions
    } else if head.pathEquals("/v1/embeddings") {
      self = .embeddings
    } else if head.pathEquals("/v1/responses") {
      self = .responses
    } else if head.pathEquals("/v1/completions") {
      self = .completions
    } else if head.pathEquals("/v1/messages") {
      self = .messages
    } else if head.pathEquals("/v1/messages/count_tokens") {
      self = .countTokens
    } else if head.pathHasPrefix("/api/") {
      guard let surface = Surface(ollama: head) else { return nil }
      self = surface
    } else {
      return nil
    }
  }
}

extension Surface {
  fileprivate init?(ollama head: RequestHead) {
    if head.pathEquals("/api/chat") {
      self = .ollamaChat
    } else if head.pathEquals("/api/generate") {
      self = .ollamaGenerate
    } else if head.pathEquals("/api/embed") {
      self = .ollamaEmbed
    } else {
      return nil
    }
  }
}

extension RequestHead {
  /// The client headers that providers are meant to see. Never a credential of the client.
  static let forwarded: [(known: HeaderName, name: String)] = [
    (.traceparent, "traceparent"), (.tracestate, "tracestate"), (.idempotencyKey, "idempotency-key"),
  ]

  /// Header lines of the client that only providers of its dialect know, and what theirs can't do without.
  func dialectLines(_ dialect: ChatDialectName) -> [String] {
    switch dialect {
    case .openai: string(.openAIBeta).map { ["openai-beta: \($0)"] } ?? []
    case .anthropic:
      ["anthropic-version: \(string(.anthropicVersion) ?? "2023-06-01")"]
        + (string(.anthropicBeta).map { ["anthropic-beta: \($0)"] } ?? [])
    case .ollama, .gemini: []
    }
  }

  /// What of these an answer depends on; nil where none is sent.
  func beta(_ dialect: ChatDialectName) -> String? {
    switch dialect {
    case .openai: string(.openAIBeta)
    case .anthropic: dialectLines(.anthropic).joined(separator: "\n")
    case .ollama, .gemini: nil
    }
  }

  /// The dialect that its path is of: errors are told in it.
  var dialect: ChatDialectName {
    if pathHasPrefix("/v1/messages") || pathHasPrefix("/v1/models") && count(.anthropicVersion) > 0 {
      return .anthropic
    }
    return pathHasPrefix("/api/") ? .ollama : .openai
  }

  var isRead: Bool { method == .get || method == .head }

  /// Refuses what no request to a provider may say.
  func mayAsk() throws(ExchangeError) {
    if count(.contentEncoding) > 0 { throw .contentEncoding }
    if count(.authorization) > 1 { throw .repeatedCredential }
    if !Exchange.isValidAllowance(self) { throw .requestTimeout }
  }

  /// Lends the API key: what stands behind `Bearer` in `authorization`, else `x-api-key`; nil where there is none.
  func withKey<Result>(_ body: (UnsafeRawBufferPointer?) -> Result) -> Result {
    let bearer = withFirst(.authorization) { value -> Result? in
      Self.bearer(value).map { body($0) }
    }
    if let found = bearer.flatMap({ $0 }) { return found }
    return withFirst(.xAPIKey) { body($0.isEmpty ? nil : $0) } ?? body(nil)
  }

  private static func bearer(_ value: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer? {
    let scheme: StaticString = "bearer "
    guard value.count > scheme.utf8CodeUnitCount else { return nil }
    for index in 0..<scheme.utf8CodeUnitCount where value[index] | 0x20 != scheme.utf8Start[index] {
      return nil
    }
    let key = UnsafeRawBufferPointer(rebasing: value[scheme.utf8CodeUnitCount...].drop { $0 == 0x20 })
    return key.isEmpty ? nil : key
  }
}

extension Exchange {
  /// What its client speaks: errors are told in it.
  var dialect: ChatDialectName { surface?.dialect ?? head.dialect }
}

extension RoutingTable {
  /// The model asked for, if the key allows it. One that it doesn't allow is not told apart from one that doesn't exist.
  func model(_ facts: RequestFacts, _ principal: Principal) throws(ExchangeError) -> Int {
    guard let name = facts.model else {
      guard let model = defaultModel, principal.allows(model) else { throw .modelMissing }
      return model
    }
    guard let model = positions[name], principal.allows(model) else { throw .modelNotFound(name) }
    return model
  }
}
