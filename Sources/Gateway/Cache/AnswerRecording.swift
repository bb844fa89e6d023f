import Policy

/// Keeps what an attempt passes on: so that it can be stored, up to a limit, and so that others can be sent a stream as it comes.
///
/// Pieces of a stream are counted from 0. Each is a run of whole events, unless one event is very long. Confined to a loop.
final class AnswerRecording {
  private struct Piece {
    /// Bytes of the whole answer up to its end.
    let end: Int
    /// Milliseconds.
    let offset: Int64
    /// It ends within an event.
    var isOpen = false
  }

  /// Bytes that a piece takes besides its own, about: here, and stored.
  private static let overhead = 16

  /// Bytes of an answer that can be stored, with what describes it.
  let limit: Int
  private var bytes: [UInt8] = []
  private var pieces: [Piece] = []
  private var forgotten = (pieces: 0, bytes: 0)
  /// It can't be stored.
  private(set) var isTooLarge = false
  /// What can't be stored is kept too, until it is forgotten.
  var isFollowed = false

  init(limit: Int) { self.limit = limit }

  /// Takes bytes of an answer that is either all events or none; `offset` in milliseconds.
  func take(_ more: UnsafeRawBufferPointer, isEvents: Bool, at offset: Int64) {
    guard !isTooLarge || isFollowed, !more.isEmpty else { return }
    bytes += more
    if isEvents { pieces.append(Piece(end: forgotten.bytes + bytes.count, offset: offset)) }
    if bytes.count + pieces.count * Self.overhead > limit { isTooLarge = true }
    if isTooLarge, !isFollowed { (bytes, pieces) = ([], []) }
  }

  /// Whether the last piece ends within an event. To be said before the piece is read.
  func noteEnd(isWithinEvent: Bool) {
    guard !pieces.isEmpty else { return }
    pieces[pieces.count - 1].isOpen = isWithinEvent
  }

  /// The answer as it is stored before it is encoded; nil where it is too large.
  func body(isEvents: Bool) -> [UInt8]? {
    guard !isTooLarge else { return nil }
    guard isEvents else { return bytes }
    var stream = StreamRecording()
    bytes.withUnsafeBytes { bytes in
      var start = 0
      for piece in pieces {
        stream.append(UnsafeRawBufferPointer(rebasing: bytes[start..<piece.end]), at: piece.offset)
        start = piece.end
      }
    }
    return stream.encoded.count > limit ? nil : stream.encoded
  }

  /// Lends the answer as it came; nil where it is too large.
  func withBytes<Value>(_ body: (UnsafeRawBufferPointer) -> Value) -> Value? {
    isTooLarge ? nil : bytes.withUnsafeBytes { body($0) }
  }

  // MARK: For those who follow

  /// Pieces that have come, the forgotten ones too.
  var count: Int { forgotten.pieces + pieces.count }

  /// Bytes from the begin of a piece to the end of the last.
  func size(from piece: Int) -> Int { forgotten.bytes + bytes.count - start(of: piece) }

  private func start(of piece: Int) -> Int {
    precondition(piece >= forgotten.pieces && piece <= count, "piece \(piece) of \(count) is not kept")
    return piece == forgotten.pieces ? forgotten.bytes : pieces[piece - forgotten.pieces - 1].end
  }

  /// Hands out pieces from `first` on, which must have come: as many as `most` bytes hold, and one at least. Answers which piece is
  /// next, and whether it goes on with an event.
  func read(from first: Int, most: Int, _ out: (UnsafeRawBufferPointer) -> Void)
    -> (next: Int, isWithinEvent: Bool)
  {
    let start = start(of: first)
    var last = first - forgotten.pieces
    while last + 1 < pieces.count, pieces[last + 1].end - start <= most { last += 1 }
    let range = (start - forgotten.bytes)..<(pieces[last].end - forgotten.bytes)
    bytes.withUnsafeBytes { out(UnsafeRawBufferPointer(rebasing: $0[range])) }
    return (forgotten.pieces + last + 1, pieces[last].isOpen)
  }

  /// Nobody will read what comes before this piece, nor is it to be stored. It goes once it is half of what is kept, so that moving
  /// the rest costs little.
  func forget(before piece: Int) {
    let size = start(of: piece) - forgotten.bytes
    guard size > 0, size * 2 >= bytes.count else { return }
    // Copies: an array that loses its first elements keeps their memory.
    bytes = Array(bytes[size...])
    pieces = Array(pieces[(piece - forgotten.pieces)...])
    forgotten = (piece, forgotten.bytes + size)
  }
}
