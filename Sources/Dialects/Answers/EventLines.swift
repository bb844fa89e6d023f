/// Lines of server-sent events, ended by LF, CR LF or CR.
struct EventLines {
  private let bytes: UnsafeRawBufferPointer
  private let hasReturns: Bool

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
    hasReturns = bytes.firstIndex(of: 0x0d, from: 0) != nil
  }

  /// The line that begins at `start`: where its text ends and where the next one begins; nil for an unended
  /// line.
  ///
  /// A CR at the very end counts as a whole line end; its LF may still come.
  func line(from start: Int) -> (end: Int, next: Int)? {
    let feed = bytes.firstIndex(of: 0x0a, from: start)
    guard hasReturns else { return feed.map { ($0, $0 + 1) } }
    let limited = bytes.part(0..<(feed ?? bytes.count))
    guard let end = limited.firstIndex(of: 0x0d, from: start) else { return feed.map { ($0, $0 + 1) } }
    return (end, feed == end + 1 ? end + 2 : end + 1)
  }

  /// Behind the blank line that ends the event around `start`; nil where it has not come.
  ///
  /// `start` is the begin of a line where `atLineStart`, else the middle of one.
  func endOfEvent(from start: Int, atLineStart: Bool) -> Int? {
    var (start, canBeBlank) = (start, atLineStart)
    while let (end, next) = line(from: start) {
      if canBeBlank, end == start { return next }
      (start, canBeBlank) = (next, true)
    }
    return nil
  }
}
