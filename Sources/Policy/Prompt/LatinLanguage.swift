/// Languages that are told from one another by their most frequent words. The raw values are ISO 639-1.
enum LatinLanguage: String, CaseIterable, Sendable {
  // In the order of `Vocabulary.stopWords`' bits.
  case english = "en"
  case german = "de"
  case french = "fr"
  case spanish = "es"
  case italian = "it"
  case portuguese = "pt"
  case dutch = "nl"

  /// In a word's meaning.
  var bit: UInt8 { UInt8(1 << (Self.allCases.firstIndex(of: self) ?? 0)) }

  /// Made once: `allCases` may be made for each look.
  private static let all = allCases

  /// Frequent words by language, as `bit` orders them.
  typealias Counts = InlineArray<8, Int32>

  /// The language that a sixth of the words are known to be of, two at least, and a quarter more than are of any other.
  static func likeliest(_ counts: Counts, words: Int) -> LatinLanguage? {
    let places = 0..<all.count
    let best = places.max { counts[$0] < counts[$1] } ?? 0
    let next = places.reduce(0) { $1 == best ? $0 : max($0, Int(counts[$1])) }
    let most = Int(counts[best])
    guard most >= 2, most * 6 >= words, most * 4 >= next * 5 else { return nil }
    return all[best]
  }
}
