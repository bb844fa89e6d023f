/// Adds up a prompt: bytes of text, images, ready-made token numbers, and a hash of the text.
struct PromptCount: Equatable {
  private(set) var textBytes = 0
  private(set) var images = 0
  private(set) var numbers = 0
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  /// Whether there was a prompt at all.
  private(set) var isPresent = false
  /// Whether its last message is what a function returned.
  var endsWithResult = false
  /// Whether functions are called or have returned in it.
  private(set) var hasCalls = false
  /// Where a role stands that nobody has.
  private(set) var wrongRole: Range<Int>?

  var tokens: Int {
    TokenCount.tokens(textBytes: textBytes) + numbers + images * TokenCount.perImage
  }

  /// Takes in the value at the cursor: a prompt string, a list of messages, parts, inputs or token numbers.
  mutating func add(_ scanner: inout JSONScanner) throws(JSONError) {
    isPresent = true
    try walk(&scanner)
  }

  /// Takes in a text of a prompt that was read as a tree.
  mutating func add(text: String) {
    isPresent = true
    var text = text
    textBytes += text.utf8.count
    let before = hash
    hash = text.withUTF8 { hashed(UnsafeRawBufferPointer($0), from: before) }
  }

  mutating func addImage() {
    images += 1
  }

  private mutating func walk(_ scanner: inout JSONScanner) throws(JSONError) {
    switch scanner.peek() {
    case UInt8(ascii: "\""): count(try scanner.string(), scanner)
    case UInt8(ascii: "["): try scanner.array { scanner throws(JSONError) in try walk(&scanner) }
    case UInt8(ascii: "{"): try scanner.object { scanner, key throws(JSONError) in try member(key, &scanner) }
    case UInt8(ascii: "-"), UInt8(ascii: "0")...UInt8(ascii: "9"):
      _ = try scanner.number()
      numbers += 1
    default: try scanner.skip()
    }
  }

  /// A member of a message or of a part of its content.
  private mutating func member(_ key: JSONScanner.Text, _ scanner: inout JSONScanner) throws(JSONError) {
    let first = scanner.peek()
    if scanner.matches(key.range, "content") || scanner.matches(key.range, "text")
      || scanner.matches(key.range, "output")
    {
      try walk(&scanner)
    } else if scanner.matches(key.range, "type"), first == UInt8(ascii: "\"") {
      let type = try scanner.string().range
      if scanner.matches(type, "image_url") || scanner.matches(type, "input_image") { images += 1 }
      if scanner.matches(type, "function_call_output") { endsWithResult = true }
    } else if scanner.matches(key.range, "role"), first == UInt8(ascii: "\"") {
      take(role: try scanner.string().range, scanner)
    } else if scanner.matches(key.range, "tool_calls") {
      hasCalls = true
      try scanner.skip()
    } else {
      try scanner.skip()
    }
  }

  private mutating func take(role: Range<Int>, _ scanner: JSONScanner) {
    endsWithResult = scanner.matches(role, "tool")
    if endsWithResult { hasCalls = true }
    let isKnown =
      endsWithResult || scanner.matches(role, "user") || scanner.matches(role, "assistant")
      || scanner.matches(role, "system") || scanner.matches(role, "developer")
      || scanner.matches(role, "function")
    if !isKnown { wrongRole = role }
  }

  private mutating func count(_ text: JSONScanner.Text, _ scanner: JSONScanner) {
    textBytes += text.decodedCount
    hash = hashed(UnsafeRawBufferPointer(rebasing: scanner.bytes[text.range]), from: hash)
  }
}

/// A hash of `bytes`, eight at a time, that goes on from `seed`. Not for adversaries.
func hashed(_ bytes: UnsafeRawBufferPointer, from seed: UInt64) -> UInt64 {
  var hash = seed ^ UInt64(bytes.count)
  var offset = 0
  while offset + 8 <= bytes.count {
    let word = bytes.loadUnaligned(fromByteOffset: offset, as: UInt64.self)
    hash = (hash ^ word) &* 0x9E37_79B9_7F4A_7C15
    hash ^= hash >> 29
    offset += 8
  }
  for byte in bytes[offset...] { hash = (hash ^ UInt64(byte)) &* 0x100_0000_01B3 }
  return hash
}
