/// A version, or a range of them, that a client asks for: `12`, `>=11`, `<=14`, `>=11,<=14`.
package struct VersionPin: Equatable, Sendable {
  package let versions: ClosedRange<Int>

  package init?(_ text: some StringProtocol) {
    let parts = String(text).split(separator: ",", omittingEmptySubsequences: false)
    guard 1...2 ~= parts.count else { return nil }
    var (lowest, highest): (Int?, Int?) = (nil, nil)
    for part in parts {
      let part = Substring(part.filter { $0 != " " })
      switch part.prefix(2) {
      case ">=" where lowest == nil: lowest = Self.number(part.dropFirst(2)) ?? 0
      case "<=" where highest == nil: highest = Self.number(part.dropFirst(2)) ?? 0
      case _ where parts.count == 1:
        let number = Self.number(part) ?? 0
        (lowest, highest) = (number, number)
      default: return nil
      }
    }
    let all = BundleRule.versions
    let (first, last) = (lowest ?? all.lowerBound, highest ?? all.upperBound)
    guard first <= last, all.contains(first), all.contains(last) else { return nil }
    versions = first...last
  }

  /// Nil unless there are one to nine digits, or ten.
  private static func number(_ text: Substring) -> Int? {
    guard 1...10 ~= text.utf8.count, text.utf8.allSatisfy(RecordRule.isDigit) else { return nil }
    return Int(text)
  }

  /// The one number that it allows; nil for a range.
  package var number: Int? { versions.count == 1 ? versions.lowerBound : nil }

  /// The version to serve: the one that serves everybody, where it is in the range, else the highest that is. Nil where there is none.
  package func version(of pinnable: [Int], active: Int?) -> Int? {
    if let active, versions.contains(active), pinnable.contains(active) { return active }
    return pinnable.filter(versions.contains).max()
  }

  /// `chat` and `12` of `chat@12`; nil where nothing is pinned.
  package static func parts(of name: String) -> (model: String, version: Substring)? {
    guard let at = name.lastIndex(of: "@"), at > name.startIndex else { return nil }
    return (String(name[..<at]), name[name.index(after: at)...])
  }
}
