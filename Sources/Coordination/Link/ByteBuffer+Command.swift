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

  private mutating func writeLine(_ mark: UInt8, _ count: Int) {
    writeInteger(mark)
    writeString(String(count))
    writeStaticString("\r\n")
  }
}
