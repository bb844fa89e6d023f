/// One turn of a chat.
package struct ChatMessage: Sendable, Equatable {
  package enum Role: String, Sendable, CaseIterable {
    case system, developer, user, assistant
    /// Holds results of tools and nothing else.
    case tool
  }

  package var role: Role
  /// Tells participants of one role apart.
  package var name: String?
  /// In their order. An assistant's: thoughts, then what it says, then calls.
  package var parts: [ChatPart]
  /// Members that only the client's dialect has.
  package var others: [RawMember] = []

  package init(_ role: Role, _ parts: [ChatPart], name: String? = nil) {
    (self.role, self.parts, self.name) = (role, parts, name)
  }
}

/// A piece of a message or of an answer.
package struct ChatPart: Sendable, Equatable {
  package enum Content: Sendable, Equatable {
    case text(String)
    case image(ChatImage)
    case toolCall(ToolCall)
    case toolResult(ToolResult)
    case thinking(Thinking)
    /// What the model says in the place of an answer.
    case refusal(String)
    /// A part that only the client's dialect has, whole.
    case other(type: String, JSONText)

    /// Every dialect has words for it, or a rule.
    package var isKnown: Bool { if case .other = self { false } else { true } }
  }

  package var content: Content
  /// The prompt up to here is to be kept in the provider's cache.
  package var cache: CacheMark?

  package init(_ content: Content, cache: CacheMark? = nil) {
    (self.content, self.cache) = (content, cache)
  }

  package static func text(_ text: String) -> ChatPart { ChatPart(.text(text)) }

  /// Nil for what is no text.
  package var text: String? { if case .text(let text) = content { text } else { nil } }

  /// Nil for what is no call.
  package var toolCall: ToolCall? { if case .toolCall(let call) = content { call } else { nil } }

  /// Nil for what is no refusal.
  package var refusal: String? { if case .refusal(let text) = content { text } else { nil } }

  /// Nil for what is no thought.
  package var thinking: Thinking? { if case .thinking(let thinking) = content { thinking } else { nil } }
}

extension [ChatPart] {
  /// All texts, one behind the other.
  package var joinedText: String { reduce(into: "") { $0 += $1.text ?? "" } }
}
