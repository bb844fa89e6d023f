import Dialects
import Policy
import Settings

/// From a surface of one dialect to providers of another.
enum Translation: Sendable {
  case chat(ChatTranslation)
  case embeddings(EmbeddingTranslation)
}

/// What is different where the provider speaks another dialect than the client.
///
/// An object, so that attempts whose bytes pass carry one word for it.
final class Translated {
  /// Bytes of a plain answer beyond which it is given up: it is translated whole.
  static let mostBytes = 8 << 20

  /// How answers are read. The vectors of an answer are those of its request's texts.
  enum Reading {
    case chat(ChatTranslation)
    case embeddings(EmbeddingTranslation, EmbeddingRequest)
  }

  let reading: Reading
  /// Behind the provider's base URL.
  let path: String
  /// Lines that its dialect wants.
  let headers: [String]
  /// What it isn't sent.
  let dropped: [Dropped]
  let form: AnswerForm

  fileprivate init(_ reading: Reading, _ request: ProviderRequest, _ form: AnswerForm) {
    (self.reading, self.form) = (reading, form)
    (path, headers, dropped) = (request.path, request.headers, request.dropped)
  }
}

extension Translation {
  /// What the provider is sent of a body in which its name of the model stands.
  func sent(
    _ body: PaddedBytes, asksForUsage: Bool, as form: AnswerForm, with peek: Peek
  ) throws(PeekError) -> Sent {
    switch self {
    case .chat(let translation):
      let request = try translation.request(body, asksForUsage: asksForUsage, with: peek)
      return Sent(body: request.body, translated: Translated(.chat(translation), request, form))
    case .embeddings(let translation):
      let (request, asked) = try translation.request(body, with: peek)
      return Sent(
        body: request.body, translated: Translated(.embeddings(translation, asked), request, form))
    }
  }

  /// To a provider, from each surface of another dialect that can be.
  static func all(to provider: Settings.Provider) -> [Surface: Translation] {
    guard let dialect = ChatDialectName(provider.dialect) else { return [:] }
    let others = Surface.allCases.filter { $0.dialect != dialect }
    let pairs = others.compactMap { surface in
      Translation(surface, provider, dialect).map { (surface, $0) }
    }
    return Dictionary(uniqueKeysWithValues: pairs)
  }

  private init?(_ surface: Surface, _ provider: Settings.Provider, _ dialect: ChatDialectName) {
    if let client = surface.client, let asked = Self.asked(provider, dialect) {
      self = .chat(ChatTranslation(client: client, provider: asked))
    } else if let client = surface.embedding, let found = EmbeddingTranslation(from: client, to: dialect) {
      self = .embeddings(found)
    } else {
      return nil
    }
  }

  private static func asked(_ provider: Settings.Provider, _ dialect: ChatDialectName)
    -> (any ProviderDialect)?
  {
    guard dialect == .openai, provider.outputLimit == .maxTokens else { return dialect.provider }
    return OpenAIChat(limitName: .maxTokens)
  }
}

extension Translated {
  /// A whole answer as the client is sent it; nil where it is none.
  func answer(_ bytes: UnsafeRawBufferPointer, status: Int, with peek: Peek) -> TranslatedAnswer? {
    switch reading {
    case .chat(let translation): translation.answer(bytes, status: status, as: form, with: peek)
    case .embeddings(let translation, let asked):
      translation.answer(bytes, status: status, to: asked, as: form, with: peek)
    }
  }

  /// What translates a stream; nil where there are none. `choices`: answers asked for.
  func stream(choices: Int) -> ChatStream? {
    if case .chat(let translation) = reading { translation.stream(as: form, choices: choices) } else { nil }
  }

  /// The provider's dialect.
  var dialect: ChatDialectName {
    switch reading {
    case .chat(let translation): translation.provider.name
    case .embeddings(let translation, _): translation.provider
    }
  }

  private static let mostHeaderBytes = 1_024

  /// `x-switchyard-dropped`: what was left out or changed; nil where nothing was. Names of the client's own making stand in it.
  var droppedField: String? {
    guard !dropped.isEmpty else { return nil }
    let text = dropped.map(\.text).joined(separator: ", ")
    let plain = text.utf8.prefix(Self.mostHeaderBytes).map { 0x20...0x7e ~= $0 ? $0 : UInt8(ascii: "?") }
    return String(decoding: plain, as: UTF8.self)
  }
}

extension ChatDialectName {
  /// Nil of a dialect that has no chats.
  init?(_ dialect: Settings.Provider.Dialect) {
    switch dialect {
    case .openai: self = .openai
    case .anthropic: self = .anthropic
    case .ollama: self = .ollama
    case .gemini: self = .gemini
    case .openInference: return nil
    }
  }
}
