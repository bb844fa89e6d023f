/// Cuts server-sent events out of a stream that comes in pieces, wherever those were cut.
///
/// After the standard (HTML, 9.2.6), except that an event may also end with the stream. Not to be copied.
struct EventSplitter {
  private static let keptCapacity = 64 << 10

  /// The data of the event that was found last, its lines joined by line feeds; what a parser reads.
  let data = PaddedBytes(capacity: 4 << 10)
  private var lines = StreamLines()
  private var hasData = false
  private var isTaken = false
  private var isFirstLine = true
  private var isTooLong = false

  /// An event was too long to be kept.
  var isOverflown: Bool { isTooLong || lines.isOverflown }

  /// Looks for the next event with data, which is in `data` until the next call; false once the piece is used up.
  mutating func next(in piece: StreamPiece, from start: inout Int) -> Bool {
    forgetTaken()
    while let line = lines.next(in: piece, from: &start) {
      if line.count > 0 {
        take(line)
      } else if hasData {
        isTaken = true
        return !isOverflown
      }
    }
    return false
  }

  /// Whether the stream ended in an event that lacks its blank line; it is in `data`, and may be cut.
  mutating func last() -> Bool {
    forgetTaken()
    if let line = lines.last() { take(line) }
    return hasData && !isOverflown
  }

  private mutating func forgetTaken() {
    guard isTaken else { return }
    data.removeAll(keepingCapacity: Self.keptCapacity)
    (hasData, isTaken) = (false, false)
  }

  /// Names of events say nothing that their data doesn't.
  private mutating func take(_ line: UnsafeRawBufferPointer) {
    var line = line
    if isFirstLine, line.has("\u{feff}", at: 0) { line = line.part(3..<line.count) }
    isFirstLine = false
    guard line.has("data", at: 0), line.count == 4 || line[4] == 0x3a else { return }
    if hasData { data.append("\n") }
    hasData = true
    guard line.count > 5 else { return }
    let value = line.part((line[5] == 0x20 ? 6 : 5)..<line.count)
    guard data.count + value.count <= StreamLines.limit else {
      isTooLong = true
      return
    }
    data.append(value)
  }

  /// Whether `data` is just this text.
  func dataIs(_ text: StaticString) -> Bool {
    data.count == text.utf8CodeUnitCount && data.withUnsafeBytes { $0.has(text, at: 0) }
  }
}
