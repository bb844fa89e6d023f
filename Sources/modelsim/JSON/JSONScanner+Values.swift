extension JSONScanner {
  /// Consumes any one value and returns where it stood.
  @discardableResult
  mutating func skip() throws(JSONError) -> Range<Int> {
    let first = peek()
    let start = offset
    switch first {
    case UInt8(ascii: "\""): _ = try string()
    case UInt8(ascii: "{"): try object { scanner, _ throws(JSONError) in try scanner.skip() }
    case UInt8(ascii: "["): try array { scanner throws(JSONError) in try scanner.skip() }
    case UInt8(ascii: "t"): try word("true")
    case UInt8(ascii: "f"): try word("false")
    case UInt8(ascii: "n"): try word("null")
    default: _ = try number()
    }
    return start..<offset
  }

  /// Consumes true or false; nil (and any other value consumed) if it is neither.
  mutating func boolean() throws(JSONError) -> Bool? {
    switch peek() {
    case UInt8(ascii: "t"):
      try word("true")
      return true
    case UInt8(ascii: "f"):
      try word("false")
      return false
    default:
      try skip()
      return nil
    }
  }

  /// Consumes a value; the number if it is an integer, else nil.
  mutating func integer() throws(JSONError) -> Int? {
    let first = peek()
    guard first == UInt8(ascii: "-") || isDigit(first) else {
      try skip()
      return nil
    }
    let range = try number()
    return Int(String(decoding: bytes[range], as: UTF8.self))
  }

  mutating func number() throws(JSONError) -> Range<Int> {
    _ = peek()
    let start = offset
    take(UInt8(ascii: "-"))
    if !take(UInt8(ascii: "0")) { try digits() }
    if take(UInt8(ascii: ".")) { try digits() }
    if take(UInt8(ascii: "e")) || take(UInt8(ascii: "E")) {
      if !take(UInt8(ascii: "+")) { take(UInt8(ascii: "-")) }
      try digits()
    }
    return start..<offset
  }

  private mutating func digits() throws(JSONError) {
    guard offset < bytes.count, isDigit(bytes[offset]) else { throw failure("expected a value") }
    while offset < bytes.count, isDigit(bytes[offset]) { advance() }
  }

  @discardableResult
  private mutating func take(_ byte: UInt8) -> Bool {
    guard offset < bytes.count, bytes[offset] == byte else { return false }
    advance()
    return true
  }

  private func isDigit(_ byte: UInt8) -> Bool {
    byte >= UInt8(ascii: "0") && byte <= UInt8(ascii: "9")
  }

  private mutating func word(_ word: StaticString) throws(JSONError) {
    let count = word.utf8CodeUnitCount
    guard offset + count <= bytes.count, matches(offset..<offset + count, word) else {
      throw failure("expected \(word)")
    }
    advance(by: count)
  }

  /// Whether the bytes of `range` are those of `word`.
  @inline(__always)
  func matches(_ range: Range<Int>, _ word: StaticString) -> Bool {
    guard range.count == word.utf8CodeUnitCount else { return false }
    for index in 0..<range.count where bytes[range.lowerBound + index] != word.utf8Start[index] {
      return false
    }
    return true
  }

  /// The string that `text` stands for, escapes resolved.
  func decoded(_ text: Text) -> String {
    let raw = bytes[text.range]
    guard text.hasEscapes else { return String(decoding: raw, as: UTF8.self) }
    var units: [UInt8] = []
    var index = text.range.lowerBound
    while index < text.range.upperBound {
      if bytes[index] == UInt8(ascii: "\\") {
        index += unescape(at: index, into: &units)
      } else {
        units.append(bytes[index])
        index += 1
      }
    }
    return String(decoding: units, as: UTF8.self)
  }

  /// Appends what the escape at `index` stands for; how many bytes it took.
  private func unescape(at index: Int, into units: inout [UInt8]) -> Int {
    switch bytes[index + 1] {
    case UInt8(ascii: "b"): units.append(0x08)
    case UInt8(ascii: "f"): units.append(0x0C)
    case UInt8(ascii: "n"): units.append(0x0A)
    case UInt8(ascii: "r"): units.append(0x0D)
    case UInt8(ascii: "t"): units.append(0x09)
    case UInt8(ascii: "u"): return unicode(at: index, into: &units)
    default: units.append(bytes[index + 1])
    }
    return 2
  }

  private func unicode(at index: Int, into units: inout [UInt8]) -> Int {
    let high = hexadecimal(at: index + 2) ?? 0xFFFD
    if (0xD800..<0xDC00).contains(high), index + 12 <= bytes.count, bytes[index + 6] == UInt8(ascii: "\\"),
      let low = hexadecimal(at: index + 8), (0xDC00...0xDFFF).contains(low),
      let scalar = Unicode.Scalar(0x10000 + ((high - 0xD800) << 10) + (low - 0xDC00))
    {
      units.append(contentsOf: Array(String(scalar).utf8))
      return 12
    }
    units.append(contentsOf: Array(String(Unicode.Scalar(high) ?? "\u{FFFD}").utf8))
    return 6
  }
}
