import Policy

/// Keeps what an attempt passes on, up to a limit, so that it can be stored. Confined to a loop.
final class AnswerRecording {
  private let limit: Int
  private var plain: [UInt8] = []
  private var events = StreamRecording()
  private var isTooLarge = false

  /// `limit` in bytes.
  init(limit: Int) { self.limit = limit }

  /// Takes bytes of an answer that is either all events or none; `offset` in milliseconds.
  func take(_ bytes: UnsafeRawBufferPointer, isEvents: Bool, at offset: Int64) {
    guard !isTooLarge else { return }
    if isEvents { events.append(bytes, at: offset) } else { plain += bytes }
    if plain.count > limit || events.encoded.count > limit {
      isTooLarge = true
      plain = []
      events = StreamRecording()
    }
  }

  /// The answer as it is stored before it is encoded; nil where it is too large.
  func body(isEvents: Bool) -> [UInt8]? {
    isTooLarge ? nil : isEvents ? events.encoded : plain
  }
}
