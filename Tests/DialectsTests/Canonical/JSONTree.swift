/// A JSON value that knows its canonical form by itself, and random spellings of itself.
indirect enum JSONTree {
  /// Spellings of one number, the canonical one first.
  case number([String])
  case string(String)
  case word(String)
  case array([JSONTree])
  case object([(key: String, value: JSONTree)])

  /// By Swift's own UTF-16 and scalars, not by the code under test.
  var canonical: String {
    switch self {
    case .number(let spellings): return spellings[0]
    case .string(let text): return Self.quoted(text)
    case .word(let word): return word
    case .array(let elements): return "[" + elements.map(\.canonical).joined(separator: ",") + "]"
    case .object(let members):
      let sorted = members.sorted { $0.key.utf16.lexicographicallyPrecedes($1.key.utf16) }
      return "{" + sorted.map { Self.quoted($0.key) + ":" + $0.value.canonical }.joined(separator: ",") + "}"
    }
  }

  private static func quoted(_ text: String) -> String {
    let short: [Unicode.Scalar: String] = [
      "\"": #"\""#, "\\": #"\\"#, "\u{8}": #"\b"#, "\t": #"\t"#, "\n": #"\n"#, "\u{c}": #"\f"#, "\r": #"\r"#,
    ]
    let scalars = text.unicodeScalars.map { scalar in
      short[scalar] ?? (scalar.value < 0x20 ? Self.escape(UInt16(scalar.value)) : String(scalar))
    }
    return "\"" + scalars.joined() + "\""
  }

  static func escape(_ unit: UInt16) -> String {
    let digits = String(unit, radix: 16)
    return #"\u"# + String(repeating: "0", count: 4 - digits.count) + digits
  }
}

/// Random trees, and random spellings of one tree.
struct JSONTreeMaker {
  private var random: SeededGenerator

  init(seed: UInt64) { random = SeededGenerator(seed: seed) }

  mutating func object(depth: Int = 4) -> JSONTree {
    var keys: Set<[UInt16]> = []
    var members: [(key: String, value: JSONTree)] = []
    for _ in 0..<Int.random(in: 0...(chance(5) ? 40 : 6), using: &random) {
      let key = text()
      if keys.insert(Array(key.utf16)).inserted { members.append((key, value(depth: depth - 1))) }
    }
    return .object(members)
  }

  private mutating func value(depth: Int) -> JSONTree {
    switch Int.random(in: 0..<(depth > 0 ? 6 : 4), using: &random) {
    case 0: .number(pick(Self.numbers))
    case 1, 2: .string(text())
    case 3: .word(pick(["true", "false", "null"]))
    case 4: .array((0..<Int.random(in: 0...4, using: &random)).map { _ in value(depth: depth - 1) })
    default: object(depth: depth)
    }
  }

  private static let numbers = [
    ["0", "-0", "0.0", "-0e5", "0E-400"], ["1", "1.0", "10e-1", "0.1e1"], ["-17", "-17.00", "-1.7E1"],
    ["0.7", "7e-1", "0.70", "70.0e-2"], ["1e-7", "0.0000001", "1E-07"], ["0.000001", "1e-6", "0.1e-5"],
    ["9007199254740992", "9007199254740992.0"], ["4.5", "4.50"],
    ["4503599627370495.5", "45035996273704955e-1"],
    ["0.1234567890123456", "0.12345678901234560"], ["5e-324", "0.5e-323"], ["123456789.5", "1234567895E-1"],
  ]

  /// Of characters at which orders differ: surrogates and what comes behind them, one and several UTF-8 bytes.
  private mutating func text() -> String {
    let scalars: [String] = [
      "a", "b", "A", "\"", "\\", "/", "\n", "\u{0}", "\u{8}", "\u{1f}", "\u{7f}", "é", "e\u{301}", "\u{7ff}",
      "\u{d7ff}", "\u{e000}", "\u{ee00}", "\u{ffff}", "\u{10000}", "😀", "\u{10ffff}", "\u{2028}",
    ]
    return (0..<Int.random(in: 0...5, using: &random)).map { _ in pick(scalars) }.joined()
  }

  mutating func spelled(_ tree: JSONTree) -> String {
    switch tree {
    case .number(let spellings): return pick(spellings)
    case .string(let text): return spelled(text)
    case .word(let word): return word
    case .array(let elements):
      let texts = elements.map { space() + spelled($0) + space() }
      return "[" + (texts.isEmpty ? space() : texts.joined(separator: ",")) + "]"
    case .object(let members):
      let texts = members.shuffled(using: &random).map {
        space() + spelled($0.key) + space() + ":" + space() + spelled($0.value) + space()
      }
      return "{" + (texts.isEmpty ? space() : texts.joined(separator: ",")) + "}"
    }
  }

  private mutating func spelled(_ text: String) -> String {
    var result = "\""
    for scalar in text.unicodeScalars {
      let mustEscape = scalar == "\"" || scalar == "\\" || scalar.value < 0x20
      if mustEscape || chance(20) {
        for unit in String(scalar).utf16 {
          let escape = JSONTree.escape(unit)
          result += chance(50) ? escape : #"\u"# + escape.dropFirst(2).uppercased()
        }
      } else {
        result.unicodeScalars.append(scalar)
      }
    }
    return result + "\""
  }

  private mutating func space() -> String { chance(80) ? "" : pick([" ", "\n", "\t", "\r\n", "  "]) }
  private mutating func chance(_ percent: Int) -> Bool { Int.random(in: 0..<100, using: &random) < percent }
  private mutating func pick<Element>(_ elements: [Element]) -> Element {
    elements[Int.random(in: 0..<elements.count, using: &random)]
  }
}
