/// A JSON value as somebody wrote it, byte for byte: a schema, or the arguments of a tool.
package struct JSONText: Sendable, Hashable {
  /// UTF-8.
  package var bytes: [UInt8]

  package init(_ bytes: some Sequence<UInt8>) { self.bytes = Array(bytes) }
  package init(_ text: String) { bytes = Array(text.utf8) }

  package var text: String { String(decoding: bytes, as: UTF8.self) }
  package var isEmpty: Bool { bytes.isEmpty }
}

/// A member of an object that only one dialect knows.
package struct RawMember: Sendable, Equatable {
  package var name: String
  package var value: JSONText

  package init(_ name: String, _ value: JSONText) { (self.name, self.value) = (name, value) }
}

extension JSONText {
  /// Whether this is one whole object: what a model wrote as arguments needn't be.
  package func isObject(with peek: Peek) -> Bool {
    defer { peek.trim() }
    peek.scratch.removeAll()
    bytes.withUnsafeBytes { peek.scratch.append($0) }
    return (try? peek.parser.parse(peek.scratch))?.isObject ?? false
  }
}
