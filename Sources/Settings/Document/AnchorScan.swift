/// Finds anchors (`&name`) in YAML text without parsing it.
///
/// Aliases let a kilobyte of text stand for gigabytes, and the parser expands some of them (those in keys) by itself,
/// so they must be found before it runs. The scan may take text for an anchor (`"see &name"`), never the reverse:
/// a parser begins an anchor only where no plain word is under way.
enum AnchorScan {
  static func firstAnchor(in text: String) -> Mark? {
    for (number, line) in lines(of: text).enumerated() {
      if let column = anchor(in: withoutComment(line)) { return Mark(line: number + 1, column: column + 1) }
    }
    return nil
  }

  private static func lines(of text: String) -> [Substring.UnicodeScalarView] {
    text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).map(\.unicodeScalars)
  }

  /// A comment is cut off where no reading of the line could make it anything else.
  private static func withoutComment(_ line: Substring.UnicodeScalarView) -> Substring.UnicodeScalarView {
    if line.first(where: { $0 != " " }) == "#" { return line.prefix(0) }
    if line.contains(where: { $0 == "\"" || $0 == "'" }) { return line }
    var previous: Unicode.Scalar = " "
    for index in line.indices {
      if line[index] == "#", previous == " " { return line[..<index] }
      previous = line[index]
    }
    return line
  }

  private static func anchor(in line: Substring.UnicodeScalarView) -> Int? {
    var previous: Unicode.Scalar = " "
    let scalars = Array(line)
    for (column, scalar) in scalars.enumerated() {
      let next = column + 1 < scalars.count ? scalars[column + 1] : " "
      if scalar == "&", isNamePart(next), !continuesWord(previous) { return column }
      previous = scalar
    }
    return nil
  }

  private static func isNamePart(_ scalar: Unicode.Scalar) -> Bool {
    scalar.properties.isAlphabetic || ("0"..."9").contains(scalar) || scalar == "-" || scalar == "_"
  }

  private static func continuesWord(_ scalar: Unicode.Scalar) -> Bool {
    scalar.isASCII && (isNamePart(scalar) && scalar != "-" || "/=.%".unicodeScalars.contains(scalar))
  }
}
