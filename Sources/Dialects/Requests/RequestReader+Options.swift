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
      if !metadataNames.isEmpty { noteMetadata(key, value) }
    }
  }

  /// What is neither a text nor a whole number nor a boolean is left alone.
  private mutating func noteMetadata(_ key: JSONBytes, _ value: JSONValue) {
    guard let name = metadataNames.first(where: { key.spells($0) }) else { return }
    let text = value.string?.string ?? value.int.map { "\($0)" } ?? value.bool.map { "\($0)" }
    if let text { facts.metadata.append(.init(name, text)) }
  }

  /// `text` of a response, or `output_config` of a message, which hold the `format`.
  mutating func readFormatHolder(_ value: JSONValue, _ name: StaticString) throws(PeekError) {
    guard value.isObject || value.isNull else {
      throw .wrongType("\(name)", expected: "an object or null", found: value)
    }
    var members = DistinctMembers(value, at: FieldPath(name), keys: keys)
    while let (key, option) = try members.next(keys) {
      if key == "format" { try readFormat(option, at: FieldPath(name, nil, "format")) }
    }
  }

  /// Ollama's: of them the limit of tokens. One below 0 is none.
  mutating func readOptions(_ value: JSONValue) throws(PeekError) {
    guard value.isObject || value.isNull else {
      throw .wrongType("options", expected: "an object or null", found: value)
    }
    var members = DistinctMembers(value, at: FieldPath("options"), keys: keys)
    while let (key, option) = try members.next(keys) {
      if key == "num_predict", let count = option.int, count >= 0 { facts.maxOutputTokens = count }
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
