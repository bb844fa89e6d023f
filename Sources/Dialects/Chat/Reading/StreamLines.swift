/// Cuts lines out of a stream that comes in pieces, wherever those were cut: of server-sent events, and of objects one a line.
///
/// At most `limit` bytes of an unfinished line are kept. Not to be copied: copies would share what is kept.
struct StreamLines {
  /// Bytes of a line beyond which the stream is given up.
  static let limit = 4 << 20
  private static let keptCapacity = 64 << 10

  private let tail = PaddedBytes()
  private var tailIsTaken = false
  /// The last line ended in CR at the end of a piece: an LF at the begin of the next one belongs to it.
  private var skipsFeed = false
  /// A line was too long.
  private(set) var isOverflown = false

  /// The next whole line without its end; nil once the piece is used up, the rest being kept. Valid until the next call.
  ///
  /// `piece`: the bytes that have come; the same until nil is returned. `start`: where the next line begins; 0 at first.
  mutating func next(in piece: StreamPiece, from start: inout Int) -> UnsafeRawBufferPointer? {
    if tailIsTaken {
      tail.removeAll(keepingCapacity: Self.keptCapacity)
      tailIsTaken = false
    }
    let bytes = piece.bytes
    if skipsFeed, start < bytes.count {
      skipsFeed = false
      if bytes[start] == 0x0a { start += 1 }
    }
    guard !isOverflown, start < bytes.count else { return nil }
    guard let (end, next) = piece.lines.line(from: start) else {
      keep(bytes.part(start..<bytes.count))
      start = bytes.count
      return nil
    }
    let line = bytes.part(start..<end)
    skipsFeed = next == bytes.count && bytes[next - 1] == 0x0d
    start = next
    guard tail.count > 0 else { return line }
    keep(line)
    tailIsTaken = true
    return isOverflown ? nil : kept
  }

  /// What is left behind the last line end, once all pieces have come; nil where that is nothing.
  mutating func last() -> UnsafeRawBufferPointer? {
    guard !tailIsTaken, !isOverflown, tail.count > 0 else { return nil }
    tailIsTaken = true
    return kept
  }

  private var kept: UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(start: tail.baseAddress, count: tail.count)
  }

  private mutating func keep(_ more: UnsafeRawBufferPointer) {
    guard tail.count + more.count <= Self.limit else {
      isOverflown = true
      return
    }
    tail.append(more)
  }
}

/// Bytes of a stream as they came.
struct StreamPiece {
  let bytes: UnsafeRawBufferPointer
  let lines: EventLines

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    lines = EventLines(bytes)
  }
}
