internal import Policy

extension Form where Value == JSONLiteral {
  /// Anything that JSON has. What is quoted is a text; what is not is a number, `true` or `false` where it is spelled as one, `null`
  /// within lists and mappings, and else a text.
  static var json: Form {
    Form(
      schema: [:],
      read: { tree, reader in
        if case .nothing = tree.content {
          reader.fail(Reader.mismatch(tree, wanted: "a value"), at: tree.mark)
          return nil
        }
        return JSONTrees.literal(tree, &reader)
      },
      write: JSONTrees.tree)
  }
}

/// From what a document holds to JSON, and back.
private enum JSONTrees {
  static func literal(_ tree: Tree, _ reader: inout Reader) -> JSONLiteral? {
    switch tree.content {
    case .nothing: return .null
    case .scalar: return scalar(tree, &reader)
    case .sequence(let trees):
      let elements = trees.enumerated().map { index, tree in
        reader.at(reader.path.index(index), tree.mark) { literal(tree, &$0) }
      }
      return elements.contains { $0 == nil } ? nil : .array(elements.compactMap { $0 })
    case .mapping(let entries): return object(entries, &reader)
    }
  }

  private static func object(_ entries: [Tree.Entry], _ reader: inout Reader) -> JSONLiteral? {
    var lines: [String: Int] = [:]
    var members: [JSONLiteral.Member] = []
    for entry in entries {
      if let first = lines.updateValue(entry.mark.line, forKey: entry.key) {
        reader.failRepeated(entry, first: first)
        continue
      }
      let value = reader.at(reader.path.key(entry.key), entry.errorMark) { literal(entry.value, &$0) }
      if let value { members.append(.init(entry.key, value)) }
    }
    return members.count == entries.count ? .object(members) : nil
  }

  private static func scalar(_ tree: Tree, _ reader: inout Reader) -> JSONLiteral? {
    guard let text = reader.text(tree, wanted: "a value") else { return nil }
    guard tree.style == .plain else { return .string(text.value) }
    if let number = JSONNumber(text.value) { return .number(number) }
    if text.value == "true" || text.value == "false" { return .bool(text.value == "true") }
    guard let doubt = doubt(text.value) else { return .string(text.value) }
    reader.fail("'\(text.written)' \(doubt), or put it in quotes where a text is meant", at: tree.mark)
    return nil
  }

  /// What some take for a number or a yes, and JSON does not know.
  private static func doubt(_ text: String) -> String? {
    if ["true", "false", "yes", "no", "on", "off"].contains(text.lowercased()) {
      return "is neither true nor false: write one of them"
    }
    let isNumber = Double(text.hasPrefix(".") ? String(text.dropFirst()) : text) != nil
    return isNumber ? "is no number of JSON: write one such as 0.5 or 12, of 64 bits at most" : nil
  }

  static func tree(_ literal: JSONLiteral) -> Tree {
    switch literal {
    case .null: Tree(content: .nothing)
    case .bool(let value): Tree(content: .scalar("\(value)"), style: .plain)
    case .number(let number): Tree(content: .scalar(number.text), style: .plain)
    case .string(let text): Tree(content: .scalar(References.escaped(text)), style: .quoted)
    case .array(let elements): .sequence(elements.map(tree))
    case .object(let members):
      .mapping(members.sorted { $0.name < $1.name }.map { ($0.name, tree($0.value)) })
    }
  }
}
