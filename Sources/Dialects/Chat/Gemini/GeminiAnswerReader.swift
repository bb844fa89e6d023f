extension ChatAnswer {
  /// A whole answer; nil for what is none: no candidate, or one that ended in a call that can't be used. A prompt that was blocked is
  /// answered with a refusal.
  init?(gemini response: GeminiResponse) {
    var choices: [Choice] = []
    for candidate in response.candidates {
      guard let choice = Choice(gemini: candidate) else { return nil }
      choices.append(choice)
    }
    if choices.isEmpty, let reason = response.blockReason {
      choices = [Choice([ChatPart(.refusal(GeminiRefusal.ofPrompt(reason)))], finish: Finish(.contentFilter))]
    }
    guard !choices.isEmpty else { return nil }
    self.init(id: response.id, model: response.model, choices: choices, usage: response.usage)
  }
}

extension ChatAnswer.Choice {
  /// Nil where it ended in what can't be used.
  fileprivate init?(gemini candidate: GeminiResponse.Candidate) {
    var (thoughts, texts, calls) = ([Thinking](), [ChatPart](), [ChatPart]())
    for piece in candidate.pieces {
      switch piece {
      case .thought(let text): thoughts.append(Thinking(text: text))
      case .signature(let signature): thoughts.sign(signature)
      case .text(let text): texts.append(.text(text))
      case .call(let call): calls.append(ChatPart(.toolCall(call)))
      }
    }
    var finish: Finish?
    if let word = candidate.finish {
      guard let known = Finish(gemini: word, hasCalls: !calls.isEmpty) else { return nil }
      if known.reason == .contentFilter, texts.isEmpty, calls.isEmpty {
        texts = [ChatPart(.refusal(GeminiRefusal.ofAnswer(word)))]
      }
      finish = known
    }
    let parts = thoughts.map { ChatPart(.thinking($0)) } + texts + calls
    self.init(index: candidate.index, parts, finish: finish, logprobs: candidate.logprobs)
  }
}

extension [Thinking] {
  /// Signs the last one; where there is none, or it is signed, the signature stands for thoughts that nobody is shown.
  fileprivate mutating func sign(_ signature: String) {
    if let last = indices.last, self[last].signature == nil {
      self[last].signature = signature
    } else {
      append(Thinking(text: "", signature: signature))
    }
  }
}

/// What clients are told where Gemini's filters leave nothing to say.
enum GeminiRefusal {
  static func ofPrompt(_ reason: String) -> String { "The provider's filter blocked the prompt (\(reason))." }
  static func ofAnswer(_ reason: String) -> String { "The provider's filter blocked the answer (\(reason))." }
}

extension Finish {
  /// Nil for a word that says that the model's answer can't be used: another try may do better.
  init?(gemini word: String, hasCalls: Bool) {
    switch word {
    case "STOP": self.init(hasCalls ? .toolCalls : .stop)
    case "MAX_TOKENS": self.init(.length)
    case "SAFETY", "RECITATION", "LANGUAGE", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "MODEL_ARMOR",
      "IMAGE_SAFETY", "IMAGE_PROHIBITED_CONTENT", "IMAGE_RECITATION":
      self.init(.contentFilter)
    case "MALFORMED_FUNCTION_CALL", "MALFORMED_RESPONSE", "UNEXPECTED_TOOL_CALL", "TOO_MANY_TOOL_CALLS",
      "MISSING_THOUGHT_SIGNATURE":
      return nil
    default: self.init(.other)
    }
  }
}
