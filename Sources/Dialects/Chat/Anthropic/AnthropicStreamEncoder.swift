/// Writes a stream of a message for a client.
///
/// A block is begun by its first piece and ended by a piece of another kind. The last events wait for the end, as usage may come behind the
/// reason why the answer finished.
struct AnthropicStreamEncoder: ChatStreamEncoder {
  private enum Kind { case text, thinking, call }

  private let form: AnswerForm
  private var id: String
  private var open: Kind?
  /// Blocks that have begun.
  private var blocks = 0
  private var hasStarted = false
  private var hasCalls = false
  private var hasRefused = false
  private var finish = Finish(.stop)
  private var usage = Usage()
  private var isOver = false

  init(_ form: AnswerForm) {
    self.form = form
    id = form.id
  }

  /// Other choices than the first can't be asked for.
  mutating func encode(_ event: ChatEvent, into bytes: PaddedBytes) {
    guard !isOver else { return }
    switch event {
    case .start(let start): begin(start, bytes)
    case .text(choice: 0, let text, _): write(text, bytes)
    case .thinking(choice: 0, let text): think("thinking", text, bytes)
    case .thinkingSignature(choice: 0, let signature):
      think("signature", signature, bytes)
      close(bytes)
    case .redactedThinking(choice: 0, let data): redact(data, bytes)
    case .refusal(choice: 0, let text):
      hasRefused = true
      write(text, bytes)
    case .toolStart(choice: 0, tool: let tool, id: let known, name: let name):
      call(known ?? ToolCall.madeID(answer: id, choice: 0, number: tool), name, bytes)
    case .toolArguments(choice: 0, tool: _, let text): take(arguments: text, bytes)
    case .toolEnd(choice: 0, tool: _): if open == .call { close(bytes) }
    case .finish(choice: 0, let reason): finish = reason
    case .usage(let known): usage = known
    case .ping: Self.write("ping", to: bytes) { _ in }
    case .error(let error): fail(error, bytes)
    case .end: end(bytes)
    case .text, .thinking, .thinkingSignature, .redactedThinking, .refusal, .toolStart, .toolArguments,
      .toolEnd, .finish:
      break
    }
  }

  // MARK: The message

  private mutating func begin(_ start: ChatStart, _ bytes: PaddedBytes) {
    guard !hasStarted else { return }
    hasStarted = true
    id = start.id ?? form.id
    usage = start.usage ?? usage
    let (id, model, usage) = (id, start.model ?? form.model, usage)
    Self.write("message_start", to: bytes) { event in
      event.key("message")
      var message = ObjectWriter(bytes)
      AnthropicAnswerWriter.begin(&message, id: id, model: model)
      message.constant("content", "[]")
      message.constant("stop_reason", "null")
      message.constant("stop_sequence", "null")
      message.key("usage")
      usage.appendAnthropic(to: bytes)
      message.end()
    }
  }

  private mutating func end(_ bytes: PaddedBytes) {
    begin(ChatStart(), bytes)
    close(bytes)
    isOver = true
    let (finish, usage, hasCalls, hasRefused) = (finish, usage, hasCalls, hasRefused)
    Self.write("message_delta", to: bytes) { event in
      event.key("delta")
      var delta = ObjectWriter(bytes)
      finish.appendAnthropic(to: &delta, calls: hasCalls, refuses: hasRefused)
      delta.end()
      event.key("usage")
      usage.appendAnthropic(to: bytes)
    }
    Self.write("message_stop", to: bytes) { _ in }
  }

  private mutating func fail(_ error: ChatError, _ bytes: PaddedBytes) {
    isOver = true
    bytes.append("event: error\ndata: ")
    ErrorBody(error).appendAnthropic(to: bytes, status: error.kind.status)
    bytes.append("\n\n")
  }

  // MARK: Blocks

  private mutating func write(_ text: String, _ bytes: PaddedBytes) {
    if open != .text {
      begin(.text, bytes) {
        $0.constant("type", #""text""#)
        $0.constant("text", "\"\"")
      }
    }
    delta(bytes) {
      $0.constant("type", #""text_delta""#)
      $0.member("text", text)
    }
  }

  /// `name`: what the piece is, and the member that holds it.
  private mutating func think(_ name: StaticString, _ text: String, _ bytes: PaddedBytes) {
    if open != .thinking {
      begin(.thinking, bytes) {
        $0.constant("type", #""thinking""#)
        $0.constant("thinking", "\"\"")
        $0.constant("signature", "\"\"")
      }
    }
    delta(bytes) {
      $0.key("type")
      bytes.append("\"")
      bytes.append(name)
      bytes.append(#"_delta""#)
      $0.member(name, text)
    }
  }

  private mutating func redact(_ data: String, _ bytes: PaddedBytes) {
    begin(.thinking, bytes) {
      $0.constant("type", #""redacted_thinking""#)
      $0.member("data", data)
    }
    close(bytes)
  }

  private mutating func call(_ id: String, _ name: String, _ bytes: PaddedBytes) {
    hasCalls = true
    begin(.call, bytes) {
      $0.constant("type", #""tool_use""#)
      $0.member("id", id)
      $0.member("name", name)
      $0.constant("input", "{}")
    }
  }

  /// A text may have ended the block of a call that isn't over: there is no way back to it.
  private mutating func take(arguments text: String, _ bytes: PaddedBytes) {
    guard open == .call else {
      return fail(ChatError(.server, "The provider went back to a tool call behind a text."), bytes)
    }
    delta(bytes) {
      $0.constant("type", #""input_json_delta""#)
      $0.member("partial_json", text)
    }
  }

  private mutating func begin(
    _ kind: Kind, _ bytes: PaddedBytes, _ writeBlock: (inout ObjectWriter) -> Void
  ) {
    begin(ChatStart(), bytes)
    close(bytes)
    open = kind
    let index = blocks
    blocks += 1
    Self.write("content_block_start", to: bytes) { event in
      event.member("index", index)
      event.key("content_block")
      var block = ObjectWriter(bytes)
      writeBlock(&block)
      block.end()
    }
  }

  /// A piece of the open block.
  private func delta(_ bytes: PaddedBytes, _ writeDelta: (inout ObjectWriter) -> Void) {
    let index = blocks - 1
    Self.write("content_block_delta", to: bytes) { event in
      event.member("index", index)
      event.key("delta")
      var delta = ObjectWriter(bytes)
      writeDelta(&delta)
      delta.end()
    }
  }

  private mutating func close(_ bytes: PaddedBytes) {
    guard open != nil else { return }
    open = nil
    let index = blocks - 1
    Self.write("content_block_stop", to: bytes) { $0.member("index", index) }
  }

  /// One event: clients go by its name, too.
  private static func write(
    _ type: StaticString, to bytes: PaddedBytes, _ writeMembers: (inout ObjectWriter) -> Void
  ) {
    bytes.append("event: ")
    bytes.append(type)
    bytes.append("\ndata: ")
    var event = ObjectWriter(bytes)
    event.key("type")
    bytes.append("\"")
    bytes.append(type)
    bytes.append("\"")
    writeMembers(&event)
    event.end()
    bytes.append("\n\n")
  }
}
