/// Vectors as answers have them.
enum EmbeddingVector {
  /// JSON in that encoding, of a list of numbers: as the provider wrote it, or its floats in base64. Nil for anything else.
  static func text(_ value: SourcedValue, in encoding: EmbeddingRequest.Encoding) -> JSONText? {
    guard value.value.isArray else { return nil }
    var bytes: [UInt8] = []
    var elements = value.value.elements
    while let element = elements.next() {
      guard let number = element.double else { return nil }
      guard encoding == .base64 else { continue }
      withUnsafeBytes(of: Float(number).bitPattern.littleEndian) { bytes.append(contentsOf: $0) }
    }
    guard encoding == .base64 else { return value.text }
    return JSONText("\"" + String(decoding: base64(bytes), as: UTF8.self) + "\"")
  }

  /// RFC 4648, section 4.
  static func base64(_ bytes: [UInt8]) -> [UInt8] {
    var text: [UInt8] = []
    text.reserveCapacity((bytes.count + 2) / 3 * 4)
    for start in stride(from: 0, to: bytes.count, by: 3) {
      let group = bytes[start..<min(start + 3, bytes.count)]
      var bits = group.reduce(0 as UInt32) { $0 << 8 | UInt32($1) }
      bits <<= 8 * UInt32(3 - group.count)
      for place in 0..<4 {
        let index = Int(bits >> UInt32(18 - 6 * place)) & 63
        text.append(place <= group.count ? alphabet[index] : UInt8(ascii: "="))
      }
    }
    return text
  }

  private static let alphabet = Array("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/".utf8)
}
