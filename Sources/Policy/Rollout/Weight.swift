/// A share of traffic, in hundredths of a percent: 0 to 10,000.
package struct Weight: Hashable, Comparable, Sendable {
  package static let zero = Weight(unchecked: 0)
  package static let all = Weight(unchecked: 10_000)

  package let hundredths: Int

  /// Nil for what is no share.
  package init?(hundredths: Int) {
    guard 0...10_000 ~= hundredths else { return nil }
    self.hundredths = hundredths
  }

  private init(unchecked hundredths: Int) { self.hundredths = hundredths }

  package var fraction: Double { Double(hundredths) / 10_000 }

  package static func < (a: Weight, b: Weight) -> Bool { a.hundredths < b.hundredths }
}

/// In percent, with up to two decimals: `5`, `0.5`, `12.25`.
extension Weight: CustomStringConvertible {
  package var description: String {
    let (whole, rest) = hundredths.quotientAndRemainder(dividingBy: 100)
    if rest == 0 { return "\(whole)" }
    return rest % 10 == 0 ? "\(whole).\(rest / 10)" : "\(whole).\(rest < 10 ? "0" : "")\(rest)"
  }

  /// Reads a `description`; nil for what is not from 0 to 100, or has more decimals.
  package init?(percent text: some StringProtocol) {
    let parts = text.split(separator: ".", omittingEmptySubsequences: false)
    guard 1...2 ~= parts.count, let whole = Self.digits(parts[0], atMost: 3) else { return nil }
    var rest = 0
    if parts.count == 2 {
      guard let decimals = Self.digits(parts[1], atMost: 2) else { return nil }
      rest = parts[1].utf8.count == 1 ? decimals * 10 : decimals
    }
    self.init(hundredths: whole * 100 + rest)
  }

  private static func digits(_ text: some StringProtocol, atMost most: Int) -> Int? {
    let digits = UInt8(ascii: "0")...UInt8(ascii: "9")
    guard 1...most ~= text.utf8.count, text.utf8.allSatisfy({ digits ~= $0 }) else { return nil }
    return Int(text)
  }
}
