/// One `import` of a Swift file.
struct ImportStatement: Equatable {
  /// The top module: `Foundation` of `import struct Foundation.Data`.
  var module: String

  private static let modifiers: Set = ["public", "package", "internal", "fileprivate", "private"]
  private static let kinds: Set = [
    "struct", "class", "enum", "protocol", "typealias", "func", "let", "var",
  ]

  /// Nil where the line is no import. Attributes, access levels and the kind of a single declaration may stand around it.
  init?(line: some StringProtocol) {
    let code = line.prefix { $0 != ";" }
    var words = code.split(whereSeparator: \.isWhitespace)[...]
    while let word = words.first, word.hasPrefix("@") || Self.modifiers.contains(String(word)) {
      words.removeFirst()
    }
    guard words.popFirst() == "import", var name = words.popFirst() else { return nil }
    if Self.kinds.contains(String(name)) {
      guard let declaration = words.popFirst() else { return nil }
      name = declaration
    }
    module = String(name.prefix { $0 == "_" || $0.isLetter || $0.isNumber })
  }
}
