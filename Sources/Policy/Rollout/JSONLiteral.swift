/// A JSON value as bundles hold it.
///
/// Numbers stay as they were spelled: to providers, `5` and `5.0` are not always the same.
package indirect enum JSONLiteral: Sendable {
  case null
  case bool(Bool)
  case number(JSONNumber)
  case string(String)
  case array([JSONLiteral])
  /// Each name once; their order means nothing.
  case object([Member])

  package struct Member: Sendable {
    package let name: String
    package let value: JSONLiteral

    package init(_ name: String, _ value: JSONLiteral) { (self.name, self.value) = (name, value) }
  }

  /// One line without white space, members in the order of their names' UTF-16: equal values have equal texts.
  package var text: String {
    var text = ""
    write(to: &text)
    return text
  }

  /// The member of an object; nil where there is none, or this is no object.
  package subscript(member name: String) -> JSONLiteral? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.name == name }?.value
  }

  /// Containers around the innermost value, this one included.
  package var depth: Int {
    switch self {
    case .array(let elements): 1 + (elements.map(\.depth).max() ?? 0)
    case .object(let members): 1 + (members.map(\.value.depth).max() ?? 0)
    case .null, .bool, .number, .string: 0
    }
  }

  private func write(to text: inout String) {
    switch self {
    case .null: text += "null"
    case .bool(let value): text += value ? "true" : "false"
    case .number(let number): text += number.text
    case .string(let string): Self.quote(string, to: &text)
    case .array(let elements):
      text += "["
      for (index, element) in elements.enumerated() {
        if index > 0 { text += "," }
        element.write(to: &text)
      }
      text += "]"
    case .object(let members):
      let sorted = members.sorted { $0.name.utf16.lexicographicallyPrecedes($1.name.utf16) }
      text += "{"
      for (index, member) in sorted.enumerated() {
        if index > 0 { text += "," }
        Self.quote(member.name, to: &text)
        text += ":"
        member.value.write(to: &text)
      }
      text += "}"
    }
  }

  private static func quote(_ string: String, to text: inout String) {
    text += "\""
    for scalar in string.unicodeScalars {
      switch scalar {
      case "\"": text += #"\""#
      case "\\": text += #"\\"#
      case "\n": text += #"\n"#
      case "\r": text += #"\r"#
      case "\t": text += #"\t"#
      // All that somebody could take for the end of a line, that a terminal could obey or a reader drop.
      case "\u{0}"..."\u{1f}", "\u{7f}"..."\u{9f}", "\u{2028}", "\u{2029}", "\u{feff}":
        text += escape(scalar.value)
      default: text.unicodeScalars.append(scalar)
      }
    }
    text += "\""
  }

  private static func escape(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

/// By their texts' bytes: Swift takes spellings of a letter for equal that are not the same prompt.
extension JSONLiteral: Equatable {
  package static func == (a: JSONLiteral, b: JSONLiteral) -> Bool { a.text.utf8.elementsEqual(b.text.utf8) }
}

/// A number in JSON's own spelling.
package struct JSONNumber: Sendable {
  package let text: String

  /// Nil for what JSON's grammar doesn't know, for whole numbers beyond 64 bits and for what no double can hold.
  package init?(_ text: String) {
    guard text.utf8.count <= 64, Self.isNumber(text.utf8), let value = Double(text), value.isFinite else {
      return nil
    }
    let isWhole = text.utf8.allSatisfy { RecordRule.isDigit($0) || $0 == UInt8(ascii: "-") }
    guard !isWhole || Int64(text) != nil else { return nil }
    self.text = text
  }

  /// The whole number that this spells without point and exponent.
  package var int: Int? { Int(text) }

  private static func isNumber(_ text: String.UTF8View) -> Bool {
    var rest = text[...]
    if rest.first == UInt8(ascii: "-") { rest.removeFirst() }
    guard let first = rest.first, let whole = takeDigits(&rest) else { return false }
    guard first != UInt8(ascii: "0") || whole == 1 else { return false }
    if rest.first == UInt8(ascii: ".") {
      rest.removeFirst()
      guard takeDigits(&rest) != nil else { return false }
    }
    if let mark = rest.first, mark | 0x20 == UInt8(ascii: "e") {
      rest.removeFirst()
      if let sign = rest.first, sign == UInt8(ascii: "+") || sign == UInt8(ascii: "-") { rest.removeFirst() }
      guard takeDigits(&rest) != nil else { return false }
    }
    return rest.isEmpty
  }

  /// How many there were; nil for none.
  private static func takeDigits(_ text: inout String.UTF8View.SubSequence) -> Int? {
    let count = text.prefix(while: RecordRule.isDigit).count
    text.removeFirst(count)
    return count > 0 ? count : nil
  }
}
