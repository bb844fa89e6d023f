internal import Policy

/// Fields that say how the answer is made.
extension RequestReader {
  mutating func readTools(_ value: JSONValue) throws(PeekError) {
    guard value.isArray || value.isNull else {
      throw .wrongType("tools", expected: "an array", found: value)
    }
    var tools = value.elements
    while tools.next() != nil { facts.tools += 1 }
  }

  mutating func readMetadata(_ value: JSONValue) throws(PeekError) {
    guard value.isObject || value.isNull else {
      throw .wrongType("metadata", expected: "an object or null", found: value)
    }
    var members = DistinctMembers(value, at: FieldPath("metadata"), keys: keys)
    while let (key, value) = try members.next(keys) {
      if key == "session_id" { noteSession(value, rank: 1) }
      if key == "user_id" { noteSession(value, rank: 2) }
      if turns != nil || !metadataNames.isEmpty { note(key, value) }
    }
  }

  /// Bytes of a field of `metadata`, as providers take them.
  private static let longestMetadata = 512

  /// One that isn't a text, or is too long, is the provider's to refuse.
  private mutating func note(_ key: JSONBytes, _ value: JSONValue) {
    guard let text = value.string, text.count <= Self.longestMetadata else { return }
    if key == "task_type" { turns?.task = TaskKind(name: text.string) }
    if key == "domain" { turns?.domain = Domain(name: text.string) }
    if let name = metadataNames.first(where: { key.buffer.elementsEqual($0.utf8) }) {
      facts.metadata[name] = text.string
    }
  }

  /// `text` of a response, which holds the `format`.
  mutating func readText(_ value: JSONValue) throws(PeekError) {
    guard value.isObject || value.isNull else {
      throw .wrongType("text", expected: "an object or null", found: value)
    }
    var members = DistinctMembers(value, at: FieldPath("text"), keys: keys)
    while let (key, option) = try members.next(keys) {
      if key == "format" { try readFormat(option, at: FieldPath("text", nil, "format")) }
    }
  }

  mutating func readFormat(_ value: JSONValue, at path: FieldPath) throws(PeekError) {
    guard value.isObject || value.isNull else {
      throw .wrongType(path.text(), expected: "an object or null", found: value)
    }
    var members = DistinctMembers(value, at: path, keys: keys)
    while let (key, option) = try members.next(keys) {
      guard key == "type" else { continue }
      guard let type = option.string else {
        throw .wrongType(path.text("type"), expected: "a string", found: option)
      }
      facts.wantsJSON = type == "json_object" || type == "json_schema"
    }
  }
}
