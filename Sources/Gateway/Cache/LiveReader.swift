import Policy

/// One who is sent a live stream. It ends once: with the stream, or before. Until then it and its stream hold each other. Confined to
/// a loop.
final class LiveReader {
  /// Bytes that are written at a time.
  private static let stride = 64 << 10

  /// Its exchange fetches the stream.
  let leads: Bool
  /// The piece of the recording that it is to be sent next.
  private(set) var next = 0
  private var isWithinEvent = false
  private(set) var stream: LiveStream?
  private var sink: AnswerSink?
  private var done = Signal<Classification>()

  init(_ stream: LiveStream, leads: Bool) {
    self.stream = stream
    self.leads = leads
  }

  var isWritable: Bool { sink?.isWritable ?? false }
  var hasBegun: Bool { sink != nil }
  var hasEnded: Bool { done.isFilled }

  /// Sends the head that is in `sink`, and all that has come.
  func begin(_ sink: AnswerSink) {
    guard !hasEnded else { return }
    self.sink = sink
    send()
    sink.flush()
    stream?.onChange()
  }

  /// Its client reads again.
  func mayWrite() {
    send()
    stream?.onChange()
  }

  /// Sends what its client can take, and ends with the stream.
  func send() {
    // A write may make the connection writable again, and so come back here: each turn looks anew.
    while let stream, let sink, sink.isWritable, next < stream.recording.count {
      (next, isWithinEvent) = stream.recording.read(from: next, most: Self.stride) { sink.write($0) }
      sink.flush()
    }
    guard let stream, let ending = stream.ending, sink != nil, next == stream.recording.count else { return }
    finish(ending.verdict, isWhole: ending.isWhole)
  }

  /// It is sent nothing more but, where something was sent and its client is there, an error event.
  func leave(_ verdict: Classification) {
    guard !hasEnded else { return }
    finish(verdict, isWhole: false)
  }

  private func finish(_ verdict: Classification, isWhole: Bool) {
    let (sink, stream) = (sink, stream)
    (self.sink, self.stream) = (nil, nil)
    done.fill(verdict)
    if verdict.reason != .clientGone {
      sink?.end(broken: isWhole ? nil : verdict, tailWasReleased: isWithinEvent)
    }
    stream?.remove(self, verdict)
  }

  /// Waits for its end: the stream's, or why it had one of its own.
  nonisolated(nonsending) func ended() async -> Classification {
    if let verdict = done.value { return verdict }
    return await withUnsafeContinuation { done.wait($0) }
  }
}
