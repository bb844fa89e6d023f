import Glibc

extension UnsafeRawBufferPointer {
  /// The offset of the first `byte` at or after `start`, or nil.
  @inline(__always)
  func offset(of byte: UInt8, from start: Int = 0) -> Int? {
    guard start < count, let base = baseAddress else { return nil }
    guard let found = memchr(base + start, Int32(byte), count &- start) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// A part of these bytes; the range must lie within them.
  @inline(__always)
  func part(_ start: Int, _ end: Int) -> UnsafeRawBufferPointer {
    UnsafeRawBufferPointer(rebasing: self[start..<end])
  }

  /// Without spaces and tabs at either end.
  @inline(__always)
  var trimmed: UnsafeRawBufferPointer {
    var start = 0
    var end = count
    while start < end, self[start] == HTTPBytes.space || self[start] == HTTPBytes.tab { start &+= 1 }
    while end > start, self[end &- 1] == HTTPBytes.space || self[end &- 1] == HTTPBytes.tab { end &-= 1 }
    return part(start, end)
  }

  /// Byte for byte.
  @inline(__always)
  func equals(_ text: StaticString) -> Bool {
    guard count == text.utf8CodeUnitCount, let base = baseAddress else {
      return count == text.utf8CodeUnitCount
    }
    return memcmp(base, text.utf8Start, count) == 0
  }

  /// Byte for byte, but that ASCII letters may be capital here; `text` has none.
  @inline(__always)
  func equalsIgnoringCase(_ text: StaticString) -> Bool {
    let length = text.utf8CodeUnitCount
    guard count == length, let base = baseAddress else { return false }
    let other = UnsafeRawPointer(text.utf8Start)
    if length < 8 {
      for index in 0..<length
      where HTTPBytes.lowercased(self[index]) != other.load(fromByteOffset: index, as: UInt8.self) {
        return false
      }
      return true
    }
    var index = 0
    while index &+ 8 < length {
      if !sameWord(base + index, other + index) { return false }
      index &+= 8
    }
    return sameWord(base + (length &- 8), other + (length &- 8))
  }

  @inline(__always)
  private func sameWord(_ mixed: UnsafeRawPointer, _ small: UnsafeRawPointer) -> Bool {
    HTTPBytes.lowercased(mixed.loadUnaligned(as: UInt64.self)) == small.loadUnaligned(as: UInt64.self)
  }
}
