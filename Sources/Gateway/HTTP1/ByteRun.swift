import Glibc

/// Bytes that someone else owns, for as long as the closure runs that lent them. Indices count from 0.
///
/// `UnsafeRawBufferPointer` without its optional base, which the optimiser pays for in every line of a parser.
/// Indices are checked in debug builds (the fuzz test runs there).
struct ByteRun {
  let base: UnsafeRawPointer
  let count: Int

  @inline(__always)
  init(base: UnsafeRawPointer, count: Int) {
    assert(count >= 0)
    self.base = base
    self.count = count
  }

  @inline(__always)
  init(_ bytes: UnsafeRawBufferPointer) {
    // Nothing is ever read through the second pointer: the run is empty then.
    base = bytes.baseAddress ?? UnsafeRawPointer(("" as StaticString).utf8Start)
    count = bytes.count
  }

  @inline(__always)
  init(_ text: StaticString) {
    base = UnsafeRawPointer(text.utf8Start)
    count = text.utf8CodeUnitCount
  }

  @inline(__always)
  var isEmpty: Bool { count == 0 }

  @inline(__always)
  var raw: UnsafeRawBufferPointer { UnsafeRawBufferPointer(start: base, count: count) }

  @inline(__always)
  subscript(index: Int) -> UInt8 {
    assert(index >= 0 && index < count)
    return base.load(fromByteOffset: index, as: UInt8.self)
  }

  /// The eight bytes from `index`, the first of them lowest.
  @inline(__always)
  func word(at index: Int) -> UInt64 {
    assert(index >= 0 && index &+ 8 <= count)
    return UInt64(littleEndian: base.loadUnaligned(fromByteOffset: index, as: UInt64.self))
  }

  @inline(__always)
  func part(_ start: Int, _ end: Int) -> ByteRun {
    assert(start >= 0 && start <= end && end <= count)
    return ByteRun(base: base + start, count: end &- start)
  }

  /// The offset of the first `byte` at or after `start`, or nil. For long ways.
  @inline(__always)
  func offset(of byte: UInt8, from start: Int = 0) -> Int? {
    guard start < count, let found = memchr(base + start, Int32(byte), count &- start) else { return nil }
    return UnsafeRawPointer(found) - base
  }

  /// The same for short ways.
  @inline(__always)
  func nearOffset(of byte: UInt8) -> Int? {
    var index = 0
    while index &+ 8 <= count {
      let hits = HTTPBytes.matches(byte, in: word(at: index))
      if hits != 0 { return index &+ hits.trailingZeroBitCount &>> 3 }
      index &+= 8
    }
    while index < count {
      if self[index] == byte { return index }
      index &+= 1
    }
    return nil
  }

  /// Without spaces and tabs at either end.
  @inline(__always)
  var trimmed: ByteRun {
    var start = 0
    var end = count
    while start < end, HTTPBytes.isBlank(self[start]) { start &+= 1 }
    while end > start, HTTPBytes.isBlank(self[end &- 1]) { end &-= 1 }
    return part(start, end)
  }

  /// Byte for byte.
  @inline(__always)
  func equals(_ text: StaticString) -> Bool {
    count == text.utf8CodeUnitCount && memcmp(base, text.utf8Start, count) == 0
  }

  /// Byte for byte, but that ASCII letters may be capital here; `text` has none.
  @inline(__always)
  func equalsIgnoringCase(_ text: StaticString) -> Bool {
    let text = ByteRun(text)
    guard count == text.count else { return false }
    if text.count < 8 { return equalsIgnoringCase(short: text) }
    var index = 0
    while index &+ 8 < text.count {
      if HTTPBytes.lowercased(word(at: index)) != text.word(at: index) { return false }
      index &+= 8
    }
    return HTTPBytes.lowercased(word(at: text.count &- 8)) == text.word(at: text.count &- 8)
  }

  @inline(__always)
  private func equalsIgnoringCase(short text: ByteRun) -> Bool {
    var index = 0
    while index < text.count {
      if HTTPBytes.lowercased(self[index]) != text[index] { return false }
      index &+= 1
    }
    return true
  }
}
