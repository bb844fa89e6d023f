/// Writes whole answers for clients that speak Anthropic's dialect.
enum AnthropicAnswerWriter {
  /// The first choice: there are no others, as the dialect can't ask for them.
  static func write(_ answer: ChatAnswer, as form: AnswerForm, with peek: Peek) -> PaddedBytes {
    let bytes = PaddedBytes(capacity: 4 << 10)
    let id = answer.id ?? form.id
    let choice = answer.choices.first
    let parts = blocks(of: choice?.parts ?? [], answer: id, with: peek)
    var object = ObjectWriter(bytes)
    begin(&object, id: id, model: answer.model ?? form.model)
    object.key("content")
    AnthropicBlocks.write(parts, to: bytes)
    let calls = parts.contains { $0.toolCall != nil }
    let refuses = parts.contains { $0.refusal != nil }
    let finish = choice?.finish ?? Finish(.stop)
    finish.appendAnthropic(to: &object, calls: calls, refuses: refuses)
    object.key("usage")
    (answer.usage ?? Usage()).appendAnthropic(to: bytes)
    object.end()
    return bytes
  }

  /// What every message begins with.
  static func begin(_ object: inout ObjectWriter, id: String, model: String) {
    object.member("id", id)
    object.constant("type", #""message""#)
    object.constant("role", #""assistant""#)
    object.member("model", model)
  }

  /// What a message can hold of them.
  private static func blocks(of parts: [ChatPart], answer id: String, with peek: Peek) -> [ChatPart] {
    var (blocks, calls) = ([ChatPart](), 0)
    for part in parts {
      switch part.content {
      case .text(let text), .refusal(let text):
        if !text.isEmpty { blocks.append(part) }
      case .toolCall(var call):
        if call.id.isEmpty { call.id = ToolCall.madeID(answer: id, choice: 0, number: calls) }
        call.arguments = call.objectArguments(with: peek) ?? call.wrappedArguments
        blocks.append(ChatPart(.toolCall(call)))
        calls += 1
      case .thinking: blocks.append(part)
      case .image, .toolResult, .other: break
      }
    }
    return blocks
  }
}
