/// Names as they stand in keys: all bytes but letters, digits, `-`, `_`, `.` and those given as `%` and two digits, so that no brace,
/// blank or glob character is left.
enum PlainName {
  static func escaped(_ text: String, beside others: String = "") -> String {
    var name = ""
    for byte in text.utf8 {
      if isPlain(byte) || others.utf8.contains(byte) {
        name.unicodeScalars.append(Unicode.Scalar(byte))
      } else {
        name += (byte < 0x10 ? "%0" : "%") + String(byte, radix: 16, uppercase: true)
      }
    }
    return name
  }

  static func isPlain(_ byte: UInt8) -> Bool {
    switch byte {
    case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
      UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "."):
      true
    default: false
    }
  }
}
