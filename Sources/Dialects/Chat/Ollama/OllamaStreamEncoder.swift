/// Writes a stream of objects, one a line, for a client.
///
/// Each piece is a line of its own but a tool call, which is one when it is whole. The last line waits for the end, as usage comes behind
/// the reason.
struct OllamaStreamEncoder: ChatStreamEncoder {
  private let form: AnswerForm
  private let surface: OllamaSurface
  private var id: String
  private var object: OllamaAnswerObject
  /// The call that is open.
  private var call: ToolCall?
  private var end = OllamaSaid.End()
  private var isOver = false
  /// Says whether arguments are an object; made with the first call.
  private var peek: Peek?

  init(_ form: AnswerForm, for surface: OllamaSurface) {
    (self.form, self.surface) = (form, surface)
    id = form.id
    object = OllamaAnswerObject(surface, model: form.model, created: form.created)
  }

  mutating func encode(_ event: ChatEvent, into bytes: PaddedBytes) {
    guard !isOver else { return }
    switch event {
    case .start(let start): begin(start)
    case .text(choice: 0, let text, let logprobs):
      write(OllamaSaid(text: text, tokens: logprobs?.content ?? []), to: bytes)
    case .refusal(choice: 0, let text): write(OllamaSaid(text: text), to: bytes)
    case .thinking(choice: 0, let text): write(OllamaSaid(thinking: text), to: bytes)
    case .toolStart(choice: 0, tool: let tool, id: let known, name: let name):
      let callID = known ?? ToolCall.madeID(answer: id, choice: 0, number: tool)
      call = ToolCall(id: callID, name: name, arguments: JSONText(""))
    case .toolArguments(choice: 0, tool: _, let text): add(text, to: bytes)
    case .toolEnd(choice: 0, tool: let tool): endCall(tool, to: bytes)
    case .finish(choice: 0, let finish): end.finish = finish
    case .usage(let usage): end.usage = usage
    case .error(let error): fail(error, to: bytes)
    case .end:
      isOver = true
      write(OllamaSaid(end: end), to: bytes)
    // Other choices were not asked for; the rest has no words.
    case .text, .refusal, .thinking, .thinkingSignature, .redactedThinking, .toolStart, .toolArguments,
      .toolEnd, .finish, .ping:
      break
    }
  }

  private mutating func begin(_ start: ChatStart) {
    id = start.id ?? form.id
    end.usage = start.usage ?? end.usage
    object = OllamaAnswerObject(
      surface, model: start.model ?? form.model, created: start.created ?? form.created)
  }

  private func write(_ said: OllamaSaid, to bytes: PaddedBytes) {
    object.write(said, to: bytes)
    bytes.append("\n")
  }

  /// A piece of arguments, up to as many bytes as a line may have.
  private mutating func add(_ text: String, to bytes: PaddedBytes) {
    guard let known = call?.arguments.bytes.count else { return }
    guard known + text.utf8.count <= StreamLines.limit else {
      return fail(ChatError(.server, "The provider sent a tool call that is too long."), to: bytes)
    }
    call?.arguments.bytes.append(contentsOf: text.utf8)
  }

  private mutating func endCall(_ number: Int, to bytes: PaddedBytes) {
    guard var whole = call else { return }
    call = nil
    let peek = self.peek ?? Peek()
    self.peek = peek
    whole.arguments = whole.objectArguments(with: peek) ?? whole.wrappedArguments
    // A chat of one turn has no tools.
    if surface == .chat { write(OllamaSaid(calls: [whole], firstCall: number), to: bytes) }
  }

  private mutating func fail(_ error: ChatError, to bytes: PaddedBytes) {
    isOver = true
    ErrorBody(error).ollama().withUnsafeBytes { bytes.append($0) }
    bytes.append("\n")
  }
}
