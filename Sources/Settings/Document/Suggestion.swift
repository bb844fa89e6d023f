/// What someone may have meant to write.
enum Suggestion {
  /// `: did you mean 'fallbacks'?`, or nothing where no name is close.
  static func text(for written: String, among names: some Sequence<String>) -> String {
    guard written.utf8.count <= 64, let name = closest(to: written, among: names) else { return "" }
    return ": did you mean '\(name)'?"
  }

  /// At most a third of the letters may differ, case and `-`, `_`, ` ` apart; of equally close names the first in
  /// alphabetical order.
  static func closest(to written: String, among names: some Sequence<String>) -> String? {
    let plain = simplified(written)
    let distances = names.sorted().map { ($0, distance(plain, simplified($0))) }
    guard let best = distances.min(by: { $0.1 < $1.1 }), best.1 <= max(1, (plain.count + 1) / 3) else {
      return nil
    }
    return best.0
  }

  private static func simplified(_ name: String) -> [Character] {
    name.lowercased().filter { !"-_ ".contains($0) }
  }

  /// Edits between two words: insert, delete, replace, swap neighbours (optimal string alignment).
  static func distance(_ a: [Character], _ b: [Character]) -> Int {
    guard !a.isEmpty, !b.isEmpty else { return max(a.count, b.count) }
    var older = [Int](repeating: 0, count: b.count + 1)
    var old = Array(0...b.count)
    for i in 1...a.count {
      var row = [i] + old.dropFirst()
      for j in 1...b.count {
        row[j] = min(old[j] + 1, row[j - 1] + 1, old[j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1))
        if i > 1, j > 1, a[i - 1] == b[j - 2], a[i - 2] == b[j - 1] { row[j] = min(row[j], older[j - 2] + 1) }
      }
      (older, old) = (old, row)
    }
    return old[b.count]
  }
}
