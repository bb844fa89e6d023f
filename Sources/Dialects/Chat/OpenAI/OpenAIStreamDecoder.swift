/// Reads a provider's stream of `chat.completion.chunk`.
struct OpenAIStreamDecoder: ChatStreamDecoder {
  /// Choices beyond which a stream is given up: more than the API gives.
  private static let mostChoices = 128

  private var splitter = EventSplitter()
  private var choices: [OpenAIChoiceDecoder] = []
  private var hasStarted = false
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
    if splitter.dataIs("[DONE]") {
      isOver = true
      events.append(.end)
      return true
    }
    guard let root = try? peek.parser.parse(splitter.data), root.isObject else { return false }
    defer { peek.trim() }
    if let error = root["error"], !error.isNull {
      isOver = true
      events.append(.error(ChatError(openAI: root, status: nil)))
      return true
    }
    take(root, into: &events)
    return true
  }

  private mutating func take(_ root: JSONValue, into events: inout [ChatEvent]) {
    var elements = root["choices"]?.elements
    while let element = elements?.next(), !isOver {
      start(root, into: &events)
      take(choice: element, into: &events)
    }
    guard !isOver, let usage = root["usage"].flatMap({ Usage($0) }) else { return }
    start(root, into: &events)
    events.append(.usage(usage))
  }

  /// Chunks before the first choice, such as those of content filters, are no begin.
  private mutating func start(_ root: JSONValue, into events: inout [ChatEvent]) {
    guard !hasStarted else { return }
    hasStarted = true
    events.append(
      .start(
        ChatStart(
          id: root["id"]?.filledText, model: root["model"]?.filledText, created: root["created"]?.int)))
  }

  private mutating func take(choice value: JSONValue, into events: inout [ChatEvent]) {
    let index = value["index"]?.int ?? 0
    let known = choices.firstIndex { $0.index == index }
    if known == nil {
      guard choices.count < Self.mostChoices, index >= 0 else {
        return fail("sent more choices than there can be", &events)
      }
      choices.append(OpenAIChoiceDecoder(index: index))
    }
    let position = known ?? choices.count - 1
    if !choices[position].take(value, into: &events) {
      fail("went back to a tool call that had ended, or sent one that can't be read", &events)
    }
  }
}

/// One choice of such a stream.
struct OpenAIChoiceDecoder {
  let index: Int
  /// Calls that have begun.
  private var calls = 0
  /// The one that is open, by the provider's words for it.
  private var open: (index: Int?, id: String?)?
  private var isFinished = false

  init(index: Int) { self.index = index }

  /// False where it makes no sense. Behind its end there is nothing.
  mutating func take(_ value: JSONValue, into events: inout [ChatEvent]) -> Bool {
    guard !isFinished else { return true }
    if let delta = value["delta"] {
      if let text = delta.thoughts { events.append(.thinking(choice: index, text)) }
      take(blocks: delta["thinking_blocks"], into: &events)
      take(text: delta["content"], value["logprobs"], into: &events)
      if let text = delta["refusal"]?.filledText { events.append(.refusal(choice: index, text)) }
      var elements = delta["tool_calls"]?.elements
      while let element = elements?.next() {
        guard take(call: element, into: &events) else { return false }
      }
    }
    if let word = value["finish_reason"]?.string {
      isFinished = true
      endCall(into: &events)
      events.append(.finish(choice: index, Finish(openAI: word)))
    }
    return true
  }

  /// Some servers send it as parts.
  private func take(text content: JSONValue?, _ logprobs: JSONValue?, into events: inout [ChatEvent]) {
    let known = logprobs.flatMap { Logprobs(openAI: $0) }
    if let text = content?.filledText {
      events.append(.text(choice: index, text, known))
      return
    }
    var parts = content?.elements
    while let part = parts?.next() {
      if let text = part["text"]?.filledText { events.append(.text(choice: index, text)) }
    }
  }

  /// The text of a block comes as `reasoning_content` too.
  private func take(blocks: JSONValue?, into events: inout [ChatEvent]) {
    var elements = blocks?.elements
    while let block = elements?.next() {
      if let text = block["signature"]?.filledText {
        events.append(.thinkingSignature(choice: index, text))
      } else if let data = block["data"]?.filledText {
        events.append(.redactedThinking(choice: index, data))
      }
    }
  }

  private mutating func take(call value: JSONValue, into events: inout [ChatEvent]) -> Bool {
    let (place, id, function) = (value["index"]?.int, value["id"]?.filledText, value["function"])
    if begins(place, id) {
      // What was begun before the open one has ended.
      if let place, let last = open?.index, place < last { return false }
      guard let name = function?["name"]?.filledText else { return false }
      endCall(into: &events)
      events.append(.toolStart(choice: index, tool: calls, id: id, name: name))
      open = (place, id)
      calls += 1
    }
    guard let arguments = function?["arguments"], !arguments.isNull else { return true }
    guard let text = arguments.string else { return false }
    if text.count > 0 { events.append(.toolArguments(choice: index, tool: calls - 1, text.string)) }
    return true
  }

  /// Servers differ in what they repeat: some give all calls the same index, some give none, some repeat the id.
  private func begins(_ place: Int?, _ id: String?) -> Bool {
    guard let open else { return true }
    if let place, let last = open.index, place != last { return true }
    return id != nil && id != open.id
  }

  private mutating func endCall(into events: inout [ChatEvent]) {
    guard open != nil else { return }
    events.append(.toolEnd(choice: index, tool: calls - 1))
    open = nil
  }
}
