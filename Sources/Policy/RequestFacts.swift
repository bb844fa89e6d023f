/// The API that a client called, with what depends on it: the path at the provider and where usage stands.
///
/// The raw value is the path.
package enum Surface: String, Sendable, Hashable, CaseIterable {
  case chatCompletions = "/v1/chat/completions"
  case completions = "/v1/completions"
  case embeddings = "/v1/embeddings"
  case responses = "/v1/responses"
  // Anthropic's.
  case messages = "/v1/messages"
  case countTokens = "/v1/messages/count_tokens"
  // Ollama's.
  case ollamaChat = "/api/chat"
  case ollamaGenerate = "/api/generate"
  case ollamaEmbed = "/api/embed"

  /// The model writes an answer: it does not where texts are embedded or counted.
  package var asksForText: Bool {
    switch self {
    case .chatCompletions, .completions, .responses, .messages, .ollamaChat, .ollamaGenerate: true
    case .embeddings, .ollamaEmbed, .countTokens: false
    }
  }

  /// A conversation in `messages`, that anybody who reads chats understands.
  package var isChat: Bool { self == .chatCompletions || self == .messages || self == .ollamaChat }

  /// Texts are turned into vectors.
  package var embeds: Bool { self == .embeddings || self == .ollamaEmbed }

  /// A request that doesn't say so wants a stream.
  package var streamsUnlessTold: Bool { self == .ollamaChat || self == .ollamaGenerate }
}

/// What routing needs to know of a request, read from its body in one pass.
///
/// Made by `Dialects`' peek, consumed by the router. Counts are of the whole document; lengths are in bytes of
/// unescaped UTF-8.
package struct RequestFacts: Sendable, Equatable {
  package var surface: Surface
  /// The public model name that the client asked for; nil where the body names none.
  package var model: String?
  /// The client wants a stream.
  package var stream = false
  /// The client itself asked for usage in its stream (`stream_options.include_usage: true`).
  package var includesUsage = false
  /// `max_completion_tokens`, `max_output_tokens` or `max_tokens`, in this order, or Ollama's `num_predict`; nil where none is given.
  package var maxOutputTokens: Int?
  /// Answers asked for (`n`, 1 where absent).
  package var choices = 1
  /// Messages (chat), items of `input` (responses, embeddings) or prompts (completions).
  package var messages = 0
  /// Bytes of text in messages, prompt or input.
  package var textBytes = 0
  /// Of them, scalars of three bytes that are words or syllables (Chinese, Japanese, Korean).
  package var wideScalars = 0
  package var images = 0
  package var tools = 0
  /// A hash of what names the session in the body: `prompt_cache_key`, else `metadata.session_id`, else `user` or `metadata.user_id`.
  package var session: UInt64?
  /// A hash of how the prompt begins: to the end of its first user message, and of 1,024 bytes. Nil where nobody asked for it.
  package var prefix: UInt64?
  /// What was found in its texts; nothing where nobody asked for it.
  package var detected: DetectorSet = []
  /// `response_format` (or `text.format`) asks for JSON.
  package var wantsJSON = false
  /// What its text tells; nil unless asked for.
  package var prompt: PromptFacts?
  /// Of its `metadata`, the members that were asked for.
  package var metadata: [Metadatum] = []

  /// A member of `metadata` as a text: a number or a boolean as JSON writes it.
  package struct Metadatum: Sendable, Equatable {
    package let name: String
    package let value: String

    package init(_ name: String, _ value: String) { (self.name, self.value) = (name, value) }
  }

  /// Nil where there is none of that name that was asked for.
  package func metadatum(_ name: String) -> String? { metadata.first { $0.name == name }?.value }

  package init(surface: Surface) { self.surface = surface }
}
