/// `Tree` to block YAML, two spaces a level.
struct Emitter {
  private(set) var text = ""

  static func text(of tree: Tree) -> String {
    var emitter = Emitter()
    emitter.emit(tree, indent: 0)
    return emitter.text
  }

  /// Writes `tree` on lines of its own.
  private mutating func emit(_ tree: Tree, indent: Int) {
    switch tree.content {
    case .mapping(let entries):
      for entry in entries {
        text += spaces(indent) + quoted(entry.key) + ":"
        emitValue(entry.value, indent: indent + 2)
      }
    case .sequence(let elements):
      for element in elements { emitElement(element, indent: indent) }
    case .nothing, .scalar:
      text += inline(tree) + "\n"
    }
  }

  private mutating func emitValue(_ value: Tree, indent: Int) {
    if let short = flow(value) {
      text += " \(short)\n"
    } else {
      text += "\n"
      emit(value, indent: indent)
    }
  }

  /// `- key: value`, further keys below the first.
  private mutating func emitElement(_ element: Tree, indent: Int) {
    if let short = flow(element) {
      text += spaces(indent) + "- \(short)\n"
    } else {
      var nested = Emitter()
      nested.emit(element, indent: indent + 2)
      text += spaces(indent) + "- " + nested.text.dropFirst(indent + 2)
    }
  }

  /// Scalars, and lists and mappings without anything in them, stand on the line of their key.
  private func flow(_ tree: Tree) -> String? {
    switch tree.content {
    case .nothing, .scalar: inline(tree)
    case .sequence(let elements): elements.isEmpty ? "[]" : nil
    case .mapping(let entries): entries.isEmpty ? "{}" : nil
    }
  }

  private func inline(_ tree: Tree) -> String {
    guard case .scalar(let scalar) = tree.content else { return "null" }
    switch tree.style {
    case .any: return quoted(scalar)
    case .plain: return scalar
    case .quoted: return JSON.string(scalar).text
    }
  }

  private func spaces(_ count: Int) -> String { String(repeating: " ", count: count) }

  /// Plain where no YAML reader could take it for anything else.
  private func quoted(_ scalar: String) -> String {
    let plain = scalar.utf8.allSatisfy { byte in
      UInt8(ascii: "a")...UInt8(ascii: "z") ~= byte || UInt8(ascii: "A")...UInt8(ascii: "Z") ~= byte
        || UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || "._/%-".utf8.contains(byte)
    }
    let startsPlain = scalar.first.map { $0.isLetter || $0.isNumber } ?? false
    guard plain, startsPlain, !["null", "yes", "no", "on", "off"].contains(scalar.lowercased()) else {
      return JSON.string(scalar).text
    }
    return scalar
  }
}
