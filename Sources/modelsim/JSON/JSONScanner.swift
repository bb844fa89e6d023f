/// What makes a text no JSON, and where (byte offset).
struct JSONError: Error, Equatable {
  var offset: Int
  var reason: String
}

/// Walks over JSON in place: strict (RFC 8259), one pass, nothing allocated.
///
/// Each method starts at the cursor and leaves it behind what it read. The buffer must outlive the scanner.
struct JSONScanner {
  let bytes: UnsafeRawBufferPointer
  private(set) var offset = 0
  private var depth = 0

  static let deepest = 128

  init(_ bytes: UnsafeRawBufferPointer) {
    self.bytes = bytes
  }

  /// A string in the text: the bytes between its quotes, and how long they are once unescaped.
  struct Text {
    var range: Range<Int>
    var decodedCount: Int
    var hasEscapes: Bool { range.count != decodedCount }
  }

  func failure(_ reason: String) -> JSONError {
    JSONError(offset: offset, reason: reason)
  }

  mutating func advance(by count: Int = 1) {
    offset += count
  }

  /// The next byte that is no white space, not consumed; 0 at the end.
  @inline(__always)
  mutating func peek() -> UInt8 {
    while offset < bytes.count {
      let byte = bytes[offset]
      if byte > 0x20 { return byte }
      guard byte == 0x20 || byte == 0x0A || byte == 0x0D || byte == 0x09 else { return byte }
      offset += 1
    }
    return 0
  }

  /// Consumes `byte` after white space, or fails.
  @inline(__always)
  mutating func expect(_ byte: UInt8) throws(JSONError) {
    guard peek() == byte, offset < bytes.count else {
      throw failure("expected '\(Character(Unicode.Scalar(byte)))'")
    }
    offset += 1
  }

  /// Fails unless nothing but white space is left.
  mutating func end() throws(JSONError) {
    guard peek() == 0, offset == bytes.count else { throw failure("unexpected text after the value") }
  }

  /// Enters an object and calls `member` for each key, the cursor before its value, which `member` must consume.
  @inline(__always)
  mutating func object(
    _ member: (inout JSONScanner, Text) throws(JSONError) -> Void
  ) throws(JSONError) {
    try expect(UInt8(ascii: "{"))
    try descend()
    defer { depth -= 1 }
    if peek() == UInt8(ascii: "}") {
      offset += 1
      return
    }
    while true {
      let key = try string()
      try expect(UInt8(ascii: ":"))
      try member(&self, key)
      if peek() == UInt8(ascii: ",") {
        offset += 1
        continue
      }
      return try expect(UInt8(ascii: "}"))
    }
  }

  /// Enters an array and calls `element` before each element, which `element` must consume.
  @inline(__always)
  mutating func array(_ element: (inout JSONScanner) throws(JSONError) -> Void) throws(JSONError) {
    try expect(UInt8(ascii: "["))
    try descend()
    defer { depth -= 1 }
    if peek() == UInt8(ascii: "]") {
      offset += 1
      return
    }
    while true {
      try element(&self)
      if peek() == UInt8(ascii: ",") {
        offset += 1
        continue
      }
      return try expect(UInt8(ascii: "]"))
    }
  }

  private mutating func descend() throws(JSONError) {
    depth += 1
    if depth > Self.deepest { throw failure("nested too deeply") }
  }

  mutating func string() throws(JSONError) -> Text {
    try expect(UInt8(ascii: "\""))
    let start = offset
    var shrunk = 0
    while offset < bytes.count {
      if offset + 8 <= bytes.count, isPlain(bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) {
        offset += 8
        continue
      }
      let byte = bytes[offset]
      if byte == UInt8(ascii: "\"") {
        let range = start..<offset
        offset += 1
        return Text(range: range, decodedCount: range.count - shrunk)
      }
      guard byte >= 0x20 else { throw failure("control character in a string") }
      if byte == UInt8(ascii: "\\") {
        shrunk += try escape()
      } else {
        offset += 1
      }
    }
    throw failure("string without an end")
  }

  /// Whether none of eight bytes is a quote, a backslash or below 0x20 (bytes above 0x7F are plain).
  @inline(__always)
  private func isPlain(_ word: UInt64) -> Bool {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones &* 0x22)
    let slashes = word ^ (ones &* 0x5C)
    let special =
      (quotes &- ones) & ~quotes | (slashes &- ones) & ~slashes | (word &- ones &* 0x20) & ~word
    return special & (ones &* 0x80) == 0
  }

  /// Consumes one escape; how many bytes fewer it is once decoded (in UTF-8; half of a surrogate pair counts 2).
  private mutating func escape() throws(JSONError) -> Int {
    guard offset + 1 < bytes.count else { throw failure("string without an end") }
    switch bytes[offset + 1] {
    case UInt8(ascii: "\""), UInt8(ascii: "\\"), UInt8(ascii: "/"), UInt8(ascii: "b"), UInt8(ascii: "f"),
      UInt8(ascii: "n"), UInt8(ascii: "r"), UInt8(ascii: "t"):
      offset += 2
      return 1
    case UInt8(ascii: "u"):
      guard offset + 6 <= bytes.count, let unit = hexadecimal(at: offset + 2) else {
        throw failure("bad \\u escape")
      }
      offset += 6
      if unit < 0x80 { return 5 }
      return unit < 0x800 || (0xD800...0xDFFF).contains(unit) ? 4 : 3
    default: throw failure("unknown escape")
    }
  }

  /// The four hexadecimal digits at `start`.
  func hexadecimal(at start: Int) -> UInt32? {
    var unit: UInt32 = 0
    for byte in bytes[start..<start + 4] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue else { return nil }
      unit = unit << 4 | UInt32(digit)
    }
    return unit
  }
}
