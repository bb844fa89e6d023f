import NIOCore

/// A value of a request and where it stands in it. What is wrong with it is told in the dialect's words.
struct Field {
  let value: JSONValue
  /// Empty at the top; written as the service writes it.
  let path: String
  let dialect: Dialect

  /// What may be wrong with a value.
  enum Flaw {
    case missing, unknown
    /// It should be of that type.
    case type(String)
    case below(Int)
    case beyond(ClosedRange<Double>)
    case choice([String])
  }

  /// The whole body.
  static func root(of body: ByteBuffer, in dialect: Dialect) throws(Refusal) -> Field {
    let parsed = body.withUnsafeReadableBytes { bytes in
      Result { () throws(JSONError) -> JSONValue in try JSONValue(parsing: bytes) }
    }
    switch parsed {
    case .success(let value): return Field(value: value, path: "", dialect: dialect)
    case .failure(let error):
      throw Refusal(message: "The body is no JSON: \(error.reason) at byte \(error.offset).")
    }
  }

  /// The member of that name; nil if there is none, or null. Google takes `maxTokens` as `max_tokens` too.
  subscript(_ name: String) -> Field? {
    let member = value[name] ?? (dialect == .gemini ? value[snakeCase(name)] : nil)
    return member.flatMap { $0 == .null ? nil : child(name, $0) }
  }

  func required(_ name: String) throws(Refusal) -> Field {
    if let field = self[name] { return field }
    throw child(name, .null).refusal(.missing)
  }

  private func child(_ name: String, _ value: JSONValue) -> Field {
    let name = dialect == .gemini ? snakeCase(name) : name
    return Field(value: value, path: path.isEmpty ? name : "\(path).\(name)", dialect: dialect)
  }

  func refusal(_ flaw: Flaw) -> Refusal {
    Refusal(message: dialect.words(for: flaw, at: path, value))
  }

  /// A complaint in free words, behind the place.
  func refusal(_ words: String) -> Refusal {
    Refusal(message: path.isEmpty ? words : "\(path): \(words)")
  }
}

// MARK: - Types

extension Field {
  /// Refuses what is no object, and members that are not known.
  func checkObject(of known: Set<String>) throws(Refusal) {
    guard case .object(let members) = value else { throw refusal(.type("object")) }
    for member in members where !known.contains(member.key) {
      if dialect == .gemini, known.contains(where: { snakeCase($0) == member.key }) { continue }
      // Named as it was sent.
      let place = path.isEmpty ? member.key : "\(path).\(member.key)"
      throw Field(value: member.value, path: place, dialect: dialect).refusal(.unknown)
    }
  }

  func object() throws(Refusal) -> JSONValue {
    guard case .object = value else { throw refusal(.type("object")) }
    return value
  }

  func list() throws(Refusal) -> [Field] {
    guard let elements = value.elements else { throw refusal(.type("list")) }
    return elements.enumerated().map { index, element in
      let place =
        switch dialect {
        case .ollama: path
        case .gemini, .inference: "\(path)[\(index)]"
        case .openai, .azure, .anthropic: "\(path).\(index)"
        }
      return Field(value: element, path: place, dialect: dialect)
    }
  }

  func strings() throws(Refusal) -> [String] {
    var strings: [String] = []
    for element in try list() { strings.append(try element.string()) }
    return strings
  }

  func string() throws(Refusal) -> String {
    guard let text = value.text else { throw refusal(.type("string")) }
    return text
  }

  func string(among names: [String]) throws(Refusal) -> String {
    let text = try string()
    guard names.contains(text) else { throw refusal(.choice(names)) }
    return text
  }

  func whole(atLeast least: Int) throws(Refusal) -> Int {
    guard let number = value.integer else { throw refusal(.type("integer")) }
    guard number >= least else { throw refusal(.below(least)) }
    return number
  }

  func checkNumber(in range: ClosedRange<Double>) throws(Refusal) {
    guard case .number(let digits) = value, let number = Double(digits) else {
      throw refusal(.type("number"))
    }
    guard range.contains(number) else { throw refusal(.beyond(range)) }
  }

  func flag() throws(Refusal) -> Bool {
    guard case .bool(let flag) = value else { throw refusal(.type("boolean")) }
    return flag
  }
}

/// `maxTokens` as `max_tokens`.
func snakeCase(_ name: String) -> String {
  name.reduce(into: "") { text, letter in
    if letter.isUppercase { text += "_" }
    text += letter.lowercased()
  }
}

/// Whether `text` is base64 with its padding, no line ends in it.
func isBase64(_ text: String) -> Bool {
  let padding = text.utf8.suffix(2).filter { $0 == UInt8(ascii: "=") }.count
  return text.utf8.count % 4 == 0 && isWord(text.dropLast(padding), with: "+/")
}

/// Whether `text` is made of ASCII letters, digits and `others`, and of one at least.
func isWord(_ text: some StringProtocol, with others: String) -> Bool {
  !text.isEmpty
    && text.utf8.allSatisfy { byte in
      switch byte {
      case UInt8(ascii: "A")...UInt8(ascii: "Z"), UInt8(ascii: "a")...UInt8(ascii: "z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"):
        true
      default: others.utf8.contains(byte)
      }
    }
}
