/// Adds up a prompt: bytes of text, images, ready-made token numbers, and a hash of the text.
struct PromptCount: Equatable {
  private(set) var textBytes = 0
  private(set) var images = 0
  private(set) var numbers = 0
  private(set) var hash: UInt64 = 0xCBF2_9CE4_8422_2325
  /// Whether there was a prompt at all.
  private(set) var isPresent = false

  var tokens: Int {
    TokenCount.tokens(textBytes: textBytes) + numbers + images * TokenCount.perImage
  }

  /// Takes in the value at the cursor: a prompt string, a list of messages, parts, inputs or token numbers.
  mutating func add(_ scanner: inout JSONScanner) throws(JSONError) {
    isPresent = true
    try walk(&scanner)
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
    } else {
      try scanner.skip()
    }
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
