/// Walks the strings of a JSON text in their order. What is no valid JSON ends it early.
struct JSONStrings {
  struct Item {
    /// Between the quotes.
    var content: Range<Int>
    var isKey: Bool
    var hasEscapes: Bool
  }

  let text: UnsafeRawBufferPointer
  private var at = 0

  init(_ text: UnsafeRawBufferPointer) { self.text = text }

  /// What stands behind the last string, as far as no other begins: `: 0, `.
  var rest: Slice<UnsafeRawBufferPointer> { text[at...].prefix { $0 != UInt8(ascii: "\"") } }

  mutating func next() -> Item? {
    while at < text.count, text[at] != UInt8(ascii: "\"") { at += 1 }
    guard at < text.count else { return nil }
    let start = at + 1
    var hasEscapes = false
    at = start
    while at < text.count, text[at] != UInt8(ascii: "\"") {
      if text[at] == UInt8(ascii: "\\") {
        hasEscapes = true
        at += 1
      }
      at += 1
    }
    guard at < text.count else { return nil }
    let content = start..<at
    at += 1
    let behind = text[at...].first { $0 > 0x20 }
    return Item(content: content, isKey: behind == UInt8(ascii: ":"), hasEscapes: hasEscapes)
  }
}

/// A string of a JSON text without its escapes, and where each byte of it comes from.
struct PlainString {
  private(set) var bytes: [UInt8] = []
  private let start: Int
  /// By byte, and for the end: where it begins in the JSON text. Empty where there are no escapes.
  private var places: [Int] = []

  /// Where a byte, or the end, stands in the JSON text.
  func place(_ offset: Int) -> Int { places.isEmpty ? start + offset : places[offset] }

  init(_ item: JSONStrings.Item, in text: UnsafeRawBufferPointer) {
    start = item.content.lowerBound
    guard item.hasEscapes else {
      bytes = Array(text[item.content])
      return
    }
    bytes.reserveCapacity(item.content.count)
    places.reserveCapacity(item.content.count + 1)
    var at = item.content.lowerBound
    while at < item.content.upperBound {
      let start = at
      guard text[at] == UInt8(ascii: "\\"), at + 1 < item.content.upperBound else {
        append(text[at], from: start)
        at += 1
        continue
      }
      at += 2
      switch text[start + 1] {
      case UInt8(ascii: "n"): append(0x0a, from: start)
      case UInt8(ascii: "t"): append(0x09, from: start)
      case UInt8(ascii: "r"): append(0x0d, from: start)
      case UInt8(ascii: "b"): append(0x08, from: start)
      case UInt8(ascii: "f"): append(0x0c, from: start)
      case UInt8(ascii: "u"): at = appendUnicode(text, start, end: item.content.upperBound)
      default: append(text[start + 1], from: start)
      }
    }
    places.append(item.content.upperBound)
  }

  private mutating func append(_ byte: UInt8, from place: Int) {
    bytes.append(byte)
    places.append(place)
  }

  /// The place behind the escape at `start`, or behind a pair of them.
  private mutating func appendUnicode(_ text: UnsafeRawBufferPointer, _ start: Int, end: Int) -> Int {
    var (unit, place) = (Self.unit(text, start, end), start + 6)
    if 0xd800..<0xdc00 ~= unit, place + 1 < end, text[place] == UInt8(ascii: "\\"),
      text[place + 1] == UInt8(ascii: "u")
    {
      let low = Self.unit(text, place, end)
      if 0xdc00..<0xe000 ~= low {
        unit = 0x10000 + (unit - 0xd800) << 10 + (low - 0xdc00)
        place += 6
      }
    }
    let scalar = Unicode.Scalar(UInt32(unit)) ?? "\u{fffd}"
    for byte in String(Character(scalar)).utf8 { append(byte, from: start) }
    return min(place, end)
  }

  private static func unit(_ text: UnsafeRawBufferPointer, _ start: Int, _ end: Int) -> Int {
    guard start + 6 <= end else { return 0xfffd }
    return Int(String(decoding: text[start + 2..<start + 6], as: UTF8.self), radix: 16) ?? 0xfffd
  }
}
