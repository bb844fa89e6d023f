/// Some of the 256 bytes.
package struct ByteSet: Sendable, Hashable {
  private var words = SIMD4<UInt64>()

  package init() {}

  package init(_ ranges: ClosedRange<UInt8>...) {
    for range in ranges { for byte in range { insert(byte) } }
  }

  package init(_ text: StaticString) {
    for byte in UnsafeBufferPointer(start: text.utf8Start, count: text.utf8CodeUnitCount) { insert(byte) }
  }

  package mutating func insert(_ byte: UInt8) { words[Int(byte >> 6)] |= 1 << UInt64(byte & 63) }

  package mutating func formUnion(_ other: ByteSet) { words |= other.words }

  package func contains(_ byte: UInt8) -> Bool { words[Int(byte >> 6)] >> UInt64(byte & 63) & 1 == 1 }

  /// Those of ASCII that are not in it.
  var otherASCII: ByteSet {
    var set = ByteSet()
    for byte in 0...0x7f as ClosedRange<UInt8> where !contains(byte) { set.insert(byte) }
    return set
  }

  package static let digits = ByteSet(0x30...0x39)
  /// `\w`, and what `\b` takes for part of a word. Letters beyond ASCII are none: rather too much is found than too little.
  package static let word = ByteSet(0x30...0x39, 0x41...0x5a, 0x5f...0x5f, 0x61...0x7a)
  package static let space = ByteSet(0x09...0x0d, 0x20...0x20)
}
