internal import Policy

/// Writes a stream of `chat.completion.chunk` for a client.
struct OpenAIStreamEncoder: ChatStreamEncoder {
  private let form: AnswerForm
  private var id: String
  /// Of every chunk: up to its choices.
  private let opening = PaddedBytes(capacity: 256)
  /// Choices whose role was said.
  private var begun: [Int] = []
  private var usage: Usage?

  init(_ form: AnswerForm) {
    self.form = form
    id = form.id
  }

  mutating func encode(_ event: ChatEvent, into bytes: PaddedBytes) {
    switch event {
    case .start(let start): begin(start)
    case .text(let choice, let text, let logprobs):
      write(choice, to: bytes, logprobs: logprobs) { $0.member("content", text) }
    case .thinking(let choice, let text):
      write(choice, to: bytes) { $0.member("reasoning_content", text) }
    case .thinkingSignature(let choice, let signature):
      write(choice, to: bytes) {
        OpenAIMessageWriter.write([Thinking(text: "", signature: signature)], in: &$0)
      }
    case .redactedThinking(let choice, let data):
      write(choice, to: bytes) { OpenAIMessageWriter.write([Thinking(text: "", redacted: data)], in: &$0) }
    case .refusal(let choice, let text): write(choice, to: bytes) { $0.member("refusal", text) }
    case .toolStart(let choice, let tool, let known, let name):
      let callID = known ?? ToolCall.madeID(answer: id, choice: choice, number: tool)
      write(choice, to: bytes) { Self.write(tool, id: callID, name: name, arguments: "", in: &$0) }
    case .toolArguments(let choice, let tool, let text):
      write(choice, to: bytes) { Self.write(tool, id: nil, name: nil, arguments: text, in: &$0) }
    case .toolEnd: break
    case .finish(let choice, let finish): write(choice, to: bytes, finish: finish) { _ in }
    case .usage(let known): usage = known
    case .ping: bytes.append(": ping\n\n")
    case .error(let error): ErrorBody(error).event(for: .chatCompletions).withUnsafeBytes { bytes.append($0) }
    case .end: end(bytes)
    }
  }

  private mutating func begin(_ start: ChatStart) {
    id = start.id ?? form.id
    usage = start.usage ?? usage
    write(opening, start)
  }

  private func write(_ bytes: PaddedBytes, _ start: ChatStart) {
    bytes.removeAll()
    bytes.append("data: ")
    var object = ObjectWriter(bytes)
    object.member("id", id)
    object.constant("object", #""chat.completion.chunk""#)
    object.member("created", start.created ?? form.created)
    object.member("model", start.model ?? form.model)
    object.key("choices")
  }

  private func open(_ bytes: PaddedBytes) {
    if opening.count == 0 { write(opening, ChatStart()) }
    opening.withUnsafeBytes { bytes.append($0) }
  }

  /// A chunk of one choice.
  private mutating func write(
    _ choice: Int, to bytes: PaddedBytes, logprobs: Logprobs? = nil, finish: Finish? = nil,
    _ writeDelta: (inout ObjectWriter) -> Void
  ) {
    open(bytes)
    bytes.append(#"[{"index":"#)
    bytes.append(choice)
    bytes.append(#","delta":"#)
    var delta = ObjectWriter(bytes)
    if !begun.contains(choice) {
      begun.append(choice)
      delta.constant("role", #""assistant""#)
    }
    writeDelta(&delta)
    delta.end()
    bytes.append(#","logprobs":"#)
    logprobs.appendOpenAI(to: bytes)
    bytes.append(#","finish_reason":"#)
    finish.appendOpenAI(to: bytes)
    bytes.append("}]")
    if form.includesUsage { bytes.append(#","usage":null"#) }
    bytes.append("}\n\n")
  }

  private static func write(
    _ tool: Int, id: String?, name: String?, arguments: String, in delta: inout ObjectWriter
  ) {
    let bytes = delta.bytes
    delta.key("tool_calls")
    bytes.append("[")
    var call = ObjectWriter(bytes)
    call.member("index", tool)
    call.member("id", id)
    if id != nil { call.constant("type", #""function""#) }
    call.key("function")
    var function = ObjectWriter(bytes)
    function.member("name", name)
    function.member("arguments", arguments)
    function.end()
    call.end()
    bytes.append("]")
  }

  private func end(_ bytes: PaddedBytes) {
    if form.includesUsage, let usage {
      open(bytes)
      bytes.append(#"[],"usage":"#)
      usage.appendOpenAI(to: bytes)
      bytes.append("}\n\n")
    }
    bytes.append("data: [DONE]\n\n")
  }
}
