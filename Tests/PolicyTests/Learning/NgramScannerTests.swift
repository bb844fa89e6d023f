import Testing

@testable import Policy

/// What is read of a prompt, beside a reader that is plain and slow.
struct NgramScannerTests {
  static func scan(_ bytes: [UInt8]) -> (hashes: [UInt64], shape: PromptShape) {
    var hashes: [UInt64] = []
    let shape = bytes.withUnsafeBytes {
      NgramScanner.pass(over: $0, length: $0.count) { hashes.append($0) }
    }
    return (hashes, shape)
  }

  static func hashes(_ text: String) -> [UInt64] { scan(Array(text.utf8)).hashes }

  /// The words of ASCII, Latin and Chinese text.
  private static func words(_ text: String) -> [[UInt8]] {
    var words: [[UInt8]] = [[]]
    for scalar in text.unicodeScalars {
      let bytes = Array(String(scalar).utf8)
      switch scalar {
      case "a"..."z": words[words.count - 1] += bytes
      case "A"..."Z": words[words.count - 1] += bytes.map { $0 + 32 }
      case "0"..."9": words[words.count - 1].append(UInt8(ascii: "0"))
      case "\u{c0}"..."\u{7ff}": words[words.count - 1] += bytes
      case "\u{3000}"..."\u{d7ff}": words += [bytes, []]
      default: words.append([])
      }
    }
    return words.filter { !$0.isEmpty }
  }

  private static func hash(_ word: some Sequence<UInt8>) -> UInt64 {
    word.reduce(0) { ($0 << 9 | $0 >> 55) &+ UInt64($1) }
  }

  static func plainHashes(_ text: String) -> [UInt64] {
    var hashes: [UInt64] = []
    var previous: UInt64 = 0x9E37_79B9_7F4A_7C15
    for word in words(text) {
      let whole = hash(word).mixed
      hashes += [whole, (previous &* 31 &+ whole).mixed]
      if word.count > 3 { hashes.append((hash(word.prefix(3)) ^ 0x3333_0000_0000_0000).mixed) }
      if word.count > 5 { hashes.append((hash(word.prefix(5)) ^ 0x5555_0000_0000_0000).mixed) }
      previous = whole
    }
    return hashes
  }

  @Test(arguments: [
    "", " ", "a", "Prove that 2 + 2 = 4.", "the THE The", "x.y,z;w", "Übersetze: «größer» ¿qué? l’eau",
    "请证明 P≠NP。然后", "ルート2が無理数", "naïve café 😀 ok", "don't stop", "a_b(c)[d]",
    "internationalisation of organisations",
  ])
  func hashesAreThoseOfAPlainReader(text: String) {
    #expect(Self.hashes(text) == Self.plainHashes(text))
  }

  @Test func wordsCountAndSoDoTheirNeighbours() {
    #expect(Self.hashes("Dog, bites man") == Self.hashes("dog bites MAN"))
    #expect(Set(Self.hashes("dog bites man")) != Set(Self.hashes("man bites dog")))
    #expect(Self.hashes("in 1987") == Self.hashes("in 2024") && Self.hashes("in 87") != Self.hashes("in 187"))
    // A stem in common, and nothing else.
    #expect(Set(Self.hashes("analysing")).intersection(Self.hashes("analysed")).count == 2)
  }

  @Test func signsAreCounted() {
    let shape = Self.scan(Array("Why? f(x) = 12,\nor é?".utf8)).shape
    #expect(shape.questions == 2 && shape.lines == 1 && shape.commas == 1 && shape.digits == 2)
    #expect(shape.marks == 3 && shape.wide == 2 && shape.words == 6 && shape.letters == 11)
    #expect(shape.bytes == 22 && shape.seen == 22 && shape.grams == 12)
  }

  @Test func ofALongPromptBothEndsAreRead() {
    let edge = NgramScanner.edge
    let middle = [UInt8](repeating: UInt8(ascii: "?"), count: 5_000)
    let head = Array(String(repeating: "head ", count: edge).utf8.prefix(edge))
    let tail = Array(String(repeating: " tail", count: edge).utf8.suffix(edge))
    let (hashes, shape) = Self.scan(head + middle + tail)
    #expect(shape.bytes == 2 * edge + 5_000 && shape.seen == 2 * edge && shape.questions == 0)
    #expect(hashes == Self.scan(head).hashes + Self.scan(tail).hashes)
    #expect(Self.scan(head + tail).shape.seen == 2 * edge)
  }

  @Test func anyBytesAreRead() {
    var chance = Chance(seed: 5)
    for length in 0..<200 {
      let bytes = (0..<length).map { _ in UInt8(chance.below(256)) }
      let (hashes, shape) = Self.scan(bytes)
      #expect(shape.grams == hashes.count && shape.seen == length)
      #expect(shape.values.indices.allSatisfy { (0...1).contains(shape.values[$0]) })
    }
  }
}
