/// Reads a provider's stream of a message.
struct AnthropicStreamDecoder: ChatStreamDecoder {
  /// What an open block is.
  private enum Block {
    /// Texts and thoughts, or something that only the API has.
    case plain
    /// A call, and the input that it began with, where that is all of it.
    case call(JSONText?)
    /// The tool whose input is the answer.
    case answer(JSONText?)
  }

  private var splitter = EventSplitter()
  private var usage = AnthropicUsage()
  private var open: (index: Int?, block: Block)?
  /// Calls that have begun.
  private var calls = 0
  private var hasStarted = false
  private var isFinished = false
  private var isOver = false

  mutating func feed(_ bytes: UnsafeRawBufferPointer, with peek: Peek, into events: inout [ChatEvent]) {
    let piece = StreamPiece(bytes)
    var start = 0
    while !isOver, splitter.next(in: piece, from: &start) {
      if !take(with: peek, into: &events) { fail("sent an event that is not JSON", &events) }
    }
    if !isOver, splitter.isOverflown { fail("sent an event that is too long", &events) }
  }

  mutating func finish(with peek: Peek, into events: inout [ChatEvent]) {
    // An event that is cut is the business of whoever sees that the stream has no end.
    if !isOver, splitter.last() { _ = take(with: peek, into: &events) }
  }

  private mutating func fail(_ what: String, _ events: inout [ChatEvent]) {
    isOver = true
    events.append(.error(ChatError(.server, "The provider \(what).")))
  }

  /// False where the event's data is no object.
  private mutating func take(with peek: Peek, into events: inout [ChatEvent]) -> Bool {
    guard let root = try? peek.parser.parse(splitter.data), root.isObject else { return false }
    defer { peek.trim() }
    let word = root["type"]?.string
    if root["error"]?.isNull == false || word.map({ $0 == "error" }) == true {
      isOver = true
      events.append(.error(ChatError(anthropic: root, status: nil)))
      return true
    }
    // Types that are not known may come at any time.
    guard let type = word else { return true }
    if type == "content_block_delta" {
      take(delta: root, into: &events)
    } else if type == "content_block_start" {
      begin(root, given(root, with: peek), into: &events)
    } else if type == "content_block_stop" {
      close(into: &events)
    } else if type == "message_start" {
      start(root["message"], into: &events)
    } else if type == "message_delta" {
      finish(root, into: &events)
    } else if type == "message_stop" {
      close(into: &events)
      isOver = true
      events.append(.end)
    } else if type == "ping" {
      events.append(.ping)
    }
    return true
  }

  /// Some servers send a call's whole input with its begin.
  private func given(_ root: JSONValue, with peek: Peek) -> JSONText? {
    var input = root["content_block"]?["input"]?.members
    guard input?.next() != nil else { return nil }
    peek.keys.reset()
    let reader = AnthropicAnswerReader(keys: peek.keys)
    let sourced = peek.parser.sourced(root, in: splitter.data)
    guard let block = try? reader.member("content_block", of: sourced) else { return nil }
    return try? reader.input(of: block)
  }

  // MARK: The message

  private mutating func start(_ message: JSONValue?, into events: inout [ChatEvent]) {
    usage.take(message?["usage"])
    guard !hasStarted else { return }
    hasStarted = true
    events.append(
      .start(
        ChatStart(
          id: message?["id"]?.filledText, model: message?["model"]?.filledText, usage: usage.usage)))
  }

  private mutating func finish(_ root: JSONValue, into events: inout [ChatEvent]) {
    start(nil, into: &events)
    if let delta = root["delta"], let reason = Finish(anthropic: delta, calls: calls), !isFinished {
      close(into: &events)
      isFinished = true
      if let text = delta.anthropicRefusal { events.append(.refusal(choice: 0, text)) }
      events.append(.finish(choice: 0, reason))
    }
    guard root["usage"]?.isObject == true else { return }
    usage.take(root["usage"])
    if let known = usage.usage { events.append(.usage(known)) }
  }

  // MARK: Blocks

  private mutating func begin(_ root: JSONValue, _ given: JSONText?, into events: inout [ChatEvent]) {
    guard !isFinished else { return }
    start(nil, into: &events)
    close(into: &events)
    let (index, block) = (root["index"]?.int, root["content_block"])
    open = (index, .plain)
    say(block, into: &events)
    if let data = block?["data"]?.filledText, block?["type"]?.string?.string == "redacted_thinking" {
      events.append(.redactedThinking(choice: 0, data))
    }
    guard block?["type"]?.string?.string == "tool_use" else { return }
    guard let name = block?["name"]?.string, name.count > 0 else {
      return fail("called a tool without a name", &events)
    }
    guard !(name == AnthropicRequestWriter.answerTool) else {
      open = (index, .answer(given))
      return
    }
    open = (index, .call(given))
    events.append(.toolStart(choice: 0, tool: calls, id: block?["id"]?.filledText, name: name.string))
    calls += 1
  }

  private mutating func take(delta root: JSONValue, into events: inout [ChatEvent]) {
    guard !isFinished else { return }
    let index = root["index"]?.int
    guard let current = open, index == nil || current.index == nil || index == current.index else {
      return fail("sent a piece of a block that isn't open", &events)
    }
    let delta = root["delta"]
    say(delta, into: &events)
    guard let piece = delta?["partial_json"]?.filledText else { return }
    switch current.block {
    case .plain: break
    case .call:
      open = (current.index, .call(nil))
      events.append(.toolArguments(choice: 0, tool: calls - 1, piece))
    case .answer:
      open = (current.index, .answer(nil))
      events.append(.text(choice: 0, piece))
    }
  }

  /// Texts and thoughts, with which a block may begin, too.
  private func say(_ value: JSONValue?, into events: inout [ChatEvent]) {
    if let text = value?["text"]?.filledText { events.append(.text(choice: 0, text)) }
    if let text = value?["thinking"]?.filledText { events.append(.thinking(choice: 0, text)) }
    if let text = value?["signature"]?.filledText { events.append(.thinkingSignature(choice: 0, text)) }
  }

  private mutating func close(into events: inout [ChatEvent]) {
    guard let last = open else { return }
    open = nil
    switch last.block {
    case .plain: break
    case .call(let given):
      if let given { events.append(.toolArguments(choice: 0, tool: calls - 1, given.text)) }
      events.append(.toolEnd(choice: 0, tool: calls - 1))
    case .answer(let given):
      if let given { events.append(.text(choice: 0, given.text)) }
    }
  }
}
