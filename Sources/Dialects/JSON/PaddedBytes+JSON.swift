extension PaddedBytes {
  /// Appends `text` as a JSON string, quotes included; everything beyond ASCII stays as it is.
  package func appendJSON(_ text: String) {
    append("\"")
    appendInner(text)
    append("\"")
  }

  /// Appends `text`, which is UTF-8, as a JSON string, quotes included.
  func appendJSON(utf8 text: [UInt8]) {
    append("\"")
    text.withUnsafeBytes { appendEscaped($0) }
    append("\"")
  }

  /// Appends `text` as a part of a JSON string.
  func appendInner(_ text: String) {
    var text = text
    text.withUTF8 { appendEscaped(UnsafeRawBufferPointer($0)) }
  }

  private func appendEscaped(_ text: UnsafeRawBufferPointer) {
    var plain = 0
    for index in text.indices where JSONEscape.isNeeded(text[index]) {
      guard let escape = JSONEscape(text[index]) else { continue }
      append(UnsafeRawBufferPointer(rebasing: text[plain..<index]))
      escape.append(to: self)
      plain = index + 1
    }
    append(UnsafeRawBufferPointer(rebasing: text[plain...]))
  }
}

/// How a byte that may not stand in a JSON string is written.
private enum JSONEscape {
  case short(StaticString)
  case control(UInt8)

  @inline(__always)
  static func isNeeded(_ byte: UInt8) -> Bool { byte < 0x20 || byte == 0x22 || byte == 0x5c || byte == 0x7f }

  /// Nil for a byte that needs no escape.
  init?(_ byte: UInt8) {
    switch byte {
    case 0x22: self = .short(#"\""#)
    case 0x5c: self = .short(#"\\"#)
    case 0x0a: self = .short(#"\n"#)
    case 0x0d: self = .short(#"\r"#)
    case 0x09: self = .short(#"\t"#)
    case 0x00..<0x20, 0x7f: self = .control(byte)
    default: return nil
    }
  }

  func append(to bytes: PaddedBytes) {
    switch self {
    case .short(let text): bytes.append(text)
    case .control(let byte):
      let digits = [UInt8]("0123456789abcdef".utf8)
      bytes.append(#"\u00"#)
      [digits[Int(byte >> 4)], digits[Int(byte & 15)]].withUnsafeBytes { bytes.append($0) }
    }
  }
}
