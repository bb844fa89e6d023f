package import Policy

/// What an answer says, for whoever compares answers.
package struct AnswerText: Sendable, Equatable {
  /// Of the first choice.
  package var text: String
  /// The model says that it won't answer.
  package var isRefusal: Bool
  /// The first choice of a chat asks for a tool.
  package var callsTools = false
  /// The mean of the first choice's log-probabilities, to the base e; nil where a chat's answer has none.
  package var meanLogProbability: Double?

  package init(text: String, isRefusal: Bool) { (self.text, self.isRefusal) = (text, isRefusal) }
}

extension Peek {
  /// Bytes of text beyond which nobody looks at it.
  private static let longestText = 64 << 10

  /// Reads a whole answer, plain or a stream; nil where it is none, or too long.
  package func text(of answer: UnsafeRawBufferPointer, isEvents: Bool, _ surface: Surface) -> AnswerText? {
    defer { trim() }
    var collector = TextCollector(surface: surface)
    if isEvents, surface.streamsLines {
      forEachLine(answer) { collector.add(line: $0) }
    } else if isEvents {
      forEachEvent(answer) { collector.add(event: $0) }
    } else {
      scratch.removeAll()
      scratch.append(answer)
      guard let root = try? parser.parse(scratch), root.isObject else { return nil }
      collector.add(answer: root)
    }
    guard collector.text.count <= Self.longestText else { return nil }
    var found = AnswerText(
      text: String(decoding: collector.text, as: UTF8.self), isRefusal: collector.isRefusal)
    found.callsTools = collector.callsTools
    found.meanLogProbability = collector.meanLogProbability
    return found
  }

  /// Hands out the data of each event that is an object; the value is valid during the call.
  private func forEachEvent(_ bytes: UnsafeRawBufferPointer, _ body: (JSONValue) -> Void) {
    let lines = EventLines(bytes)
    var start = 0
    scratch.removeAll()
    while start < bytes.count {
      let (end, next) = lines.line(from: start) ?? (bytes.count, bytes.count)
      if end == start {
        takeEvent(body)
      } else if bytes.has("data:", at: start) {
        if scratch.count > 0 { scratch.append("\n") }
        scratch.append(bytes.part(start + 5..<end))
      }
      start = next
    }
    takeEvent(body)
  }

  /// The same of lines of JSON.
  private func forEachLine(_ bytes: UnsafeRawBufferPointer, _ body: (JSONValue) -> Void) {
    var start = 0
    while start < bytes.count {
      let end = bytes.firstIndex(of: 0x0a, from: start) ?? bytes.count
      scratch.removeAll()
      scratch.append(bytes.part(start..<end))
      takeEvent(body)
      start = end + 1
    }
  }

  private func takeEvent(_ body: (JSONValue) -> Void) {
    guard scratch.count > 0 else { return }
    if let root = try? parser.parse(scratch), root.isObject { body(root) }
    scratch.removeAll()
  }
}

/// Takes texts and refusals out of answers.
private struct TextCollector {
  let surface: Surface
  var text: [UInt8] = []
  var isRefusal = false
  var callsTools = false
  private var logProbability = (sum: 0.0, count: 0)

  init(surface: Surface) { self.surface = surface }

  var meanLogProbability: Double? {
    logProbability.count > 0 ? logProbability.sum / Double(logProbability.count) : nil
  }

  mutating func add(answer root: JSONValue) {
    switch surface {
    case .chatCompletions: addChoice(of: root, message: "message")
    case .completions: addChoice(of: root, message: nil)
    case .responses: add(response: root)
    case .messages: add(message: root)
    case .ollamaChat, .ollamaGenerate: add(line: root)
    case .embeddings, .countTokens, .ollamaEmbed: break
    }
  }

  /// Events of a response end in one that holds all of it.
  mutating func add(event root: JSONValue) {
    switch surface {
    case .chatCompletions: addChoice(of: root, message: "delta")
    case .completions: addChoice(of: root, message: nil)
    case .responses:
      guard root["type"]?.string?.endsResponse == true, let response = root["response"] else { return }
      add(response: response)
    case .messages: add(messageEvent: root)
    case .ollamaChat, .ollamaGenerate, .embeddings, .countTokens, .ollamaEmbed: break
    }
  }

  private mutating func addChoice(of root: JSONValue, message name: StaticString?) {
    var choices = root["choices"]?.elements
    while let choice = choices?.next() {
      if choice["finish_reason"]?.string.map({ $0 == "content_filter" }) == true { isRefusal = true }
      guard choice["index"]?.int ?? 0 == 0 else { continue }
      guard let name else {
        add(choice["text"])
        continue
      }
      addLogProbabilities(of: choice)
      guard let message = choice[name] else { continue }
      add(message["content"])
      if let refusal = message["refusal"]?.string, refusal.count > 0 { isRefusal = true }
      // Some send an empty list with every answer.
      var calls = message["tool_calls"]?.elements
      if calls?.next() != nil || message["function_call"]?.isObject == true { callsTools = true }
    }
  }

  private mutating func addLogProbabilities(of choice: JSONValue) {
    var tokens = choice["logprobs"]?["content"]?.elements
    while let token = tokens?.next() {
      guard let value = token["logprob"]?.double else { continue }
      logProbability = (logProbability.sum + value, logProbability.count + 1)
    }
  }

  private mutating func add(response: JSONValue) {
    if response["incomplete_details"]?["reason"]?.string.map({ $0 == "content_filter" }) == true {
      isRefusal = true
    }
    var items = response["output"]?.elements
    while let item = items?.next() {
      var parts = item["content"]?.elements
      while let part = parts?.next() {
        if part["type"]?.string.map({ $0 == "refusal" }) == true { isRefusal = true }
        if part["type"]?.string.map({ $0 == "output_text" }) == true { add(part["text"]) }
      }
    }
  }

  // MARK: Other dialects

  private mutating func add(message root: JSONValue) {
    if root["stop_reason"]?.string.map({ $0 == "refusal" }) == true { isRefusal = true }
    var parts = root["content"]?.elements
    while let part = parts?.next() { add(block: part) }
  }

  private mutating func add(messageEvent root: JSONValue) {
    if let block = root["content_block"] { add(block: block) }
    guard let delta = root["delta"] else { return }
    if delta["stop_reason"]?.string.map({ $0 == "refusal" }) == true { isRefusal = true }
    add(block: delta)
  }

  private mutating func add(block: JSONValue) {
    guard let type = block["type"]?.string else { return }
    if type == "tool_use" { callsTools = true }
    if type == "text" || type == "text_delta" { add(block["text"]) }
  }

  /// An answer of Ollama's, or a line of its stream.
  mutating func add(line root: JSONValue) {
    let message = root["message"]
    add(message?["content"] ?? root["response"])
    var calls = message?["tool_calls"]?.elements
    if calls?.next() != nil { callsTools = true }
  }

  /// A string, or a list of parts that have one.
  private mutating func add(_ content: JSONValue?) {
    if let bytes = content?.string { return text.append(contentsOf: bytes.buffer) }
    var parts = content?.elements
    while let part = parts?.next() {
      if let bytes = part["text"]?.string { text.append(contentsOf: bytes.buffer) }
    }
  }
}
