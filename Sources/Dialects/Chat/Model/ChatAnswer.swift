/// A whole answer without the words of a dialect.
package struct ChatAnswer: Sendable, Equatable {
  package struct Choice: Sendable, Equatable {
    package var index: Int
    /// In their order: thoughts, texts, refusals, calls.
    package var parts: [ChatPart]
    package var finish: Finish?
    package var logprobs: Logprobs?

    package init(index: Int = 0, _ parts: [ChatPart], finish: Finish? = nil, logprobs: Logprobs? = nil) {
      (self.index, self.parts, self.finish, self.logprobs) = (index, parts, finish, logprobs)
    }
  }

  /// The provider's; nil where it gives none.
  package var id: String?
  /// As the provider calls it.
  package var model: String?
  /// Seconds since 1970; nil where the provider doesn't say.
  package var created: Int?
  package var choices: [Choice]
  package var usage: Usage?

  package init(
    id: String? = nil, model: String? = nil, created: Int? = nil, choices: [Choice], usage: Usage? = nil
  ) {
    (self.id, self.model, self.created) = (id, model, created)
    (self.choices, self.usage) = (choices, usage)
  }
}

/// Why an answer ended.
package struct Finish: Sendable, Equatable {
  package enum Reason: String, Sendable, CaseIterable {
    /// It was over.
    case stop
    /// One of the stop sequences came.
    case stopSequence = "stop_sequence"
    /// It reached the limit of tokens, or of the context.
    case length
    case toolCalls = "tool_calls"
    /// The provider's filter cut it.
    case contentFilter = "content_filter"
    /// The model won't answer.
    case refusal
    /// The provider wants to be asked to go on.
    case pause
    case other
  }

  package var reason: Reason
  /// The sequence that ended it, where the provider says so.
  package var sequence: String?

  package init(_ reason: Reason, sequence: String? = nil) {
    (self.reason, self.sequence) = (reason, sequence)
  }
}

/// How likely each token of an answer was.
package struct Logprobs: Sendable, Equatable {
  package struct Token: Sendable, Equatable {
    package var token: String
    /// Natural logarithm.
    package var logprob: Double
    /// Of its text; nil where the provider doesn't say.
    package var bytes: [UInt8]?
    /// What could have stood there.
    package var top: [Token]

    package init(_ token: String, _ logprob: Double, bytes: [UInt8]? = nil, top: [Token] = []) {
      (self.token, self.logprob, self.bytes, self.top) = (token, logprob, bytes, top)
    }
  }

  /// Of the text, and of a refusal; nil where there is none.
  package var content: [Token]?
  package var refusal: [Token]?

  package init(content: [Token]? = nil, refusal: [Token]? = nil) {
    (self.content, self.refusal) = (content, refusal)
  }
}
