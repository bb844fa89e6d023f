import NIOCore

/// Commands as Redis reads them: a list of bulk strings.
extension ByteBuffer {
  /// Begins a command of so many words, its name among them.
  mutating func writeCommand(words: Int) { writeLine(0x2A, words) }

  mutating func writeWord(_ word: String) {
    writeLine(0x24, word.utf8.count)
    writeString(word)
    writeStaticString("\r\n")
  }

  mutating func writeWord(_ word: some Collection<UInt8>) {
    writeLine(0x24, word.count)
    writeBytes(word)
    writeStaticString("\r\n")
  }

  mutating func writeCommand(_ words: [String]) {
    writeCommand(words: words.count)
    for word in words { writeWord(word) }
  }

  mutating func writeWord(_ number: Int64) {
    writeLine(0x24, Self.length(of: number))
    writeDigits(number)
    writeStaticString("\r\n")
  }

  private mutating func writeLine(_ mark: UInt8, _ count: Int) {
    writeInteger(mark)
    writeDigits(Int64(count))
    writeStaticString("\r\n")
  }

  private mutating func writeDigits(_ number: Int64) {
    let length = Self.length(of: number)
    writeWithUnsafeMutableBytes(minimumWritableBytes: length) { bytes in
      var rest = number.magnitude
      for index in (0..<length).reversed() {
        bytes[index] = 0x30 + UInt8(truncatingIfNeeded: rest % 10)
        rest /= 10
      }
      if number < 0 { bytes[0] = 0x2D }
      return length
    }
  }

  /// Digits, and the sign of a number below zero.
  private static func length(of number: Int64) -> Int {
    var (length, rest) = (number < 0 ? 2 : 1, number.magnitude / 10)
    while rest > 0 { (length, rest) = (length + 1, rest / 10) }
    return length
  }
}
