/// Reads a provider's stream of `GenerateContentResponse`.
///
/// It has no mark at its end, and some models name a reason to finish in every event: each choice finishes with the stream, for the
/// reason that was named last.
struct GeminiStreamDecoder: ChatStreamDecoder {
  /// Choices beyond which a stream is given up: more than the API gives.
  private static let mostChoices = 128

  private var splitter = EventSplitter()
  private var choices: [GeminiChoiceDecoder] = []
  private var usage: Usage?
  private var hasStarted = false
  /// The prompt was, so that no choice will come.
  private var isBlocked = false
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
    guard !isOver else { return }
    isOver = true
    for choice in choices { choice.finish(into: &events) }
    guard isBlocked else { return }
    events.append(.finish(choice: 0, Finish(.contentFilter)))
    events.append(.end)
  }

  private mutating func fail(_ what: String, _ events: inout [ChatEvent]) {
    isOver = true
    events.append(.error(ChatError(.server, "The provider \(what).")))
  }

  /// False where the event's data is no object.
  private mutating func take(with peek: Peek, into events: inout [ChatEvent]) -> Bool {
    guard let root = try? peek.root(of: splitter.data) else { return false }
    defer { peek.trim() }
    if let error = root.value["error"], !error.isNull {
      isOver = true
      events.append(.error(ChatError(gemini: root.value, status: nil)))
      return true
    }
    guard let response = try? GeminiResponse(root, peek.keys) else {
      fail("sent a call that can't be read", &events)
      return true
    }
    take(response, into: &events)
    return true
  }

  private mutating func take(_ response: GeminiResponse, into events: inout [ChatEvent]) {
    for candidate in response.candidates where !isOver {
      start(response, into: &events)
      take(candidate, into: &events)
    }
    guard !isOver else { return }
    if response.candidates.isEmpty, let reason = response.blockReason, !isBlocked, choices.isEmpty {
      isBlocked = true
      start(response, into: &events)
      events.append(.refusal(choice: 0, GeminiRefusal.ofPrompt(reason)))
    }
    guard let known = response.usage, known != usage else { return }
    usage = known
    start(response, into: &events)
    events.append(.usage(known))
  }

  private mutating func start(_ response: GeminiResponse, into events: inout [ChatEvent]) {
    guard !hasStarted else { return }
    hasStarted = true
    events.append(.start(ChatStart(id: response.id, model: response.model)))
  }

  private mutating func take(_ candidate: GeminiResponse.Candidate, into events: inout [ChatEvent]) {
    let known = choices.firstIndex { $0.index == candidate.index }
    if known == nil {
      guard !isBlocked, (0..<Self.mostChoices).contains(candidate.index) else {
        return fail("sent more choices than there can be", &events)
      }
      choices.append(GeminiChoiceDecoder(index: candidate.index))
    }
    let position = known ?? choices.count - 1
    if !choices[position].take(candidate, into: &events) {
      fail("ended an answer in a call that can't be used", &events)
    }
  }
}

/// One choice of such a stream.
struct GeminiChoiceDecoder {
  let index: Int
  /// Calls that came.
  private var calls = 0
  private var hasText = false
  /// Why it finished, by the word that came last.
  private var word: String?

  init(index: Int) { self.index = index }

  /// False where it ended in what can't be used.
  mutating func take(_ candidate: GeminiResponse.Candidate, into events: inout [ChatEvent]) -> Bool {
    var logprobs = candidate.logprobs
    for piece in candidate.pieces {
      switch piece {
      case .thought(let text): events.append(.thinking(choice: index, text))
      case .signature(let signature): events.append(.thinkingSignature(choice: index, signature))
      case .text(let text):
        hasText = true
        events.append(.text(choice: index, text, logprobs))
        logprobs = nil
      case .call(let call): take(call, into: &events)
      }
    }
    guard let finish = candidate.finish else { return true }
    word = finish
    return Finish(gemini: finish, hasCalls: calls > 0) != nil
  }

  /// Calls come whole.
  private mutating func take(_ call: ToolCall, into events: inout [ChatEvent]) {
    let id = call.id.isEmpty ? nil : call.id
    events.append(.toolStart(choice: index, tool: calls, id: id, name: call.name))
    events.append(.toolArguments(choice: index, tool: calls, call.arguments.text))
    events.append(.toolEnd(choice: index, tool: calls))
    calls += 1
  }

  /// The stream has ended; nothing where no reason was named.
  func finish(into events: inout [ChatEvent]) {
    guard let word, let finish = Finish(gemini: word, hasCalls: calls > 0) else { return }
    if finish.reason == .contentFilter, calls == 0, !hasText {
      events.append(.refusal(choice: index, GeminiRefusal.ofAnswer(word)))
    }
    events.append(.finish(choice: index, finish))
  }
}
