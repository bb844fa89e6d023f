/// Looks at bytes that should be UTF-8 and may not be.
enum UTF8Scan {
  /// ASCII without controls, `"` and `\`: what may stand in a JSON string as it is.
  @inline(__always)
  static func isPlain(_ byte: UInt8) -> Bool {
    byte >= 0x20 && byte < 0x80 && byte != UInt8(ascii: "\"") && byte != UInt8(ascii: "\\")
  }

  /// How many of the eight bytes, from the lowest on, are plain.
  ///
  /// The usual word tests for "some byte is zero" and "some byte is below n". A borrow can only mark bytes
  /// above a marked one, so the lowest mark is always true.
  @inline(__always)
  static func plainBytes(in word: UInt64) -> Int {
    let ones: UInt64 = 0x0101_0101_0101_0101
    let quotes = word ^ (ones &* 0x22)
    let slashes = word ^ (ones &* 0x5C)
    let controls = (word &- ones &* 0x20) & ~word
    let found = ((quotes &- ones) & ~quotes) | ((slashes &- ones) & ~slashes) | controls | word
    return (found & (ones &* 0x80)).trailingZeroBitCount / 8
  }

  /// The length of the well-formed sequence of 2 to 4 bytes at `at` and before `end`, or 0 (Unicode 15,
  /// table 3-7).
  static func sequenceLength(in bytes: UnsafeBufferPointer<UInt8>, at: Int, end: Int) -> Int {
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
    guard at + length <= end, second.contains(bytes[at + 1]) else { return 0 }
    return (at + 2..<at + length).allSatisfy { bytes[$0] & 0xC0 == 0x80 } ? length : 0
  }

  /// The last place at or before `limit` where a code point starts; `limit` must be below the count.
  static func boundary(before limit: Int, in bytes: UnsafeBufferPointer<UInt8>) -> Int {
    var at = limit
    while at > 0 && at > limit - 3 && bytes[at] & 0xC0 == 0x80 { at -= 1 }
    return at
  }
}
