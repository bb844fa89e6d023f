/// Reads a head line by line, wherever the input is cut. It remembers how far it has looked, so that each byte is
/// looked at once or twice, and refuses a bad line as soon as that line is complete.
///
/// A line ends in CRLF only; the parts of each line are in `HeadParts+RequestLine.swift` and `HeadParts+Fields.swift`.
struct HeadMachine {
  enum Outcome {
    case incomplete
    /// The first `length` bytes are the head that `parts` tells of.
    case complete(length: Int)
    case failed(HTTP1ParseError)
  }

  /// What was read so far.
  private(set) var parts = HeadParts()
  private var framing = HeadParts.Framing()
  private var hasRequestLine = false
  private var sawEmptyLine = false
  /// Offset of the line that is being read.
  private var lineStart = 0
  /// Offset of the first byte that was not looked at.
  private var searched = 0

  /// Whether nothing of a head was seen.
  var isIdle: Bool { searched == 0 }

  /// Reads on. `bytes` begin where they began at the last call and have grown; not to be called after an
  /// outcome other than `.incomplete`.
  mutating func read(_ bytes: ByteRun, limits: HTTP1Limits) -> Outcome {
    do {
      if searched == 0, !bytes.isEmpty { try checkFirst(bytes[0]) }
      while let lineFeed = bytes.offset(of: HTTPBytes.lineFeed, from: searched) {
        searched = lineFeed &+ 1
        try checkSize(lineFeed &+ 1, limits)
        let isLast = try take(bytes, lineFeed: lineFeed, limits: limits)
        lineStart = lineFeed &+ 1
        if isLast { return try finish(bytes, length: lineStart) }
      }
      searched = bytes.count
      try checkSize(bytes.count, limits)
      return .incomplete
    } catch {
      return .failed(error)
    }
  }

  /// Tells at once, before any line end, when something else than HTTP is spoken (TLS starts with 0x16).
  private func checkFirst(_ byte: UInt8) throws(HTTP1ParseError) {
    let mayStart = HTTPBytes.isToken(byte) || byte == HTTPBytes.carriageReturn || byte == HTTPBytes.lineFeed
    if !mayStart { throw HTTP1ParseError(byte == HTTPBytes.space ? .requestLine : .notHTTP) }
  }

  /// `end` is the offset behind the line, or behind all there is of it.
  private func checkSize(_ end: Int, _ limits: HTTP1Limits) throws(HTTP1ParseError) {
    if !hasRequestLine, end &- lineStart > limits.maxTarget &+ HeadParts.requestLineOverhead {
      throw HTTP1ParseError(.targetTooLong)
    }
    if end > limits.maxHead { throw HTTP1ParseError(.headTooLarge) }
  }

  /// Takes the line that starts at `lineStart`. Returns whether it was the empty line that ends the head.
  private mutating func take(
    _ bytes: ByteRun, lineFeed: Int, limits: HTTP1Limits
  ) throws(HTTP1ParseError) -> Bool {
    let end = lineFeed &- 1
    guard end >= lineStart, bytes[end] == HTTPBytes.carriageReturn else {
      throw HTTP1ParseError(.bareLineFeed)
    }
    if !hasRequestLine {
      try takeFirst(bytes, end: end, limits: limits)
    } else if end == lineStart {
      return true
    } else {
      if parts.fields.count == limits.maxHeaders { throw HTTP1ParseError(.tooManyHeaders) }
      try parts.takeField(bytes, from: lineStart, to: end, framing: &framing)
    }
    return false
  }

  /// One empty line before the request line is tolerated (RFC 9112 §2.2).
  private mutating func takeFirst(
    _ bytes: ByteRun, end: Int, limits: HTTP1Limits
  ) throws(HTTP1ParseError) {
    if end == lineStart {
      if sawEmptyLine { throw HTTP1ParseError(.emptyLines) }
      sawEmptyLine = true
    } else {
      try parts.takeRequestLine(
        bytes, from: lineStart, to: end, maxTarget: limits.maxTarget, framing: &framing)
      hasRequestLine = true
    }
  }

  private mutating func finish(
    _ bytes: ByteRun, length: Int
  ) throws(HTTP1ParseError) -> Outcome {
    try parts.finish(bytes, framing)
    return .complete(length: length)
  }
}
