internal import Glibc

extension UnsafeRawBufferPointer {
  /// Whether `text` stands at `offset`.
  @inline(__always)
  func has(_ text: StaticString, at offset: Int) -> Bool {
    guard let baseAddress, offset + text.utf8CodeUnitCount <= count else { return false }
    return memcmp(baseAddress + offset, text.utf8Start, text.utf8CodeUnitCount) == 0
  }

  /// The first place of `byte` from `offset` on.
  @inline(__always)
  func firstIndex(of byte: UInt8, from offset: Int) -> Int? {
    guard let baseAddress, offset < count else { return nil }
    guard let found = memchr(baseAddress + offset, Int32(byte), count - offset) else { return nil }
    return UnsafeRawPointer(found) - baseAddress
  }

  /// The first place from `offset` on that is no blank; `count` where there is none.
  func skipSpaces(from offset: Int) -> Int {
    var offset = offset
    while offset < count, self[offset] == 0x20 || self[offset] == 0x09 { offset += 1 }
    return offset
  }

  /// The bytes in `range`, in place.
  @inline(__always)
  func part(_ range: Range<Int>) -> UnsafeRawBufferPointer { UnsafeRawBufferPointer(rebasing: self[range]) }
}
