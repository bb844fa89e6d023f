extension Pattern {
  /// Reads literals, `[classes]`, `\d \w \s`, `.`, `? * +`, `{m,n}`, `(groups)`, `|`, and `\b` at the ends.
  package init(_ text: String) throws(PatternError) {
    var parser = PatternParser(text)
    self = try parser.whole()
  }
}

/// Reads a pattern from left to right; what other engines do and a single pass can't is refused by name.
private struct PatternParser {
  private static let mostRepeats = 1_000
  private static let deepest = 32

  private let bytes: [UInt8]
  private var at = 0
  private var depth = 0

  init(_ text: String) { bytes = Array(text.utf8) }

  mutating func whole() throws(PatternError) -> Pattern {
    let pattern = try choice()
    if at < bytes.count { throw PatternError("has a ) without its (: write \\) for the letter", at: at) }
    if pattern.isNullable {
      throw PatternError("matches a text of no length, which is everywhere: ask for at least one letter")
    }
    return pattern
  }

  private var next: UInt8? { at < bytes.count ? bytes[at] : nil }

  private mutating func take(_ byte: Unicode.Scalar) -> Bool {
    guard next == UInt8(ascii: byte) else { return false }
    at += 1
    return true
  }

  private mutating func choice() throws(PatternError) -> Pattern {
    var options = [try sequence()]
    while take("|") { options.append(try sequence()) }
    return options.count == 1 ? options[0] : .choice(options)
  }

  private mutating func sequence() throws(PatternError) -> Pattern {
    var parts: [Pattern] = []
    while let byte = next, byte != UInt8(ascii: "|"), byte != UInt8(ascii: ")") {
      let start = at
      let atom = try atom()
      if atom == .boundary {
        let isAtEnd = next == nil || next == UInt8(ascii: "|")
        guard depth == 0, parts.isEmpty || isAtEnd else {
          throw PatternError("has \\b inside: it may stand at the beginning and the end only", at: start)
        }
        parts.append(atom)
      } else {
        parts.append(try repeated(atom))
      }
    }
    return parts.count == 1 ? parts[0] : .sequence(parts)
  }

  // MARK: Repetition

  private mutating func repeated(_ atom: Pattern) throws(PatternError) -> Pattern {
    let start = at
    let result: Pattern
    if take("?") {
      result = .repeated(atom, least: 0, most: 1)
    } else if take("*") {
      result = .repeated(atom, least: 0, most: nil)
    } else if take("+") {
      result = .repeated(atom, least: 1, most: nil)
    } else if take("{") {
      let (least, most) = try bounds(from: start)
      result = .repeated(atom, least: least, most: most)
    } else {
      return atom
    }
    if let byte = next, "?*+{".utf8.contains(byte) {
      throw PatternError(
        "repeats what is repeated: put it in ( ); lazy repetition means nothing here", at: at)
    }
    return result
  }

  private mutating func bounds(from start: Int) throws(PatternError) -> (Int, Int?) {
    let wrong = PatternError(
      "has a { that is no {m}, {m,} or {m,n} with m <= n, up to \(Self.mostRepeats): write \\{ for the letter",
      at: start)
    guard let least = number() else { throw wrong }
    var most: Int? = least
    if take(",") { most = number() }
    guard take("}"), least <= Self.mostRepeats else { throw wrong }
    if let most, most < max(least, 1) || most > Self.mostRepeats { throw wrong }
    return (least, most)
  }

  private mutating func number() -> Int? {
    let start = at
    var value = 0
    while let byte = next, 0x30...0x39 ~= byte, at - start < 5 {
      value = value * 10 + Int(byte - 0x30)
      at += 1
    }
    return at > start ? value : nil
  }

  // MARK: Atoms

