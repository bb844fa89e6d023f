/// What shows that a thought comes back as it was given: made from its text.
enum Signature {
  static func of(_ text: String) -> String {
    var text = text
    let hash = text.withUTF8 { mixed(hashed(UnsafeRawBufferPointer($0), from: 11)) }
    let words: [UInt64] = [hash, mixed(hash), mixed(~hash)]
    return base64(words.flatMap { withUnsafeBytes(of: $0.littleEndian, Array.init) })
  }
}
