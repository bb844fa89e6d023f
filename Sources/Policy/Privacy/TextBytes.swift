/// A text in UTF-8, looked at byte by byte; beyond its ends there is a blank.
struct TextBytes {
  let buffer: UnsafeBufferPointer<UInt8>

  var count: Int { buffer.count }

  @inline(__always)
  subscript(place: Int) -> UInt8 {
    // One comparison for both ends.
    UInt(bitPattern: place) < UInt(bitPattern: buffer.count) ? buffer[place] : 0x20
  }

  /// Eight bytes, the first one lowest; all of them are in the text.
  @inline(__always)
  func word(_ place: Int) -> UInt64 {
    UInt64(
      littleEndian: UnsafeRawBufferPointer(buffer).loadUnaligned(fromByteOffset: place, as: UInt64.self))
  }

  @inline(__always)
  func isDigit(_ place: Int) -> Bool { self[place] &- 0x30 < 10 }

  @inline(__always)
  func isLetter(_ place: Int) -> Bool { (self[place] | 0x20) &- 0x61 < 26 }

  /// An ASCII letter or digit.
  @inline(__always)
  func isWord(_ place: Int) -> Bool { isDigit(place) || isLetter(place) }

  @inline(__always)
  func digit(_ place: Int) -> Int { Int(self[place] &- 0x30) }

  /// The upper case of a letter.
  func capital(_ place: Int) -> UInt8 { self[place] & 0xdf }

  /// How many digits follow each other from a place on, eight looked at together.
  @inline(__always)
  func digits(from begin: Int) -> Int {
    var place = begin
    while place + 8 <= count {
      let word = word(place) ^ 0x3030_3030_3030_3030
      // Of the bytes that aren't below ten the lowest is right; one behind it may be missed.
      let others = (word &+ 0x7676_7676_7676_7676 | word) & 0x8080_8080_8080_8080
      if others != 0 { return place - begin + others.trailingZeroBitCount / 8 }
      place += 8
    }
    while isDigit(place) { place += 1 }
    return place - begin
  }
}
