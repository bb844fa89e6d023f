/// SHA-256 of a text that a version of a model is told by: its prompt, its tools.
package struct ContentDigest: Hashable, Sendable, CustomStringConvertible {
  /// 64 hexadecimal digits in lower case.
  package let text: String

  /// Nil unless there are 64 hexadecimal digits in lower case.
  package init?(text: String) {
    let isDigit = { (byte: UInt8) in
      RecordRule.isDigit(byte) || (UInt8(ascii: "a")...UInt8(ascii: "f")).contains(byte)
    }
    guard text.utf8.count == 64, text.utf8.allSatisfy(isDigit) else { return nil }
    self.text = text
  }

  /// Nil unless there are 32 bytes.
  package init?(bytes: some Collection<UInt8>) {
    guard bytes.count == 32 else { return nil }
    text = bytes.map { ($0 < 0x10 ? "0" : "") + String($0, radix: 16) }.joined()
  }

  package var bytes: [UInt8] {
    let digits = Array(text.utf8)
    return stride(from: 0, to: 64, by: 2).compactMap { index in
      UInt8(String(decoding: digits[index...index + 1], as: UTF8.self), radix: 16)
    }
  }

  package var description: String { text }
}
