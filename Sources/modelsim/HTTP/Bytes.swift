import Glibc

extension UnsafeRawBufferPointer {
  /// Where `needle`, which must not be empty, first stands at or behind `start`.
  func offset(of needle: StaticString, from start: Int = 0) -> Int? {
    guard let base = baseAddress else { return nil }
    let count = needle.utf8CodeUnitCount
    var offset = start
    while offset + count <= self.count,
      let found = memchr(base + offset, CInt(needle.utf8Start[0]), self.count - offset - count + 1)
    {
      offset = UnsafeRawPointer(found) - base
      if memcmp(base + offset, needle.utf8Start, count) == 0 { return offset }
      offset += 1
    }
    return nil
  }

  @inline(__always)
  func equals(_ text: StaticString) -> Bool {
    guard let base = baseAddress, count == text.utf8CodeUnitCount else { return false }
    return memcmp(base, text.utf8Start, count) == 0
  }

  /// Whether these bytes are `text`, which must be in lower case, ASCII case ignored.
  @inline(__always)
  func equalsIgnoringCase(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount else { return false }
    for index in 0..<count where lowered(self[index]) != text.utf8Start[index] { return false }
    return true
  }
}

/// `byte` in lower case if it is an ASCII letter.
@inline(__always)
func lowered(_ byte: UInt8) -> UInt8 {
  byte >= 0x41 && byte <= 0x5A ? byte | 0x20 : byte
}
