/// Character classes and word-at-a-time searches over the bytes of a head (RFC 9110 §5.6.2, RFC 9112 §3).
enum HTTPBytes {
  static let tab: UInt8 = 0x09
  static let lineFeed: UInt8 = 0x0A
  static let carriageReturn: UInt8 = 0x0D
  static let space: UInt8 = 0x20

  private static let ones: UInt64 = 0x0101_0101_0101_0101
  private static let highBits: UInt64 = 0x8080_8080_8080_8080

  /// Whether `byte` may stand in a token: letters, digits and ``!#$%&'*+-.^_`|~``.
  @inline(__always)
  static func isToken(_ byte: UInt8) -> Bool {
    isMember(byte, low: 0x03FF_6CFA_0000_0000, high: 0x57FF_FFFF_C7FF_FFFE)
  }

  /// Whether `byte` may stand in the authority of an http address without user name: host, brackets, port.
  @inline(__always)
  static func isAuthority(_ byte: UInt8) -> Bool {
    isMember(byte, low: 0x2FFF_6FF2_0000_0000, high: 0x47FF_FFFE_AFFF_FFFE)
  }

  /// `low` has a bit for each of the bytes 0–63, `high` for 64–127.
  @inline(__always)
  private static func isMember(_ byte: UInt8, low: UInt64, high: UInt64) -> Bool {
    let half = byte & 0x40 == 0 ? low : high
    return byte < 0x80 && half &>> UInt64(byte & 0x3F) & 1 == 1
  }

  /// Makes the ASCII capitals of eight bytes small and leaves every other byte as it is. (Setting the bit 0x20
  /// everywhere would make a CR into a hyphen.)
  @inline(__always)
  static func lowercased(_ word: UInt64) -> UInt64 {
    let low = word & ~highBits
    let fromA = low &+ ones &* (0x80 - 0x41)
    let beyondZ = low &+ ones &* (0x80 - 0x5B)
    return word | (fromA & ~beyondZ & ~word & highBits) &>> 2
  }

  @inline(__always)
  static func lowercased(_ byte: UInt8) -> UInt8 {
    byte &- 0x41 < 26 ? byte | 0x20 : byte
  }

  /// High bits are set if and only if some byte is below `limit` (at most 0x80); which bits they are means nothing.
  @inline(__always)
  private static func below(_ limit: UInt64, in word: UInt64) -> UInt64 {
    (word &- ones &* limit) & ~word & highBits
  }

  /// High bits are set if and only if some byte is `byte`; the lowest of them is that of the first.
  @inline(__always)
  static func matches(_ byte: UInt8, in word: UInt64) -> UInt64 {
    below(1, in: word ^ ones &* UInt64(byte))
  }

  @inline(__always)
  static func isBlank(_ byte: UInt8) -> Bool {
    byte == space || byte == tab
  }

  /// Whether `bytes` may be a field value: no control character but HTAB. Bytes from 0x80 are let through.
  @inline(__always)
  static func isValue(_ bytes: ByteRun) -> Bool {
    allSatisfy(bytes) {
      below(0x20, in: $0) | matches(0x7F, in: $0) == 0
    } slow: {
      $0 >= 0x20 && $0 != 0x7F || $0 == tab
    }
  }

  /// Whether `bytes` are visible ASCII without `#`, as a request target is.
  @inline(__always)
  static func isTarget(_ bytes: ByteRun) -> Bool {
    allSatisfy(bytes) {
      below(0x21, in: $0) | matches(0x7F, in: $0) | matches(0x23, in: $0) | $0 & highBits == 0
    } slow: {
      $0 > 0x20 && $0 < 0x7F && $0 != 0x23
    }
  }

  /// Whether `bytes` are a non-empty token. Most have letters and hyphens only.
  @inline(__always)
  static func isToken(_ bytes: ByteRun) -> Bool {
    !bytes.isEmpty
      && allSatisfy(bytes) {
        lettersAndHyphens(in: $0) == highBits
      } slow: {
        isToken($0)
      }
  }

  /// Asks `fast` about eight bytes at a time and `slow` about each byte of a word that `fast` does not clear. The
  /// last word overlaps the one before.
  @inline(__always)
  private static func allSatisfy(
    _ bytes: ByteRun, fast: (UInt64) -> Bool, slow: (UInt8) -> Bool
  ) -> Bool {
    let last = bytes.count &- 8
    guard last >= 0 else { return allSatisfy(bytes, from: 0, slow) }
    var index = 0
    while index < last {
      if !fast(bytes.word(at: index)) { return allSatisfy(bytes, from: index, slow) }
      index &+= 8
    }
    return fast(bytes.word(at: last)) || allSatisfy(bytes, from: last, slow)
  }

  @inline(__always)
  private static func allSatisfy(_ bytes: ByteRun, from start: Int, _ slow: (UInt8) -> Bool) -> Bool {
    var index = start
    while index < bytes.count {
      if !slow(bytes[index]) { return false }
      index &+= 1
    }
    return true
  }

  /// The high bit of each byte that is an ASCII letter or a hyphen.
  @inline(__always)
  private static func lettersAndHyphens(in word: UInt64) -> UInt64 {
    let small = (word | ones &* 0x20) & ~highBits
    let letter = (small &+ ones &* (0x80 - 0x61)) & ~(small &+ ones &* (0x80 - 0x7B))
    let hyphen = ~(((word ^ ones &* 0x2D) & ~highBits) &+ ones &* 0x7F)
    return (letter | hyphen) & ~word & highBits
  }
}
