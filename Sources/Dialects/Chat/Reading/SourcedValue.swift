/// A parsed document's text, and where its structural characters stand.
struct JSONSource {
  private let text: UnsafeRawPointer
  private let structurals: UnsafeBufferPointer<UInt32>

  init(text: UnsafeRawPointer, structurals: UnsafeBufferPointer<UInt32>) {
    (self.text, self.structurals) = (text, structurals)
  }

  /// The structural behind the value that begins at `start`.
  func next(after start: Int, isContainer: Bool) -> Int {
    var at = start + 1
    var depth = isContainer ? 1 : 0
    while depth > 0 {
      // `[` and `{`, `]` and `}` differ in one bit.
      let character = text.load(fromByteOffset: Int(structurals[at]), as: UInt8.self) | 0x20
      if character == 0x7b { depth += 1 } else if character == 0x7d { depth -= 1 }
      at += 1
    }
    return at
  }

  /// The text of the value that begins at `start`, without the white space around it. It must stand in another.
  func text(from start: Int, isContainer: Bool) -> JSONText {
    let (first, next) = (Int(structurals[start]), next(after: start, isContainer: isContainer))
    var end = isContainer ? Int(structurals[next - 1]) + 1 : Int(structurals[next])
    while !isContainer, isSpace(text.load(fromByteOffset: end - 1, as: UInt8.self)) { end -= 1 }
    return JSONText(UnsafeRawBufferPointer(start: text + first, count: end - first))
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
  }
}

/// A value of a parsed document that knows where it stands in its source; borrowed from the parser until its next document.
struct SourcedValue {
  let value: JSONValue
  private let source: JSONSource
  /// Its first structural.
  private let start: Int

  @inline(__always)
  init(_ value: JSONValue, _ source: JSONSource, at start: Int) {
    (self.value, self.source, self.start) = (value, source, start)
  }

  var isNull: Bool { value.isNull }

  /// As it was sent; not for the document itself.
  var text: JSONText { source.text(from: start, isContainer: value.isContainer) }

  /// Walks the members of an object, and refuses a key that comes twice.
  func members(at path: FieldPath, _ keys: KeySet) -> SourcedMembers {
    SourcedMembers(DistinctMembers(value, at: path, keys: keys), source, from: start + 1)
  }

  /// Walks the elements of an array.
  var elements: SourcedElements { SourcedElements(value.elements, source, from: start + 1) }
}

/// Walks the members of an object side by side in the parsed document and in its source.
struct SourcedMembers {
  private var members: DistinctMembers
  private let source: JSONSource
  /// The structural of the next key.
  private var key: Int

  init(_ members: DistinctMembers, _ source: JSONSource, from key: Int) {
    (self.members, self.source, self.key) = (members, source, key)
  }

  /// The next member; nil at the end, which must be reached unless an error is thrown.
  mutating func next(_ keys: KeySet) throws(PeekError) -> (key: JSONBytes, value: SourcedValue)? {
    guard let member = try members.next(keys) else { return nil }
    let start = key + 2
    key = source.next(after: start, isContainer: member.value.isContainer) + 1
    return (member.key, SourcedValue(member.value, source, at: start))
  }
}

/// Walks the elements of an array side by side in the parsed document and in its source.
struct SourcedElements {
  private var elements: JSONElements
  private let source: JSONSource
  /// The structural of the next element.
  private var start: Int

  init(_ elements: JSONElements, _ source: JSONSource, from start: Int) {
    (self.elements, self.source, self.start) = (elements, source, start)
  }

  mutating func next() -> SourcedValue? {
    guard let element = elements.next() else { return nil }
    defer { start = source.next(after: start, isContainer: element.isContainer) + 1 }
    return SourcedValue(element, source, at: start)
  }
}

extension Peek {
  /// The root of a request's body, which must be an object. Valid until the next document; whoever is through with it trims.
  func root(of body: PaddedBytes) throws(PeekError) -> SourcedValue {
    keys.reset()
    let root: JSONValue
    do { root = try parser.parse(body) } catch { throw .malformed(error) }
    guard root.isObject else { throw .notAnObject }
    return parser.sourced(root, in: body)
  }
}
