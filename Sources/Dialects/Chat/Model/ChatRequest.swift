/// A chat request without the words of a dialect: what all dialects are translated to and from.
///
/// Made from a client's body by a `ClientDialect`, and written for a provider by a `ProviderDialect`. Requests whose client and provider
/// speak one dialect never become one: their bytes pass.
package struct ChatRequest: Sendable, Equatable {
  /// The client's dialect: who else speaks it knows `others` too.
  package var origin: ChatDialectName
  package var model: String?
  /// In their order; those of the system stand where the client put them, or in front.
  package var messages: [ChatMessage] = []
  package var tools: [ChatTool] = []
  package var toolChoice: ToolChoice?
  /// Whether the model may call several tools at once.
  package var parallelToolCalls: Bool?
  package var format: ResponseFormat?
  package var sampling = Sampling()
  /// Texts before which the answer ends.
  package var stop: [String] = []
  /// Tokens of the answer, reasoning included.
  package var maxTokens: Int?
  /// The client's word for `maxTokens` where its dialect has several and this is not the first; nil else.
  package var limitWord: String?
  package var reasoning: Reasoning?
  /// Answers asked for.
  package var choices: Int?
  package var logprobs: Bool?
  /// Alternatives for each token.
  package var topLogprobs: Int?
  package var stream = false
  /// Usage is wanted at the end of a stream.
  package var includesUsage: Bool?
  /// Who asks, by the client's own name.
  package var user: String?
  package var metadata: [RawMember] = []
  /// Options of streaming that only the client's dialect has.
  package var streamOthers: [RawMember] = []
  /// Members of the body that only the client's dialect has, or nobody.
  package var others: [RawMember] = []
  /// Where members stand deep in the body that nobody knows, such as `messages[0].content[1].shade`: they are not carried.
  package var strays: [String] = []

  package init(origin: ChatDialectName) { self.origin = origin }
}

extension ChatRequest {
  /// What the tool is called that a call has called: the last call of that id before the message at `position`. Dialects without ids go
  /// by it.
  package func toolName(ofCall id: String, before position: Int) -> String? {
    for message in messages[..<position].reversed() {
      for part in message.parts {
        if case .toolCall(let call) = part.content, call.id == id { return call.name }
      }
    }
    return nil
  }
}
