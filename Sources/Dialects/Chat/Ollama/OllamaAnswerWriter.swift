/// Writes whole answers for clients that speak Ollama's dialect, which has one choice.
enum OllamaAnswerWriter {
  static func write(
    _ answer: ChatAnswer, as form: AnswerForm, for surface: OllamaSurface, with peek: Peek
  ) -> PaddedBytes {
    let choice = answer.choices.first
    var said = OllamaSaid()
    for part in choice?.parts ?? [] {
      switch part.content {
      case .text(let text), .refusal(let text): said.text += text
      case .thinking(let thinking):
        if !thinking.text.isEmpty { said.thinking = (said.thinking ?? "") + thinking.text }
      case .toolCall(var call):
        if call.id.isEmpty {
          call.id = ToolCall.madeID(answer: answer.id ?? form.id, choice: 0, number: said.calls.count)
        }
        call.arguments = call.objectArguments(with: peek) ?? call.wrappedArguments
        said.calls.append(call)
      case .image, .toolResult, .other: break
      }
    }
    said.tokens = choice?.logprobs?.content ?? []
    said.end = OllamaSaid.End(finish: choice?.finish, usage: answer.usage)
    let bytes = PaddedBytes(capacity: 4 << 10)
    OllamaAnswerObject(
      surface, model: answer.model ?? form.model, created: answer.created ?? form.created
    )
    .write(said, to: bytes)
    return bytes
  }
}
