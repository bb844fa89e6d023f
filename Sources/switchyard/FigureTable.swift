/// Columns for people: the first one to the left, the others, numbers mostly, to the right.
enum FigureTable {
  static func lines(_ rows: [[String]]) -> [String] {
    let columns = rows.map(\.count).max() ?? 0
    let widths = (0..<columns).map { column in
      rows.map { $0.count > column ? $0[column].count : 0 }.max() ?? 0
    }
    return rows.map { row in
      row.enumerated().map { column, cell in
        let space = String(repeating: " ", count: widths[column] - cell.count)
        return column == 0 ? cell + space : space + cell
      }.joined(separator: "  ")
    }
  }

  /// The next whole number; the largest there is in the place of what is larger.
  static func whole(_ value: Double) -> Int { Int(exactly: value.rounded()) ?? .max }

  /// `1,234,567`
  static func number(_ value: some BinaryInteger) -> String {
    let digits = String(value.magnitude)
    let groups = digits.enumerated().map { place, digit in
      place > 0 && (digits.count - place) % 3 == 0 ? ",\(digit)" : "\(digit)"
    }
    return (value < 0 ? "-" : "") + groups.joined()
  }

  /// `$1,234.500000`: micro-dollars, each of them.
  static func dollars(_ microdollars: Int64, signed: Bool = false) -> String {
    let (whole, rest) = microdollars.magnitude.quotientAndRemainder(dividingBy: 1_000_000)
    let digits = String(rest)
    let sign = microdollars < 0 ? "-" : signed ? "+" : ""
    return "\(sign)$\(number(whole)).\(String(repeating: "0", count: 6 - digits.count))\(digits)"
  }
}
