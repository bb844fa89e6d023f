/// Reads whole answers of providers that speak Ollama's dialect.
enum OllamaAnswerReader {
  /// Nil for what is no finished answer, such as an error that claims success, or a call without a name.
  static func read(_ root: SourcedValue, _ keys: KeySet) -> ChatAnswer? {
    guard root.value["error"]?.isNull != false else { return nil }
    guard let object = try? OllamaObject(root, keys), object.hasMessage, object.isDone else { return nil }
    guard object.calls.allSatisfy({ !$0.name.isEmpty }) else { return nil }
    var parts: [ChatPart] = []
    if let thinking = object.thinking { parts.append(ChatPart(.thinking(Thinking(text: thinking)))) }
    if let text = object.text { parts.append(.text(text)) }
    parts += object.calls.map { ChatPart(.toolCall($0)) }
    let head = ChatStart(ollama: root.value)
    let choice = ChatAnswer.Choice(
      parts, finish: object.finish(hasCalls: !object.calls.isEmpty),
      logprobs: object.tokens.isEmpty ? nil : Logprobs(content: object.tokens))
    return ChatAnswer(model: head.model, created: head.created, choices: [choice], usage: object.usage)
  }
}
