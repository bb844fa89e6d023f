/// How much texts have in common: which of several is most like the others.
///
/// Likeness is Jaccard's of their runs of three words (of single words where one has fewer than three); the one with the highest sum is the
/// medoid (Kaufman and Rousseeuw, 1987). Of long texts the first 2,048 words count.
enum AnswerLikeness {
  private static let mostWords = 2_048
  private static let run = 3

  /// The position of the text that is most like the others, the first of several; nil where there are none.
  static func medoid(of texts: [String]) -> Int? {
    let words = texts.map {
      Array(CanonicalAnswer.words(of: $0.prefix(CanonicalAnswer.longest)).prefix(mostWords))
    }
    let size = words.allSatisfy { $0.count >= run } ? run : 1
    let runs = words.map { hashes(ofRunsIn: $0, size: size) }
    let sums = runs.indices.map { place in
      runs.indices.reduce(0.0) { $0 + ($1 == place ? 0 : likeness(runs[place], runs[$1])) }
    }
    guard let best = sums.max() else { return nil }
    return sums.firstIndex(of: best)
  }

  /// 0 for texts without a common run, 1 for those with the same ones.
  private static func likeness(_ one: Set<UInt64>, _ other: Set<UInt64>) -> Double {
    let common = one.intersection(other).count
    let all = one.count + other.count - common
    return all == 0 ? 0 : Double(common) / Double(all)
  }

  private static func hashes(ofRunsIn words: [String], size: Int) -> Set<UInt64> {
    guard words.count >= size else { return [] }
    return Set(
      (0...(words.count - size)).map { start in
        var hash = Fingerprint()
        for word in words[start..<start + size] { hash.add(word) }
        return hash.value
      })
  }
}
