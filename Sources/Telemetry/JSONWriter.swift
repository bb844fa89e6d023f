import Glibc

/// Writes JSON into memory that its caller owns, without allocating.
///
/// The caller sizes the memory with ``bound(ofString:)`` and ``boundOfInteger``; a write beyond it traps
/// rather than corrupts. Commas are the caller's: they are part of the constant text between values.
struct JSONWriter {
  /// Enough for any `Int64` with its sign.
  static let boundOfInteger = 20

  private let base: UnsafeMutablePointer<UInt8>
  private let capacity: Int
  /// Bytes written so far.
  private(set) var count: Int

  /// Starts at `count` of the memory, which must outlive the writer.
  init(_ memory: UnsafeMutableBufferPointer<UInt8>, count: Int = 0) {
    guard let base = memory.baseAddress else { preconditionFailure("a writer without memory") }
    self.base = base
    self.capacity = memory.count
    self.count = count
  }

  /// The most bytes that a string of that many UTF-8 bytes can take, with its quotes.
  static func bound(ofString bytes: Int) -> Int { 6 * bytes + 2 }

  /// Text that is JSON already.
  @inline(__always)
  mutating func raw(_ text: StaticString) {
    put(text.utf8Start, text.utf8CodeUnitCount)
  }

  @inline(__always)
  mutating func byte(_ byte: UInt8) {
    reserve(1)
    base[count] = byte
    count &+= 1
  }

  mutating func integer(_ value: Int64) {
    if value < 0 { byte(UInt8(ascii: "-")) }
    var rest = value.magnitude
    let digits = Self.digits(in: rest)
    reserve(digits)
    count &+= digits
    var place = count
    while rest >= 10 {
      let (quotient, digit) = rest.quotientAndRemainder(dividingBy: 10)
      place &-= 1
      base[place] = UInt8(truncatingIfNeeded: digit) &+ UInt8(ascii: "0")
      rest = quotient
    }
    base[place &- 1] = UInt8(truncatingIfNeeded: rest) &+ UInt8(ascii: "0")
  }

  /// A quoted string of at most `limit` bytes of the text, cut between code points.
  @inline(__always)
  mutating func string(_ text: borrowing String, limit: Int = .max) {
    let bytes = text.utf8Span.span
    bytes.withUnsafeBufferPointer { string($0, limit: limit) }
  }

  /// A quoted string from bytes that may not be UTF-8: what is not becomes U+FFFD.
  mutating func string(_ bytes: UnsafeBufferPointer<UInt8>, limit: Int = .max) {
    let length = bytes.count > limit ? UTF8Scan.boundary(before: limit, in: bytes) : bytes.count
    byte(UInt8(ascii: "\""))
    reserve(6 &* length)
    var at = 0
    while at < length {
      at &+= plainRun(bytes, from: at, to: length)
      if at < length { at &+= special(bytes, at, end: length) }
    }
    byte(UInt8(ascii: "\""))
  }

  /// Copies what may stand as it is, eight bytes at a time, and returns how many bytes that were.
  ///
  /// A word is stored whole, wherever in it the run ends: six bytes are reserved for each, so there is room.
  @inline(__always)
  private mutating func plainRun(_ bytes: UnsafeBufferPointer<UInt8>, from start: Int, to end: Int) -> Int {
    guard let source = UnsafeRawPointer(bytes.baseAddress) else { return 0 }
    let target = UnsafeMutableRawPointer(base) + count
    var run = 0
    while start &+ run &+ 8 <= end {
      let word = source.loadUnaligned(fromByteOffset: start &+ run, as: UInt64.self)
      target.storeBytes(of: word, toByteOffset: run, as: UInt64.self)
      let plain = UTF8Scan.plainBytes(in: UInt64(littleEndian: word))
      run &+= plain
      if plain < 8 { break }
    }
    while start &+ run < end && UTF8Scan.isPlain(bytes[start &+ run]) {
      target.storeBytes(of: bytes[start &+ run], toByteOffset: run, as: UInt8.self)
      run &+= 1
    }
    count &+= run
    return run
  }

  /// Writes the code point at `at` that is not plain, and returns how many bytes it took.
  private mutating func special(_ bytes: UnsafeBufferPointer<UInt8>, _ at: Int, end: Int) -> Int {
    let byte = bytes[at]
    if byte < 0x80 {
      escapeASCII(byte)
      return 1
    }
    let length = UTF8Scan.sequenceLength(in: bytes, at: at, end: end)
    guard length > 0, let start = bytes.baseAddress else {
      raw("\u{FFFD}")
      return 1
    }
    put(start + at, length)
    return length
  }

  private mutating func escapeASCII(_ byte: UInt8) {
    switch byte {
    case UInt8(ascii: "\""): raw("\\\"")
    case UInt8(ascii: "\\"): raw("\\\\")
    case UInt8(ascii: "\n"): raw("\\n")
    case UInt8(ascii: "\r"): raw("\\r")
    case UInt8(ascii: "\t"): raw("\\t")
    default:
      raw("\\u00")
      self.byte(Self.hexadecimal(byte >> 4))
      self.byte(Self.hexadecimal(byte & 15))
    }
  }

  @inline(__always)
  mutating func put(_ bytes: UnsafePointer<UInt8>, _ length: Int) {
    reserve(length)
    memcpy(base + count, bytes, length)
    count &+= length
  }

  @inline(__always)
  private func reserve(_ length: Int) {
    precondition(length <= capacity &- count, "the line is longer than its bound")
  }

  private static func hexadecimal(_ nibble: UInt8) -> UInt8 {
    nibble < 10 ? nibble + UInt8(ascii: "0") : nibble - 10 + UInt8(ascii: "a")
  }

  private static func digits(in value: UInt64) -> Int {
    var digits = 1
    var limit: UInt64 = 10
    while digits < 20 && value >= limit {
      digits &+= 1
      limit = limit &* 10
    }
    return digits
  }
}
