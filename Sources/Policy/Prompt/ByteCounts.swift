/// Bytes of a text that tell something without being read in order: counted many at a time, about a fifth of a nanosecond a byte.
package struct ByteCounts: Sendable, Equatable {
  package private(set) var digits = 0
  /// Runs of question marks.
  package private(set) var questions = 0
  /// Three back-ticks in a row, which open and close code.
  package private(set) var fences = 0
  /// Lines that end as only code does.
  package private(set) var codeLines = 0
  /// Pairs of signs that are rare in prose: `()`, `==`, `!=`, `+=`, `&&`, `::`, `</`, `){`.
  package private(set) var codeMarks = 0
  /// The last two bytes so far.
  private var last: UInt8 = 0
  private var beforeLast: UInt8 = 0

  package init() {}

  /// Code, markup or nested JSON. Once it is so, it stays so, whatever is added.
  package var looksLikeCode: Bool { fences > 0 || codeLines >= 3 || codeMarks >= 3 }

  /// The next piece of the text. Where it is cut makes no difference.
  package mutating func add(_ bytes: UnsafeRawBufferPointer) {
    guard let start = bytes.baseAddress, bytes.count > 0 else { return }
    let text = start.assumingMemoryBound(to: UInt8.self)
    var index = 0
    while index < min(2, bytes.count) {
      addOne(text[index])
      index += 1
    }
    while index + Tally.block <= bytes.count {
      add(Tally(text + index))
      index += Tally.block
    }
    if index > 2 { (beforeLast, last) = (text[index - 2], text[index - 1]) }
    while index < bytes.count {
      addOne(text[index])
      index += 1
    }
  }

  private mutating func addOne(_ byte: UInt8) {
    var tally = Tally()
    tally.add(beforeLast, last, byte)
    add(tally)
    (beforeLast, last) = (last, byte)
  }

  private mutating func add(_ tally: Tally) {
    digits &+= Int(tally.digits)
    questions &+= Int(tally.questions)
    fences &+= Int(tally.fences)
    codeLines &+= Int(tally.codeLines)
    codeMarks &+= Int(tally.codeMarks)
  }
}

/// The counts of one block.
private struct Tally {
  /// Bytes that are counted at once; fewer than a count can hold.
  static let block = 192

  var digits: UInt8 = 0
  var questions: UInt8 = 0
  var fences: UInt8 = 0
  var codeLines: UInt8 = 0
  var codeMarks: UInt8 = 0

  init() {}

  /// Reads two bytes before `start` as well.
  ///
  /// A plain loop of fixed length without a branch, which the compiler turns into vector instructions; Swift's own SIMD types
  /// compare lane by lane.
  @inline(__always)
  init(_ start: UnsafePointer<UInt8>) {
    for index in 0..<Self.block { add(start[index &- 2], start[index &- 1], start[index]) }
  }

  @inline(__always)
  mutating func add(_ beforeLast: UInt8, _ last: UInt8, _ byte: UInt8) {
    digits &+= byte &- 0x30 < 10 ? 1 : 0
    questions &+= Self.has(byte, "?") & ~Self.has(last, "?")
    fences &+= Self.has(byte, "`") & Self.has(last, "`") & Self.has(beforeLast, "`")
    let afterCall = Self.has(beforeLast, ")") & (Self.has(last, ";") | Self.has(last, ":"))
    codeLines &+= Self.has(byte, "\n") & (Self.has(last, "{") | Self.has(last, "}") | afterCall)
    let equals = Self.has(last, "=") & ~Self.has(beforeLast, "=") | Self.has(last, "!") | Self.has(last, "+")
    let twice = (byte == last ? 1 : 0) & (Self.has(byte, "&") | Self.has(byte, ":"))
    let brackets =
      Self.has(last, "(") & Self.has(byte, ")") | Self.has(last, ")") & Self.has(byte, "{")
      | Self.has(last, "<") & Self.has(byte, "/")
    codeMarks &+= Self.has(byte, "=") & equals | twice | brackets
  }

  /// 1 or 0.
  @inline(__always)
  private static func has(_ byte: UInt8, _ sign: Unicode.Scalar) -> UInt8 {
    byte == UInt8(truncatingIfNeeded: sign.value) ? 1 : 0
  }
}
