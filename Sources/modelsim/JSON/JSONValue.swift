/// A JSON document as a tree, for what is off the hot path: rules, schemas, reports. Objects keep their order.
enum JSONValue: Equatable, Sendable {
  case null
  case bool(Bool)
  case number(String)
  case string(String)
  case array([JSONValue])
  case object([Member])

  struct Member: Equatable, Sendable {
    var key: String
    var value: JSONValue
  }

  /// Parses a whole document.
  init(parsing bytes: UnsafeRawBufferPointer) throws(JSONError) {
    var scanner = JSONScanner(bytes)
    self = try Self.value(&scanner)
    try scanner.end()
  }

  init(parsing text: String) throws(JSONError) {
    let bytes = Array(text.utf8)
    let result = bytes.withUnsafeBytes { raw in
      Result { () throws(JSONError) in try JSONValue(parsing: raw) }
    }
    self = try result.get()
  }

  static func value(_ scanner: inout JSONScanner) throws(JSONError) -> JSONValue {
    switch scanner.peek() {
    case UInt8(ascii: "{"): return try objectValue(&scanner)
    case UInt8(ascii: "["):
      var elements: [JSONValue] = []
      try scanner.array { scanner throws(JSONError) in elements.append(try value(&scanner)) }
      return .array(elements)
    case UInt8(ascii: "\""): return .string(scanner.decoded(try scanner.string()))
    case UInt8(ascii: "t"), UInt8(ascii: "f"): return .bool(try scanner.boolean() ?? false)
    case UInt8(ascii: "n"):
      try scanner.skip()
      return .null
    default:
      let range = try scanner.number()
      return .number(String(decoding: scanner.bytes[range], as: UTF8.self))
    }
  }

  private static func objectValue(_ scanner: inout JSONScanner) throws(JSONError) -> JSONValue {
    var members: [Member] = []
    try scanner.object { scanner, key throws(JSONError) in
      members.append(Member(key: scanner.decoded(key), value: try value(&scanner)))
    }
    return .object(members)
  }
}

extension JSONValue {
  static func int(_ value: Int) -> JSONValue {
    .number(String(value))
  }

  /// A number with three decimals, from thousandths.
  static func thousandths(_ value: Int64) -> JSONValue {
    let digits = String(value % 1000)
    return .number("\(value / 1000)." + String(repeating: "0", count: 3 - digits.count) + digits)
  }

  /// The member of an object; nil if there is none or this is no object.
  subscript(_ key: String) -> JSONValue? {
    guard case .object(let members) = self else { return nil }
    return members.first { $0.key == key }?.value
  }

  var text: String? {
    guard case .string(let text) = self else { return nil }
    return text
  }

  var integer: Int? {
    guard case .number(let digits) = self else { return nil }
    return Int(digits)
  }

  var elements: [JSONValue]? {
    guard case .array(let elements) = self else { return nil }
    return elements
  }
}

extension JSONValue: ExpressibleByStringLiteral, ExpressibleByDictionaryLiteral {
  init(stringLiteral text: String) {
    self = .string(text)
  }

  init(dictionaryLiteral members: (String, JSONValue)...) {
    self = .object(members.map { Member(key: $0.0, value: $0.1) })
  }
}
