/// Follows a streamed answer chunk by chunk: passes complete events on and learns from them.
///
/// A pure value, one per stream. Bytes pass untouched and in order, as one piece where a chunk holds whole
/// events. The unfinished event at the end of a chunk is held back until it is complete, so that a stream
/// that breaks can still end in a well-formed error event. Chunks may be cut anywhere.
package struct StreamScanner {
  /// Bytes of an unfinished event that are held back; a longer one is released as it comes.
  package static let heldLimit = 64 << 10
  /// Bytes of a released event that are kept for reading; a longer one passes unread.
  package static let readLimit = 1 << 20

  package private(set) var facts = StreamFacts()

  private let choices: Int
  private let hidesUsage: Bool
  private let dialect: ChatDialectName
  private var tail = EventTail()
  /// The last event ended in CR at the end of a chunk: an LF at the start of the next one belongs to it.
  private var danglingReturn: DanglingReturn = .none

  private enum DanglingReturn {
    case none, passed, dropped
  }

  /// - Parameters:
  ///   - choices: Answers asked for (`n`): a stream without an ending event is whole once as many finished.
  ///   - hidesUsage: The router asked for usage, not the client: the chunk that only carries it is dropped.
  ///   - dialect: Of the stream. Ollama's events are lines.
  package init(choices: Int = 1, hidesUsage: Bool = false, dialect: ChatDialectName = .openai) {
    self.choices = choices
    self.hidesUsage = hidesUsage
    self.dialect = dialect
  }

  /// An unfinished event is so long that its begin was passed on.
  package var tailWasReleased: Bool { tail.released > 0 }

  /// Takes the next chunk and hands what may be passed on to `out`, piece by piece; pieces are valid during
  /// the call.
  package mutating func feed(
    _ chunk: UnsafeRawBufferPointer, with peek: Peek, into out: (UnsafeRawBufferPointer) -> Void
  ) {
    var start = finishReturn(chunk, out)
    if !tail.isEmpty {
      guard let next = feedTail(chunk, from: start, peek, out) else { return }
      start = next
    }
    start = feedEvents(chunk, from: start, peek, out)
    tail.append(chunk.part(start..<chunk.count), into: out)
  }

  /// Tells how the stream stands now that its bytes have ended. An ending event that lacks its blank line
  /// counts and is handed to `out`; every other unfinished event is dropped.
  package mutating func finish(with peek: Peek, into out: (UnsafeRawBufferPointer) -> Void) -> StreamEnd {
    let withheld = tail.count - tail.released
    if !tail.isEmpty, !facts.isDone {
      var whole = facts
      let verdict = tail.withUnsafeBytes { EventReader(peek: peek, dialect: dialect).read($0, into: &whole) }
      if verdict == .ending {
        facts = whole
        tail.flush(into: out)
      }
    }
    if facts.sawError { return .failed }
    if facts.isDone || facts.finishedChoices >= choices && tail.isEmpty { return .complete }
    return .truncated(withheld: withheld, tailWasReleased: tailWasReleased)
  }

  /// The LF of a CR LF that the chunks' boundary cut; answers where the chunk goes on.
  private mutating func finishReturn(
    _ chunk: UnsafeRawBufferPointer, _ out: (UnsafeRawBufferPointer) -> Void
  ) -> Int {
    guard danglingReturn != .none, let first = chunk.first else { return 0 }
    defer { danglingReturn = .none }
    guard first == 0x0a else { return 0 }
    if danglingReturn == .passed { out(chunk.part(0..<1)) }
    return 1
  }

  /// Completes the event in the tail; nil where the chunk does not end it either.
  private mutating func feedTail(
    _ chunk: UnsafeRawBufferPointer, from start: Int, _ peek: Peek, _ out: (UnsafeRawBufferPointer) -> Void
  ) -> Int? {
    let cutsReturn = tail.last == 0x0d && chunk.first == 0x0a && start == 0
    let from = cutsReturn ? 1 : start
    let atLineStart = tail.last == 0x0a || tail.last == 0x0d
    guard let end = endOfEvent(EventLines(chunk), from: from, atLineStart: atLineStart) else {
      tail.append(chunk.part(start..<chunk.count), into: out)
      return nil
    }
    tail.complete(chunk.part(start..<end), into: out)
    let isDropped = tail.withUnsafeBytes { take($0, peek) } && !tailWasReleased
    if !isDropped { tail.flush(into: out) }
    tail.removeAll()
    noteReturn(chunk, end, isDropped)
    return end
  }

  /// Passes the complete events from `start` on; answers where the unfinished one begins.
  private mutating func feedEvents(
    _ chunk: UnsafeRawBufferPointer, from start: Int, _ peek: Peek, _ out: (UnsafeRawBufferPointer) -> Void
  ) -> Int {
    let lines = EventLines(chunk)
    var (event, passed) = (start, start)
    while let end = endOfEvent(lines, from: event, atLineStart: true) {
      let isDropped = take(chunk.part(event..<end), peek)
      if isDropped {
        if passed < event { out(chunk.part(passed..<event)) }
        passed = end
      }
      noteReturn(chunk, end, isDropped)
      event = end
    }
    if passed < event { out(chunk.part(passed..<event)) }
    return event
  }

  private func endOfEvent(_ lines: EventLines, from start: Int, atLineStart: Bool) -> Int? {
    dialect == .ollama
      ? lines.line(from: start)?.next : lines.endOfEvent(from: start, atLineStart: atLineStart)
  }

  /// Learns from a complete event; true where it is to be dropped.
  private mutating func take(_ event: UnsafeRawBufferPointer, _ peek: Peek) -> Bool {
    switch EventReader(peek: peek, dialect: dialect).read(event, into: &facts) {
    case .content: facts.contentEvents += 1
    case .usageOnly: return hidesUsage
    case .ending, .error, .silent: break
    }
    return false
  }

  private mutating func noteReturn(_ chunk: UnsafeRawBufferPointer, _ end: Int, _ isDropped: Bool) {
    guard end == chunk.count, chunk[end - 1] == 0x0d else { return }
    danglingReturn = isDropped ? .dropped : .passed
  }
}
