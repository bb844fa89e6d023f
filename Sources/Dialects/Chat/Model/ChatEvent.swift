/// What happens in a streamed answer, without the words of a dialect.
///
/// One stream: `start`, then pieces, `finish` of each choice, `usage`, `end`; or `error`, and nothing behind it. `ping` may come at any
/// time, `usage` several times: the last one counts. Tools of a choice never overlap: `toolStart`, `toolArguments` …, `toolEnd`, and only
/// then the next one's; texts may come between. They are numbered from 0 in each choice. No piece is empty.
package enum ChatEvent: Sendable, Equatable {
  case start(ChatStart)
  case text(choice: Int, String, Logprobs? = nil)
  case thinking(choice: Int, String)
  /// Behind the thoughts that it signs.
  case thinkingSignature(choice: Int, String)
  /// Thoughts that only the provider can read, whole.
  case redactedThinking(choice: Int, String)
  case refusal(choice: Int, String)
  /// `id` is nil where the provider gives none.
  case toolStart(choice: Int, tool: Int, id: String?, name: String)
  /// A piece of the JSON text.
  case toolArguments(choice: Int, tool: Int, String)
  case toolEnd(choice: Int, tool: Int)
  case finish(choice: Int, Finish)
  case usage(Usage)
  case ping
  case error(ChatError)
  /// The provider said that this is all.
  case end
}

/// How a streamed answer begins.
package struct ChatStart: Sendable, Equatable {
  package var id: String?
  package var model: String?
  /// Seconds since 1970.
  package var created: Int?
  /// What is known of it already.
  package var usage: Usage?

  package init(id: String? = nil, model: String? = nil, created: Int? = nil, usage: Usage? = nil) {
    (self.id, self.model, self.created, self.usage) = (id, model, created, usage)
  }
}

extension ChatEvent {
  /// Something of the answer itself, behind which no other attempt can take its place.
  package var isContent: Bool {
    switch self {
    case .text, .thinking, .thinkingSignature, .redactedThinking, .refusal, .toolStart, .toolArguments: true
    case .start, .toolEnd, .finish, .usage, .ping, .error, .end: false
    }
  }
}
