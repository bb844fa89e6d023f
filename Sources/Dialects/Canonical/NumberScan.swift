/// Looks at every number of a document as it is spelled: a parsed value no longer tells what rounding took from it.
struct NumberScan {
  /// A whole number is spelled with a point or an exponent, such as `5.0`: providers may refuse that spelling alone.
  private(set) var hasOddSpelling = false
  /// The largest whole number below which each has a double of its own.
  private static let largestWhole: UInt64 = 1 << 53

  /// Reads a document that is valid JSON; throws where a double doesn't hold exactly what a number says.
  init(_ text: UnsafeRawBufferPointer) throws(CanonicalFault) {
    var at = 0
    while at < text.count {
      switch text[at] {
      case UInt8(ascii: "\""): at = Self.end(ofString: text, from: at + 1)
      case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
        let end = Self.end(ofNumber: text, from: at)
        try read(text.part(at..<end))
        at = end
      default: at += 1
      }
    }
  }

  private mutating func read(_ number: UnsafeRawBufferPointer) throws(CanonicalFault) {
    guard let decimal = Decimal(number), Self.isExact(decimal, number) else { throw .inexactNumber }
    if decimal.isWhole, !number.allSatisfy(Self.isPlain) { hasOddSpelling = true }
  }

  /// A double keeps 15 digits whatever they are, away from the ends of its range; what is near an end or longer is tried.
  private static func isExact(_ decimal: Decimal, _ number: UnsafeRawBufferPointer) -> Bool {
    if decimal.isWhole { return isExactWhole(decimal) }
    if decimal.digits <= 15, decimal.exponent > -300 { return true }
    guard let value = Double(String(decoding: number, as: UTF8.self)), value.isFinite else { return false }
    return Decimal(value) == decimal
  }

  private static func isExactWhole(_ decimal: Decimal) -> Bool {
    guard decimal.digits + decimal.exponent <= 16 else { return false }
    var whole = decimal.significand
    for _ in 0..<decimal.exponent { whole *= 10 }
    return whole <= largestWhole
  }

  private static func isPlain(_ byte: UInt8) -> Bool {
    UInt8(ascii: "0")...UInt8(ascii: "9") ~= byte || byte == UInt8(ascii: "-")
  }

  private static func end(ofNumber text: UnsafeRawBufferPointer, from start: Int) -> Int {
    var at = start
    while at < text.count {
      switch text[at] {
      case UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "+"), UInt8(ascii: "-"), UInt8(ascii: "."),
        UInt8(ascii: "e"), UInt8(ascii: "E"):
        at += 1
      default: return at
      }
    }
    return at
  }

  /// Behind the quote that closes a string: one with an even number of backslashes in front.
  private static func end(ofString text: UnsafeRawBufferPointer, from start: Int) -> Int {
    var at = start
    while let quote = text.firstIndex(of: UInt8(ascii: "\""), from: at) {
      var first = quote
      while first > start, text[first - 1] == UInt8(ascii: "\\") { first -= 1 }
      at = quote + 1
      if (quote - first) % 2 == 0 { return at }
    }
    return text.count
  }
}