  private mutating func atom() throws(PatternError) -> Pattern {
    let start = at
    let byte = bytes[at]
    at += 1
    switch byte {
    case UInt8(ascii: "("): return try group(from: start)
    case UInt8(ascii: "["): return try set(from: start)
    case UInt8(ascii: "."): return .choice([.byte(ByteSet("\n").otherASCII), .wide])
    case UInt8(ascii: "\\"):
      if take("b") { return .boundary }
      return .byte(try escape(from: start))
    case UInt8(ascii: "?"), UInt8(ascii: "*"), UInt8(ascii: "+"), UInt8(ascii: "{"):
      throw PatternError("repeats nothing: write \\ before the letter, or what is to be repeated", at: start)
    case UInt8(ascii: "^"), UInt8(ascii: "$"):
      throw PatternError("has an anchor, and texts are searched whole: write \\b, or \\ before it", at: start)
    case 0x80...: return wideLiteral(from: start)
    default: return .byte(ByteSet(byte...byte))
    }
  }

  /// A character beyond ASCII is one thing to repeat.
  private mutating func wideLiteral(from start: Int) -> Pattern {
    while let byte = next, 0x80...0xbf ~= byte { at += 1 }
    return .sequence(bytes[start..<at].map { .byte(ByteSet($0...$0)) })
  }

  private mutating func group(from start: Int) throws(PatternError) -> Pattern {
    if take("?") {
      guard take(":") else {
        throw PatternError("has (?, and there is no look-around, nor flags: remove it", at: start)
      }
    }
    depth += 1
    defer { depth -= 1 }
    guard depth <= Self.deepest else {
      throw PatternError("is nested deeper than \(Self.deepest) groups: flatten it", at: start)
    }
    let inner = try choice()
    guard take(")") else { throw PatternError("has a ( without its ): write \\( for the letter", at: start) }
    return inner
  }

  private mutating func escape(from start: Int) throws(PatternError) -> ByteSet {
    guard let byte = next else { throw PatternError("ends in \\: write \\\\ for the letter", at: start) }
    at += 1
    switch byte {
    case UInt8(ascii: "d"): return .digits
    case UInt8(ascii: "w"): return .word
    case UInt8(ascii: "s"): return .space
    case UInt8(ascii: "t"): return ByteSet("\t")
    case UInt8(ascii: "n"): return ByteSet("\n")
    case UInt8(ascii: "r"): return ByteSet("\r")
    case 0x30...0x39: throw PatternError("has a back-reference: write out what is to stand there", at: start)
    case 0x41...0x5a, 0x61...0x7a, 0x80...:
      throw PatternError(
        "has an escape that means nothing here: use \\d, \\w, \\s, \\b, \\t, \\n, \\r", at: start)
    default: return ByteSet(byte...byte)
    }
  }

  // MARK: Classes

  private mutating func set(from start: Int) throws(PatternError) -> Pattern {
    let isNegated = take("^")
    var set = ByteSet()
    var isEmpty = true
    while !take("]") {
      guard next != nil else {
        throw PatternError("has a [ without its ]: write \\[ for the letter", at: start)
      }
      try item(into: &set)
      isEmpty = false
    }
    guard !isEmpty else { throw PatternError("has an empty class: write \\] for the letter", at: start) }
    return isNegated ? .choice([.byte(set.otherASCII), .wide]) : .byte(set)
  }

  private mutating func item(into set: inout ByteSet) throws(PatternError) {
    let start = at
    guard let low = try single(into: &set) else { return }
    guard next == UInt8(ascii: "-"), at + 1 < bytes.count, bytes[at + 1] != UInt8(ascii: "]") else {
      return set.insert(low)
    }
    at += 1
    guard let high = try single(into: &set), low <= high else {
      throw PatternError("has a range that ends before it begins, or in a class: write it as a-z", at: start)
    }
    for byte in low...high { set.insert(byte) }
  }

  /// One letter; nil where it was a class of its own, which is in the set then.
  private mutating func single(into set: inout ByteSet) throws(PatternError) -> UInt8? {
    let start = at
    guard let byte = next else {
      throw PatternError("has a [ without its ]: write \\[ for the letter", at: start)
    }
    at += 1
    if byte >= 0x80 {
      throw PatternError("has a letter beyond ASCII in [ ]: write (ä|ö) in the place of [äö]", at: start)
    }
    guard byte == UInt8(ascii: "\\") else { return byte }
    let kind = next
    let escaped = try escape(from: start)
    if let kind, "dws".utf8.contains(kind) {
      set.formUnion(escaped)
      return nil
    }
    return (0...0x7f as ClosedRange<UInt8>).first { escaped.contains($0) }
  }
}
