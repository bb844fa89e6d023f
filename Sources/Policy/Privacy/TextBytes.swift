/// A text in UTF-8, looked at byte by byte; beyond its ends there is a blank.
struct TextBytes {
  let buffer: UnsafeBufferPointer<UInt8>

  var count: Int { buffer.count }

  @inline(__always)
  subscript(place: Int) -> UInt8 { place >= 0 && place < buffer.count ? buffer[place] : 0x20 }

  @inline(__always)
  func isDigit(_ place: Int) -> Bool { self[place] &- 0x30 < 10 }

  func isLetter(_ place: Int) -> Bool { (self[place] | 0x20) &- 0x61 < 26 }

  /// An ASCII letter or digit.
  func isWord(_ place: Int) -> Bool { isDigit(place) || isLetter(place) }

  func digit(_ place: Int) -> Int { Int(self[place] &- 0x30) }

  /// The upper case of a letter.
  func capital(_ place: Int) -> UInt8 { self[place] & 0xdf }
}
