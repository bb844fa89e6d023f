package import Policy

/// JSON to be written, members in the order given.
package indirect enum JSON: Sendable {
  case null
  case bool(Bool)
  case int(Int)
  /// Written with four decimals at the most; what is no number is `null`.
  case decimal(Double)
  case string(String)
  case array([JSON])
  case object([(name: String, value: JSON)])
  /// What somebody else wrote, its numbers as they were spelled.
  case literal(JSONLiteral)

  /// One line.
  package var text: String {
    switch self {
    case .null: "null"
    case .bool(let value): "\(value)"
    case .int(let value): "\(value)"
    case .decimal(let value): Self.decimal(value)
    case .string(let value): Self.quoted(value)
    case .array(let elements): "[" + elements.map(\.text).joined(separator: ", ") + "]"
    case .object(let members):
      "{" + members.map { "\(Self.quoted($0.name)): \($0.value.text)" }.joined(separator: ", ") + "}"
    case .literal(let value): value.text
    }
  }

  /// Many lines: an object's members each on their own.
  func pretty(indent: Int = 0) -> String {
    guard case .object(let members) = self, !members.isEmpty, text.count > 80 else { return text }
    let margin = String(repeating: " ", count: indent + 2)
    let lines = members.map { "\(margin)\(Self.quoted($0.name)): \($0.value.pretty(indent: indent + 2))" }
    return "{\n" + lines.joined(separator: ",\n") + "\n" + String(repeating: " ", count: indent) + "}"
  }

  /// This object with further members behind its own; what is no object stays as it is.
  package func adding(_ more: [(name: String, value: JSON)]) -> JSON {
    guard case .object(let members) = self else { return self }
    return .object(members + more)
  }

  private static func decimal(_ value: Double) -> String {
    guard value.isFinite, abs(value) < 1e12 else { return "null" }
    return "\((value * 10_000).rounded() / 10_000)"
  }

  /// Also a double-quoted scalar of YAML.
  private static func quoted(_ text: String) -> String {
    var quoted = "\""
    for scalar in text.unicodeScalars {
      switch scalar {
      case "\"": quoted += "\\\""
      case "\\": quoted += "\\\\"
      case "\n": quoted += "\\n"
      case "\t": quoted += "\\t"
      case _ where isPlain(scalar): quoted.unicodeScalars.append(scalar)
      default: quoted += "\\u" + hex(scalar.value)
      }
    }
    return quoted + "\""
  }

  /// What both JSON and YAML take as it is: no control character, no line break, no byte order mark.
  private static func isPlain(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0x20..<0x7F, 0xA0..<0x2028, 0x202A..<0xFEFF, 0xFF00..<0xFFFE, 0x10000...: true
    default: false
    }
  }

  private static func hex(_ value: UInt32) -> String {
    let digits = String(value, radix: 16)
    return String(repeating: "0", count: 4 - digits.count) + digits
  }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral {
  package init(stringLiteral value: String) { self = .string(value) }
  package init(arrayLiteral elements: JSON...) { self = .array(elements) }
  package init(dictionaryLiteral elements: (String, JSON)...) {
    self = .object(elements.map { (name: $0.0, value: $0.1) })
  }
}
