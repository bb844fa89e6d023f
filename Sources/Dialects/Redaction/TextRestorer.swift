/// Replaces placeholders in the text of one JSON string as it is written, escapes and all. Some providers write `<` as `\u003c`.
struct TextRestorer {
  let placeholders: Placeholders

  /// `isNested`: the text is itself JSON. `mayGoOn`: what may be the beginning of a placeholder at its end is not decided, but is the
  /// `tail` of what is returned.
  func restored(_ text: [UInt8], isNested: Bool, mayGoOn: Bool) -> (text: [UInt8], tail: [UInt8]) {
    guard text.contains(where: { $0 == 0x3c || $0 == 0x5c }) else { return (text, []) }
    var result: [UInt8] = []
    var at = 0
    while at < text.count {
      let length = bracket(text, at, 0x3c, 0x63)
      guard length > 0 else {
        // An escape is two letters at least, and its second one begins none.
        let step = text[at] == 0x5c ? min(2, text.count - at) : 1
        result += text[at..<at + step]
        at += step
        continue
      }
      let name = text[(at + length)...].prefix(placeholders.longest + 1).prefix(while: Self.isName)
      let end = name.endIndex
      let close = bracket(text, end, 0x3e, 0x65)
      if close > 0, let entry = placeholders.entry(name) {
        result += isNested ? entry.twice : entry.once
        at = end + close
      } else if mayGoOn, end == text.count, placeholders.isBeginning(name) {
        return (result, Array(text[at...]))
      } else {
        result += text[at..<at + length]
        at += length
      }
    }
    return (result, [])
  }

  /// Bytes of a bracket at a place: 1, or 6 where it is escaped (`\u003c`), or 0 where none is.
  private func bracket(_ text: [UInt8], _ at: Int, _ plain: UInt8, _ last: UInt8) -> Int {
    guard at < text.count else { return 0 }
    if text[at] == plain { return 1 }
    guard at + 6 <= text.count, text[at..<at + 5].elementsEqual(#"\u003"#.utf8), text[at + 5] | 0x20 == last
    else {
      return 0
    }
    return 6
  }

  private static func isName(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x2b, 0x2d...0x3a, 0x41...0x5a, 0x5f, 0x61...0x7a: true
    default: false
    }
  }
}
