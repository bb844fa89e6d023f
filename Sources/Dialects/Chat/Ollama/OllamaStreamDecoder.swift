/// Reads a provider's stream of objects, one a line.
struct OllamaStreamDecoder: ChatStreamDecoder {
  /// Tokens that are kept for a text that is still to come.
  private static let mostTokens = 1_024
  private static let keptCapacity = 64 << 10

  private var lines = StreamLines()
  /// The line that is read, where a parser may read it.
  private let line = PaddedBytes(capacity: 4 << 10)
  private var hasStarted = false
  private var isOver = false
  private var calls = 0
  /// Of lines without a text: servers hold a text back until they know whether it is a call.
  private var tokens: [Logprobs.Token] = []

  mutating func feed(_ bytes: UnsafeRawBufferPointer, with peek: Peek, into events: inout [ChatEvent]) {
    let piece = StreamPiece(bytes)
    var start = 0
    while !isOver, let text = lines.next(in: piece, from: &start) {
      guard text.count > 0 else { continue }
      if !take(text, with: peek, into: &events) { fail("sent a line that is not JSON", &events) }
    }
    if !isOver, lines.isOverflown { fail("sent a line that is too long", &events) }
  }

  mutating func finish(with peek: Peek, into events: inout [ChatEvent]) {
    // A line that is cut is the business of whoever sees that the stream has no end.
    if !isOver, let text = lines.last() { _ = take(text, with: peek, into: &events) }
  }

  private mutating func fail(_ what: String, _ events: inout [ChatEvent]) {
    isOver = true
    events.append(.error(ChatError(.server, "The provider \(what).")))
  }

  /// False where the line is no object.
  private mutating func take(
    _ text: UnsafeRawBufferPointer, with peek: Peek, into events: inout [ChatEvent]
  ) -> Bool {
    line.removeAll(keepingCapacity: Self.keptCapacity)
    line.append(text)
    defer { peek.trim() }
    guard let root = try? peek.root(of: line) else { return false }
    if let error = root.value["error"], !error.isNull {
      isOver = true
      events.append(.error(ChatError(ollama: root.value, status: nil)))
      return true
    }
    guard let object = try? OllamaObject(root, peek.keys) else { return false }
    if !hasStarted, object.hasMessage || object.isDone {
      hasStarted = true
      events.append(.start(ChatStart(ollama: root.value)))
    }
    take(object, into: &events)
    return true
  }

  private mutating func take(_ object: OllamaObject, into events: inout [ChatEvent]) {
    if let thinking = object.thinking { events.append(.thinking(choice: 0, thinking)) }
    takeText(of: object, into: &events)
    for call in object.calls {
      guard !call.name.isEmpty else { return fail("sent a tool call without a name", &events) }
      take(call, into: &events)
    }
    guard object.isDone else { return }
    isOver = true
    events.append(.finish(choice: 0, object.finish(hasCalls: calls > 0)))
    if let usage = object.usage { events.append(.usage(usage)) }
    events.append(.end)
  }

  /// Tokens of thoughts are not those of the text.
  private mutating func takeText(of object: OllamaObject, into events: inout [ChatEvent]) {
    if let text = object.text {
      let known = tokens + object.tokens
      events.append(.text(choice: 0, text, known.isEmpty ? nil : Logprobs(content: known)))
      tokens.removeAll()
    } else if object.thinking == nil, tokens.count + object.tokens.count <= Self.mostTokens {
      tokens += object.tokens
    }
  }

  /// Calls come whole.
  private mutating func take(_ call: ToolCall, into events: inout [ChatEvent]) {
    events.append(
      .toolStart(choice: 0, tool: calls, id: call.id.isEmpty ? nil : call.id, name: call.name))
    if !call.arguments.isEmpty {
      events.append(.toolArguments(choice: 0, tool: calls, call.arguments.text))
    }
    events.append(.toolEnd(choice: 0, tool: calls))
    calls += 1
  }
}
