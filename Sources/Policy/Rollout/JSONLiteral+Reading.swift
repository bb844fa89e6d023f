extension JSONLiteral {
  /// Why a text is none.
  package struct Flaw: Error, Equatable {
    /// Of the byte at fault.
    package let offset: Int
    /// What stands there: `an open string`.
    package let reason: String
  }

  /// Containers that may be nested.
  static let maxDepth = 32

  /// Reads the whole of `text`, which holds one value; a name that an object has twice is refused.
  package init(text: String) throws(Flaw) {
    var reader = LiteralReader(text)
    self = try reader.document()
  }
}

/// Goes through a text once.
private struct LiteralReader {
  private let bytes: [UInt8]
  private var at = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func document() throws(JSONLiteral.Flaw) -> JSONLiteral {
    let value = try value(depth: 0)
    skipSpaces()
    guard at == bytes.count else { throw flaw("something behind the end") }
    return value
  }

  private func flaw(_ reason: String) -> JSONLiteral.Flaw { JSONLiteral.Flaw(offset: at, reason: reason) }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func skipSpaces() {
    while let byte = next, byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09 { at += 1 }
  }

  /// Takes `byte` if it comes next, white space apart.
  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    skipSpaces()
    guard next == UInt8(ascii: byte) else { return false }
    at += 1
    return true
  }

  private mutating func value(depth: Int) throws(JSONLiteral.Flaw) -> JSONLiteral {
    skipSpaces()
    switch next {
    case UInt8(ascii: "{"): return try object(depth: depth + 1)
    case UInt8(ascii: "["): return try array(depth: depth + 1)
    case UInt8(ascii: "\""): return .string(try string())
    case nil: throw flaw("the end")
    default: return try word()
    }
  }

  /// A number, `true`, `false` or `null`: up to what can be no part of either.
  private mutating func word() throws(JSONLiteral.Flaw) -> JSONLiteral {
    let start = at
    while let byte = next, !",]}: \n\r\t\"[{".utf8.contains(byte) { at += 1 }
    let word = String(decoding: bytes[start..<at], as: UTF8.self)
    switch word {
    case "null": return .null
    case "true": return .bool(true)
    case "false": return .bool(false)
    default:
      guard let number = JSONNumber(word) else {
        at = start
        throw flaw("neither a text nor a number of 64 bits nor true, false or null")
      }
      return .number(number)
    }
  }

  private mutating func array(depth: Int) throws(JSONLiteral.Flaw) -> JSONLiteral {
    try enter(depth)
    var elements: [JSONLiteral] = []
    if take("]") { return .array([]) }
    repeat { elements.append(try value(depth: depth)) } while take(",")
    guard take("]") else { throw flaw("no comma and no end of the list") }
    return .array(elements)
  }

  private mutating func object(depth: Int) throws(JSONLiteral.Flaw) -> JSONLiteral {
    try enter(depth)
    var members: [JSONLiteral.Member] = []
    var names: Set<[UInt8]> = []
    if take("}") { return .object([]) }
    repeat {
      skipSpaces()
      guard next == UInt8(ascii: "\"") else { throw flaw("no name") }
      let name = try string()
      guard names.insert(Array(name.utf8)).inserted else { throw flaw("a name that is there already") }
      guard take(":") else { throw flaw("no colon") }
      members.append(.init(name, try value(depth: depth)))
    } while take(",")
    guard take("}") else { throw flaw("no comma and no end of the object") }
    return .object(members)
  }

  /// Takes the bracket.
  private mutating func enter(_ depth: Int) throws(JSONLiteral.Flaw) {
    guard depth <= JSONLiteral.maxDepth else { throw flaw("more than \(JSONLiteral.maxDepth) levels") }
    at += 1
  }

  // MARK: Texts

  private mutating func string() throws(JSONLiteral.Flaw) -> String {
    at += 1
    var text: [UInt8] = []
    while let byte = next {
      switch byte {
      case UInt8(ascii: "\""):
        at += 1
        return String(decoding: text, as: UTF8.self)
      case UInt8(ascii: "\\"): text += String(try escape()).utf8
      case 0..<0x20: throw flaw("a control character")
      default:
        text.append(byte)
        at += 1
      }
    }
    throw flaw("an open string")
  }

  private mutating func escape() throws(JSONLiteral.Flaw) -> Unicode.Scalar {
    let letter = at + 1 < bytes.count ? bytes[at + 1] : 0
    guard letter != UInt8(ascii: "u") else { return try scalar() }
    let plain: [UInt8: Unicode.Scalar] = [
      0x22: "\"", 0x5c: "\\", 0x2f: "/", 0x62: "\u{8}", 0x66: "\u{c}", 0x6e: "\n", 0x72: "\r", 0x74: "\t",
    ]
    guard let scalar = plain[letter] else { throw flaw("an unknown escape") }
    at += 2
    return scalar
  }

  /// `\u0041`, or two of them for what UTF-16 needs two for.
  private mutating func scalar() throws(JSONLiteral.Flaw) -> Unicode.Scalar {
    let high = try unit()
    if let scalar = Unicode.Scalar(high) { return scalar }
    guard high < 0xdc00 else { throw flaw("half a surrogate pair") }
    let low = try unit()
    guard 0xdc00...0xdfff ~= low,
      let scalar = Unicode.Scalar(0x10000 + (UInt32(high) - 0xd800) << 10 + UInt32(low) - 0xdc00)
    else { throw flaw("half a surrogate pair") }
    return scalar
  }

  private mutating func unit() throws(JSONLiteral.Flaw) -> UInt16 {
    guard at + 6 <= bytes.count, bytes[at] == UInt8(ascii: "\\"), bytes[at + 1] == UInt8(ascii: "u") else {
      throw flaw("half an escape")
    }
    var unit: UInt16 = 0
    for byte in bytes[at + 2..<at + 6] {
      guard let digit = Character(Unicode.Scalar(byte)).hexDigitValue, byte < 0x80 else {
        throw flaw("an escape without four hexadecimal digits")
      }
      unit = unit << 4 | UInt16(digit)
    }
    at += 6
    return unit
  }
}
