/// Where a member of an object stands in the source text, in byte offsets.
struct MemberPlace {
  /// With its quotes.
  let key: Range<Int>
  /// Without the white space around it.
  let value: Range<Int>
  /// The value's place among the structurals.
  let structural: Int

  /// The key is spelled with escapes: escapes are always longer than what they stand for.
  func isEscaped(_ key: JSONBytes) -> Bool { self.key.count - 2 != key.count }
}

/// Walks the members of an object in the source text of a parsed document, side by side with `JSONMembers`.
///
/// Steps over structural characters only, so long strings cost nothing. Borrowed from the parser until its
/// next document; the text must be valid JSON.
struct SourceCursor {
  private let text: UnsafeRawPointer
  private let structurals: UnsafeBufferPointer<UInt32>
  /// The structural of the next member's key, or of the closing brace.
  private var at = 1
  /// Containers around the deepest value seen so far, that container included.
  private(set) var deepest = 1

  init(text: PaddedBytes, structurals: UnsafeBufferPointer<UInt32>) {
    self.text = text.baseAddress
    self.structurals = structurals
  }

  /// The offset behind the opening brace of the object.
  var objectStart: Int { Int(structurals[at - 1]) + 1 }

  /// A cursor over the object that stands at `place`.
  func entering(_ place: MemberPlace) -> SourceCursor {
    var inner = self
    inner.at = place.structural + 1
    return inner
  }

  /// Takes the next member, which must exist; `isContainer` tells of its value.
  mutating func next(isContainer: Bool) -> MemberPlace {
    let structural = at + 2
    at = structural + 1
    if isContainer { skipContainer() }
    let key = Int(structurals[structural - 2])..<end(before: structural - 1)
    let value = Int(structurals[structural])..<end(before: at)
    at += 1
    return MemberPlace(key: key, value: value, structural: structural)
  }

  /// Goes behind the closing bracket of the container that was just entered.
  private mutating func skipContainer() {
    var depth = 2
    var deepest = self.deepest
    var at = self.at
    while depth > 1 {
      // `[` and `{`, `]` and `}` differ in one bit.
      let character = text.load(fromByteOffset: Int(structurals[at]), as: UInt8.self) | 0x20
      if character == 0x7b { depth += 1 } else if character == 0x7d { depth -= 1 }
      deepest = max(deepest, depth)
      at += 1
    }
    self.at = at
    self.deepest = max(deepest, 2)
  }

  /// The end of the token in front of a structural: the white space between is cut off.
  private func end(before structural: Int) -> Int {
    var end = Int(structurals[structural])
    while isSpace(text.load(fromByteOffset: end - 1, as: UInt8.self)) { end -= 1 }
    return end
  }

  private func isSpace(_ byte: UInt8) -> Bool {
    byte == 0x20 || byte == 0x0a || byte == 0x0d || byte == 0x09
  }
}
