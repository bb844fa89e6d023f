/// Which pairs of neighbouring bytes texts have, their ends counted as bytes: a set of 256 numbers, which the pairs share. A pattern fits no
/// text that lacks one of its own pairs, and that is seen without comparing the two (signature files; Faloutsos and Christodoulakis 1984).
struct BytePairs: Sendable, Equatable {
  static let none = BytePairs(bits: SIMD4(repeating: 0))
  static let all = BytePairs(bits: SIMD4(repeating: .max))
  private static let end: UInt64 = 0x100

  private var bits: SIMD4<UInt64>

  /// Adds those of a text, or those that each text has that a pattern fits. `place`: which of a request's texts it is.
  mutating func add(_ text: String, of place: Int, isPattern: Bool = false) {
    var (text, pairs) = (text, self)
    text.withUTF8 { bytes in
      // Nil behind what stands for any character.
      var last: UInt64? = Self.end
      for byte in bytes {
        if isPattern, Glob.isWild(byte) {
          last = nil
          continue
        }
        if let last { pairs.insert(last, UInt64(byte), place) }
        last = UInt64(byte)
      }
      if let last { pairs.insert(last, Self.end, place) }
    }
    self = pairs
  }

  private mutating func insert(_ first: UInt64, _ second: UInt64, _ place: Int) {
    // Fibonacci hashing (Knuth, The Art of Computer Programming 3, 6.4).
    let number = ((UInt64(place) << 18 | first << 9 | second) &* 0x9E37_79B9_7F4A_7C15) >> 56
    bits[Int(number >> 6)] |= 1 &<< (number & 63)
  }

  func union(_ other: BytePairs) -> BytePairs { BytePairs(bits: bits | other.bits) }

  func intersection(_ other: BytePairs) -> BytePairs { BytePairs(bits: bits & other.bits) }

  func isSuperset(of other: BytePairs) -> Bool { other.bits & ~bits == SIMD4(repeating: 0) }
}

extension RuleCondition {
  /// What a request's texts have wherever it holds, by its patterns: what it says without them, rows tell. `texts`: by their places.
  func pairs(_ texts: [RuleText]) -> BytePairs {
    switch self {
    case .all(let parts): return parts.reduce(.none) { $0.union($1.pairs(texts)) }
    case .any(let options): return options.reduce(.all) { $0.intersection($1.pairs(texts)) }
    case .text(let text, let patterns):
      // Names are equal that Unicode says are, whatever their bytes.
      guard let place = texts.firstIndex(of: text), patterns.allSatisfy({ $0.glob != nil }) else {
        return .none
      }
      return patterns.reduce(.all) { common, pattern in
        var own = BytePairs.none
        own.add(pattern.text, of: place, isPattern: true)
        return common.intersection(own)
      }
    case .not, .number, .flag, .dataClass, .time: return .none
    }
  }
}
