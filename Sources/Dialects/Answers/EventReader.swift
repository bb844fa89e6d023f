/// Reads one complete event into the facts of its stream.
struct EventReader {
  /// What became of the event.
  enum Verdict {
    case content
    case ending
    case error
    /// A chunk that only carries the usage: `choices` is empty.
    case usageOnly
    /// No data: a comment, or a blank line.
    case silent
  }

  let peek: Peek
  var dialect = ChatDialectName.openai

  /// Reads `event`, adds what it says to `facts` and tells what it is.
  func read(_ event: UnsafeRawBufferPointer, into facts: inout StreamFacts) -> Verdict {
    switch dialect {
    case .openai, .gemini: readChunk(event, into: &facts)
    case .anthropic: readMessage(event, into: &facts)
    case .ollama: readLine(event, into: &facts)
    }
  }

  private func readChunk(_ event: UnsafeRawBufferPointer, into facts: inout StreamFacts) -> Verdict {
    let marks = EventMarks(in: event)
    guard !marks.isEmpty else { return facts.sawContent || hasData(event) ? .content : .silent }
    let name = collectData(event)
    if peek.scratch.withUnsafeBytes({ $0.count == 6 && $0.has("[DONE]", at: 0) }) {
      facts.isDone = true
      return .ending
    }
    guard peek.scratch.count > 0 else { return .silent }
    guard let root = try? peek.parser.parse(peek.scratch), root.isObject else { return .content }
    defer { peek.trim() }
    return read(root, name, into: &facts)
  }

  private func read(_ root: JSONValue, _ name: EventName, into facts: inout StreamFacts) -> Verdict {
    var members = root.members
    var verdict = name == .error ? Verdict.error : .content
    var usage: Usage?
    var choicesAreEmpty = false
    while let (key, value) = members.next() {
      if key == "choices" {
        choicesAreEmpty = readChoices(value, into: &facts)
      } else if key == "usage" {
        usage = Usage(value)
      } else if key == "response" {
        readResponse(value, into: &facts)
      } else if key == "error", !value.isNull {
        verdict = .error
      } else if key == "type", let type = value.string {
        if type == "error" { verdict = .error }
        if type.endsResponse { verdict = .ending }
      }
    }
    if let usage { facts.usage = usage }
    if verdict == .ending { facts.isDone = true }
    if verdict == .error { facts.sawError = true }
    return verdict == .content && choicesAreEmpty && usage != nil ? .usageOnly : verdict
  }

  /// True for a list without choices.
  private func readChoices(_ value: JSONValue, into facts: inout StreamFacts) -> Bool {
    var choices = value.elements
    var isEmpty = value.isArray
    while let choice = choices.next() {
      isEmpty = false
      guard let reason = choice["finish_reason"]?.string else { continue }
      facts.finishReason = reason.string
      facts.finishedChoices += 1
    }
    return isEmpty
  }

  private func readResponse(_ value: JSONValue, into facts: inout StreamFacts) {
    if let usage = value["usage"].flatMap({ Usage($0) }) { facts.usage = usage }
    facts.finishReason = AnswerFacts.finishReason(ofResponse: value) ?? facts.finishReason
  }
}

extension EventReader {
  enum EventName {
    case error
    case other
  }

  private func hasData(_ event: UnsafeRawBufferPointer) -> Bool {
    let lines = EventLines(event)
    var start = 0
    while start < event.count {
      if event.has("data", at: start) { return true }
      guard let (_, next) = lines.line(from: start) else { return false }
      start = next
    }
    return false
  }

  /// Puts the data lines of `event` into the peek's scratch, joined by line feeds as the standard has it.
  @discardableResult
  func collectData(_ event: UnsafeRawBufferPointer) -> EventName {
    let lines = EventLines(event)
    var name = EventName.other
    var start = 0
    peek.scratch.removeAll()
    while start < event.count {
      let (end, next) = lines.line(from: start) ?? (event.count, event.count)
      if event.has("data:", at: start) {
        if peek.scratch.count > 0 { peek.scratch.append("\n") }
        peek.scratch.append(event.part(event.value(of: start + 5, end)))
      } else if event.has("event:", at: start) {
        name = event.part(event.value(of: start + 6, end)).elementsEqual("error".utf8) ? .error : .other
      }
      start = next
    }
    return name
  }
}

extension UnsafeRawBufferPointer {
  /// The value of a field from `start` on: one leading space does not count.
  fileprivate func value(of start: Int, _ end: Int) -> Range<Int> {
    (start < end && self[start] == 0x20 ? start + 1 : start)..<end
  }
}

extension JSONBytes {
  /// The types of event after which a response is over.
  var endsResponse: Bool {
    self == "response.completed" || self == "response.failed" || self == "response.incomplete"
  }
}
