/// Looks at bytes that should be UTF-8 and may not be.
enum UTF8Scan {
  /// How many bytes from `start` on may stand in a JSON string as they are: ASCII without controls, `"` and `\`.
  ///
  /// Eight at a time; the word tests are the usual ones for "some byte is zero" and "some byte is below n".
  static func plainRun(in bytes: UnsafeBufferPointer<UInt8>, from start: Int) -> Int {
    guard let base = UnsafeRawPointer(bytes.baseAddress) else { return 0 }
    var at = start
    while at &+ 8 <= bytes.count {
      let word = UInt64(littleEndian: base.loadUnaligned(fromByteOffset: at, as: UInt64.self))
      let marks = Self.marks(word)
      if marks != 0 { return at &- start &+ marks.trailingZeroBitCount / 8 }
      at &+= 8
    }
    while at < bytes.count && isPlain(bytes[at]) { at &+= 1 }
    return at &- start
  }

  /// The length of the well-formed sequence of 2 to 4 bytes at `at`, or 0 (Unicode 15, table 3-7).
  static func sequenceLength(in bytes: UnsafeBufferPointer<UInt8>, at: Int) -> Int {
    let second: ClosedRange<UInt8>
    let length: Int
    switch bytes[at] {
    case 0xC2...0xDF: (length, second) = (2, 0x80...0xBF)
    case 0xE0: (length, second) = (3, 0xA0...0xBF)
    case 0xED: (length, second) = (3, 0x80...0x9F)
    case 0xE1...0xEF: (length, second) = (3, 0x80...0xBF)
    case 0xF0: (length, second) = (4, 0x90...0xBF)
    case 0xF1...0xF3: (length, second) = (4, 0x80...0xBF)
    case 0xF4: (length, second) = (4, 0x80...0x8F)
    default: return 0
    }
    guard at + length <= bytes.count, second.contains(bytes[at + 1]) else { return 0 }
    return (at + 2..<at + length).allSatisfy { bytes[$0] & 0xC0 == 0x80 } ? length : 0
  }

  /// The last place at or before `limit` where a code point starts; `limit` must be below the count.
  static func boundary(before limit: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var at = limit
    while at > 0 && at > limit - 3 && bytes[at] & 0xC0 == 0x80 { at -= 1 }
    return at
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// The high bit of each byte that is not plain. A borrow can only mark bytes above a marked one, so the lowest
  /// mark is always true.
  private static func marks(_ word: UInt64) -> UInt64 {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones &* 0x22)
    let slashes = word ^ (ones &* 0x5C)
    let controls = (word &- ones &* 0x20) & ~word
    let found = ((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes) | controls | word
    return found & (ones &* 0x80)
  }
}
