/// An answer as it is compared with others: two that say the same and spell it otherwise are equal.
///
/// JSON, within a fence of three backticks or not, is compared by its values. Of other text counts what stands behind the last `answer:` or
/// `answer is`, to the end of that line; where there is no such line, all of it. Case, white space and the marks around a word don't count,
/// nor do separators of thousands and zeros at the end of a fraction. Texts of more than 16 KiB are compared as they are.
package struct CanonicalAnswer: Hashable, Sendable {
  /// Bytes that are looked at word by word.
  static let longest = 16 << 10

  package let text: String

  package init(_ answer: String) {
    let answer = Self.unfenced(answer)
    if let json = Self.json(answer) {
      text = json
      return
    }
    guard answer.utf8.count <= Self.longest else {
      text = answer
      return
    }
    text = Self.words(of: Self.conclusion(of: answer.lowercased())).joined(separator: " ")
  }

  /// The words of a text as they are compared.
  static func words(of text: some StringProtocol) -> [String] {
    text.lowercased().split(whereSeparator: \.isWhitespace).compactMap { word in
      let bare = trimmed(word)
      return bare.isEmpty ? nil : PlainNumber.text(of: bare) ?? String(bare)
    }
  }

  private static let marks: Set<Character> = [
    ".", ",", ";", ":", "!", "?", "\"", "'", "`", "*", "_", "(", ")", "[", "]", "{", "}", "“", "”", "‘", "’",
    "…",
  ]

  /// Without the marks around it; the point of `.5` stays.
  private static func trimmed(_ word: Substring) -> Substring {
    var word = word
    while let last = word.last, marks.contains(last) { word.removeLast() }
    while let first = word.first, marks.contains(first) {
      if first == ".", word.dropFirst().first?.isASCIIDigit == true { break }
      word.removeFirst()
    }
    return word
  }

  /// What stands between a line that opens a fence and one that closes it, where that is all of the text.
  private static func unfenced(_ text: String) -> String {
    let lines = text.split(separator: "\n", omittingEmptySubsequences: false).drop { $0.isBlank }
    guard let first = lines.first, first.hasPrefix("```"),
      let last = lines.lastIndex(where: { !$0.isBlank }), last > lines.startIndex,
      lines[last].hasPrefix("```")
    else { return text }
    return lines[(lines.startIndex + 1)..<last].joined(separator: "\n")
  }

  /// Of an object or a list; nil for all else.
  private static func json(_ text: String) -> String? {
    guard let value = try? JSONLiteral(text: text) else { return nil }
    switch value {
    case .object, .array: return canonical(value).text
    case .null, .bool, .number, .string: return nil
    }
  }

  private static func canonical(_ value: JSONLiteral) -> JSONLiteral {
    switch value {
    case .null, .bool, .string: value
    case .number(let number):
      PlainNumber.text(of: number.text[...]).flatMap { JSONNumber($0) }.map(JSONLiteral.number) ?? value
    case .array(let elements): .array(elements.map { canonical($0) })
    case .object(let members): .object(members.map { JSONLiteral.Member($0.name, canonical($0.value)) })
    }
  }

  /// `text` is in small letters.
  private static func conclusion(of text: String) -> Substring {
    for line in text.split(separator: "\n").reversed() {
      for mark in ["answer:", "answer is"] {
        guard let range = line.lastRange(of: mark) else { continue }
        let rest = line[range.upperBound...]
        if !words(of: rest).isEmpty { return rest }
      }
    }
    return text[...]
  }
}

/// A decimal number, by which others that spell it otherwise can be known.
private enum PlainNumber {
  /// `1,000.50` as `1000.5`, `+7` as `7`; nil for what is no such number.
  static func text(of word: Substring) -> String? {
    var rest = word
    let isNegative = rest.first == "-"
    if let first = rest.first, first == "-" || first == "+" { rest.removeFirst() }
    let parts = rest.split(separator: ".", omittingEmptySubsequences: false)
    guard parts.count <= 2, let whole = digits(ofWhole: parts[0]) else { return nil }
    var fraction = parts.count == 2 ? parts[1] : ""
    guard fraction.allSatisfy(\.isASCIIDigit), !(parts[0].isEmpty && fraction.isEmpty) else { return nil }
    while fraction.last == "0" { fraction.removeLast() }
    let number = (whole.isEmpty ? "0" : whole) + (fraction.isEmpty ? "" : ".\(fraction)")
    return isNegative && number != "0" ? "-\(number)" : number
  }

  /// Without zeros in front, and without commas where these stand between threes; nil for what is no such number.
  private static func digits(ofWhole part: Substring) -> String? {
    let groups = part.split(separator: ",", omittingEmptySubsequences: false)
    let digits = groups.joined(separator: "")
    guard digits.allSatisfy(\.isASCIIDigit) else { return nil }
    if groups.count > 1 {
      guard (1...3).contains(groups[0].count), groups.dropFirst().allSatisfy({ $0.count == 3 }) else {
        return nil
      }
    }
    return String(digits.drop { $0 == "0" })
  }
}

extension Character {
  fileprivate var isASCIIDigit: Bool { isASCII && isWholeNumber }
}

extension Substring {
  fileprivate var isBlank: Bool { allSatisfy(\.isWhitespace) }

  /// Of the last occurrence; nil where there is none.
  fileprivate func lastRange(of mark: String) -> Range<Index>? { ranges(of: mark).last }
}
