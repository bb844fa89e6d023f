/// What is kept of a prompt for training: how often each of 32,768 hashes of its words, of its pairs of words and of its words' beginnings
/// occurs, and what it looks like. Of where they stand nothing is left; several share each hash.
package struct PromptSketch: Sendable, Equatable {
  struct Gram: Sendable, Equatable {
    let bucket: Int
    let count: Int
  }

  package static let bits = 15
  /// Bytes of a text; of a prompt that needs more nothing is kept.
  package static let mostBytes = 12 << 10
  private static let shapes = PromptShape().values.scalarCount

  /// A hash of its first 32 bytes: prompts that begin alike are variants of each other. Digits are taken for 0, as n-grams take them, and
  /// the hash has `families` values only: who tries beginnings finds as many that have it as he likes.
  package let family: UInt32
  static let families: UInt32 = 1 << 12
  /// The complexity that the heuristic said, in thousandths.
  package let heuristic: Int
  /// `PromptShape.values` in thousandths.
  let shape: [Int]
  /// In the order of their buckets, each once.
  let grams: [Gram]

  private init(family: UInt32, heuristic: Int, shape: [Int], grams: [Gram]) {
    (self.family, self.heuristic, self.shape, self.grams) = (family, heuristic, shape, grams)
  }

  /// `heuristic`: 0 to 1.
  package init(_ prompt: String, heuristic: Double) {
    var hash = Fingerprint()
    let beginning = prompt.utf8.prefix(32).map { (0x30...0x39).contains($0) ? 0x30 : $0 }
    hash.add(String(decoding: beginning, as: UTF8.self))
    let features = PromptFeatures(prompt, bits: Self.bits)
    let places = features.indices.indices.filter { features.indices[$0] < 1 << Self.bits }
    // Each value is a count over the root of all counts' sum, and so all values' sum is that root.
    let root = places.reduce(0.0) { $0 + features.values[$1] }
    var shape = [Int](repeating: 0, count: Self.shapes)
    for place in features.indices.indices where features.indices[place] >= 1 << Self.bits {
      shape[features.indices[place] - 1 << Self.bits] = Int((features.values[place] * 1_000).rounded())
    }
    self.init(
      family: UInt32(truncatingIfNeeded: hash.value) % Self.families,
      heuristic: Int((heuristic * 1_000).rounded()),
      shape: shape,
      grams: places.map {
        Gram(bucket: features.indices[$0], count: Int((features.values[$0] * root).rounded()))
      })
  }

  /// Whether it is short enough to be kept. Of many n-grams that is known without writing them: each takes two bytes at least.
  package var fits: Bool { 2 * grams.count <= Self.mostBytes && text.utf8.count <= Self.mostBytes }

  /// As training sees it.
  var features: PromptFeatures {
    let root = Double(max(1, grams.reduce(0) { $0 + $1.count })).squareRoot()
    let shapes = shape.indices.filter { shape[$0] != 0 }
    return PromptFeatures(
      indices: grams.map(\.bucket) + shapes.map { 1 << Self.bits + $0 },
      values: grams.map { Double($0.count) / root } + shapes.map { Double(shape[$0]) / 1_000 })
  }
}

// MARK: Text

/// `<family> <heuristic> <shape> <grams>`: the family to the base of 36, the shape's numbers between commas; of each gram how far its bucket
/// is behind the one before, to the base of 36, and `*<count>` where it occurs more than once, `-` where there are none.
extension PromptSketch {
  package var text: String {
    var previous = -1
    let words = grams.map { gram -> String in
      defer { previous = gram.bucket }
      return String(gram.bucket - previous, radix: 36) + (gram.count > 1 ? "*\(gram.count)" : "")
    }
    let shape = shape.map { "\($0)" }.joined(separator: ",")
    return "\(String(family, radix: 36)) \(heuristic) \(shape) "
      + (words.isEmpty ? "-" : words.joined(separator: ","))
  }

  /// Nil for what is none, or too long.
  package init?(text: some StringProtocol) {
    let words = text.split(separator: " ")
    guard text.utf8.count <= Self.mostBytes, words.count == 4, let family = UInt32(words[0], radix: 36),
      family < Self.families, let heuristic = Int(words[1]), (0...1_000).contains(heuristic)
    else { return nil }
    let numbers = words[2].split(separator: ",")
    let shape = numbers.compactMap { Int($0) }.filter { (0...1_000).contains($0) }
    guard shape.count == Self.shapes, numbers.count == Self.shapes else { return nil }
    var grams: [Gram] = []
    for word in words[3] == "-" ? [] : words[3].split(separator: ",") {
      guard let gram = Self.gram(word, behind: grams.last?.bucket ?? -1) else { return nil }
      grams.append(gram)
    }
    self.init(family: family, heuristic: heuristic, shape: shape, grams: grams)
  }

  private static func gram(_ word: some StringProtocol, behind previous: Int) -> Gram? {
    let parts = word.split(separator: "*")
    guard (1...2).contains(parts.count), let step = Int(parts[0], radix: 36), (1...1 << bits).contains(step),
      previous + step < 1 << bits, let count = parts.count == 2 ? Int(parts[1]) : 1,
      (1...1_000_000).contains(count)
    else { return nil }
    return Gram(bucket: previous + step, count: count)
  }
}
