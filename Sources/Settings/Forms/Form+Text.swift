extension Form where Value == String {
  /// Any text but none.
  static var text: Form {
    .scalar(
      "a text", schema: ["type": "string", "minLength": .int(1)],
      parse: { text throws(Refusal) in
        guard !text.isEmpty else { throw Refusal("must not be empty") }
        return text
      }, write: { $0 })
  }

  /// Text, true, false or a number, kept as written.
  static var literal: Form {
    .scalar(
      "a single value", schema: ["type": ["string", "number", "boolean"]],
      parse: { text throws(Refusal) in text }, write: { $0 })
  }

  static func matching(
    _ noun: String, example: String, where accepts: @escaping (String) -> Bool
  ) -> Form {
    .scalar(
      noun, schema: ["type": "string", "examples": [.string(example)]],
      parse: { text throws(Refusal) in
        guard accepts(text) else { throw Refusal("is not \(noun), such as \(example)") }
        return text
      }, write: { $0 })
  }

  /// A label that other parts of the document may compare with.
  static var label: Form {
    .scalar(
      "a label", schema: ["type": "string"],
      parse: { text throws(Refusal) in
        guard NameRule.accepts(text) else { throw Refusal("is not a label: \(NameRule.text)") }
        return text
      }, write: { $0 })
  }

  /// The name of something declared elsewhere in the document.
  static func name(of kind: Names.Kind) -> Form { .name(ofKindAt: { _ in kind }) }

  /// As `name(of:)`, where the kind depends on where the name stands.
  static func name(ofKindAt kind: @escaping (Path) -> Names.Kind) -> Form {
    Form(
      schema: ["type": "string"],
      read: { tree, reader in
        guard let text = reader.text(tree, wanted: "a name") else { return nil }
        reader.names.refer(.init(kind: kind(reader.path), written: text, path: reader.path))
        return text.value
      },
      write: { .scalar(References.escaped($0)) })
  }

  static func words(_ words: [String]) -> Form {
    .scalar(
      "one of \(words.joined(separator: ", "))", schema: ["enum": .array(words.map { .string($0) })],
      parse: { text throws(Refusal) in
        guard words.contains(text) else {
          throw Refusal(
            "is not one of \(words.joined(separator: ", "))" + Suggestion.text(for: text, among: words))
        }
        return text
      }, write: { $0 })
  }

  static var modelGlob: Form {
    .matching("a model name, in which * stands for any letters", example: "chat-*") { glob in
      NameRule.accepts(glob.replacing("*", with: "a"))
    }
  }
}

extension Form where Value == Bool {
  static var flag: Form {
    .scalar(
      "true or false", schema: ["type": "boolean"],
      parse: { text throws(Refusal) in
        guard let value = Bool(text) else { throw Refusal("is not true or false") }
        return value
      }, write: { "\($0)" })
  }
}

extension Form where Value: RawRepresentable<String> & CaseIterable {
  /// One of the cases, by its raw value.
  static func choice() -> Form {
    let words = Form<String>.words(Value.allCases.map(\.rawValue))
    return Form(
      schema: words.schema,
      read: { tree, reader in words.read(tree, &reader).flatMap(Value.init(rawValue:)) },
      write: { words.write($0.rawValue) })
  }
}

extension Form where Value == [UInt8] {
  /// 32 bytes as 64 hexadecimal digits.
  static var sha256: Form {
    .scalar(
      "a SHA-256", schema: .pattern("[0-9A-Fa-f]{64}"),
      parse: { text throws(Refusal) in
        let digits = Array(text.utf8).compactMap { Int(String(UnicodeScalar($0)), radix: 16) }
        guard text.utf8.count == 64, digits.count == 64 else {
          throw Refusal(
            "is not a SHA-256: write the 64 hexadecimal digits that `printf %s KEY | sha256sum` prints")
        }
        return stride(from: 0, to: 64, by: 2).map { UInt8(digits[$0] << 4 | digits[$0 + 1]) }
      }, write: { Hex.text($0) })
  }
}

enum Hex {
  static func text(_ bytes: [UInt8]) -> String {
    bytes.map { String($0 >> 4, radix: 16) + String($0 & 15, radix: 16) }.joined()
  }
}

/// What names of providers, deployments, models, tenants … are made of.
enum NameRule {
  static let text = "use up to 128 letters, digits and . _ - : / + with a letter or digit first"

  static func accepts(_ name: String) -> Bool {
    guard let first = name.utf8.first, name.utf8.count <= 128 else { return false }
    return isAlphanumeric(first) && name.utf8.allSatisfy { isAlphanumeric($0) || "._-:/+".utf8.contains($0) }
  }

  private static func isAlphanumeric(_ byte: UInt8) -> Bool { Ascii.isLetter(byte) || Ascii.isDigit(byte) }
}
