/// Translates a streamed answer piece by piece, and learns from it what a `StreamScanner` learns from one that passes.
///
/// Nothing of it is held back but the unfinished event at the end of a piece. Not to be copied.
package struct ChatStream {
  /// `isDone` and the others mean what they mean to a scanner; events with content are counted, one for each piece.
  package private(set) var facts = StreamFacts()
  private var decoder: any ChatStreamDecoder
  private var encoder: any ChatStreamEncoder
  private let choices: Int
  private var events: [ChatEvent] = []
  private let bytes = PaddedBytes(capacity: 4 << 10)
  private static let keptCapacity = 64 << 10

  /// `choices`: a stream without an ending event is whole once as many finished.
  package init(_ decoder: any ChatStreamDecoder, _ encoder: any ChatStreamEncoder, choices: Int) {
    (self.decoder, self.encoder, self.choices) = (decoder, encoder, choices)
  }

  /// Takes the next piece and hands out what the client is sent for it, as one piece that is valid during the call, or nothing.
  package mutating func feed(
    _ chunk: UnsafeRawBufferPointer, with peek: Peek, into out: (UnsafeRawBufferPointer) -> Void
  ) {
    guard !isOver else { return }
    decoder.feed(chunk, with: peek, into: &events)
    encode(into: out)
  }

  /// Tells how the stream stands now that its bytes have ended. The end of one that is whole is handed out where it was not yet.
  package mutating func finish(with peek: Peek, into out: (UnsafeRawBufferPointer) -> Void) -> StreamEnd {
    if !isOver {
      decoder.finish(with: peek, into: &events)
      encode(into: out)
      if !isOver, facts.finishedChoices >= choices {
        events.append(.end)
        encode(into: out)
      }
    }
    if facts.sawError { return .failed }
    return facts.isDone ? .complete : .truncated(withheld: 0, tailWasReleased: false)
  }

  private var isOver: Bool { facts.isDone || facts.sawError }

  private mutating func encode(into out: (UnsafeRawBufferPointer) -> Void) {
    guard !events.isEmpty else { return }
    bytes.removeAll(keepingCapacity: Self.keptCapacity)
    for event in events where !isOver {
      learn(from: event)
      encoder.encode(event, into: bytes)
    }
    events.removeAll(keepingCapacity: events.count <= 1_024)
    if bytes.count > 0 { bytes.withUnsafeBytes { out($0) } }
  }

  private mutating func learn(from event: ChatEvent) {
    switch event {
    case .start(let start): facts.usage = start.usage ?? facts.usage
    case .usage(let usage): facts.usage = usage
    case .finish(_, let finish):
      facts.finishReason = finish.reason.rawValue
      facts.finishedChoices += 1
    case .error: facts.sawError = true
    case .end: facts.isDone = true
    default: if event.isContent { facts.contentEvents += 1 }
    }
  }
}
