/// Telephone numbers in the forms that people write: with a country (`+49 30 …`, `0049 …`), American, or with a leading zero.
enum PhoneNumber {
  private static let separators: Separators = [.blank, .dash, .dot]
  private static let punctuation: Separators = [.blank, .dash, .dot, .slash, .brackets]

  static func range(_ run: DigitRun, _ text: TextBytes) -> Range<Int>? {
    if text[run.start - 1] == 0x2b { return international(text, run.start - 1, digits: run.start, 8...15) }
    if let range = bracketed(run, text) { return range }
    guard !text.isWord(run.start - 1), text[run.start - 1] != 0x2e || !text.isDigit(run.start - 2) else {
      return nil
    }
    if text[run.start] == 0x30, text[run.start + 1] == 0x30, text[run.start + 2] > 0x30 {
      return international(text, run.start, digits: run.start, 10...17)
    }
    if let end = american(run, text) ?? national(run, text) {
      return text.isWord(end) ? nil : run.start..<end
    }
    return nil
  }

  /// Groups with up to two letters of punctuation between: as many of them as a number can have.
  private static func international(
    _ text: TextBytes, _ start: Int, digits begin: Int, _ allowed: ClosedRange<Int>
  ) -> Range<Int>? {
    guard !text.isWord(start - 1), text[start] != 0x2b || text[begin] != 0x30 else { return nil }
    var (place, digits, end) = (begin, 0, nil as Int?)
    while digits <= allowed.upperBound {
      while text.isDigit(place), digits <= allowed.upperBound {
        place += 1
        digits += 1
      }
      if allowed ~= digits, !text.isWord(place) { end = place }
      var gap = 0
      while gap < 3, punctuation.contains(text[place + gap]) { gap += 1 }
      guard gap > 0, text.isDigit(place + gap) else { break }
      place += gap
    }
    return end.map { start..<$0 }
  }

  /// `(555) 123-4567`
  private static func bracketed(_ run: DigitRun, _ text: TextBytes) -> Range<Int>? {
    guard text[run.start - 1] == 0x28, run.first == 3, text[run.start + 3] == 0x29 else { return nil }
    let second = text[run.start + 4] == 0x20 ? run.start + 5 : run.start + 4
    guard text.isDigit(second) else { return nil }
    let rest = DigitRun(text, at: second)
    guard rest.hasShape(0x03_04, 2, separators), text[run.start] > 0x31, text[second] > 0x31 else {
      return nil
    }
    let end = rest.end(1)
    return text.isWord(end) ? nil : run.start - 1..<end
  }

  /// `555-123-4567`: neither part begins with 0 or 1.
  private static func american(_ run: DigitRun, _ text: TextBytes) -> Int? {
    guard run.hasShape(0x03_03_04, 3, separators), text[run.start] > 0x31, text[run.start + 4] > 0x31 else {
      return nil
    }
    return run.end(2)
  }

  /// `030 1234567`, `0171/1234567`, `06 12 34 56 78`: 9 to 11 digits; dates have fewer, and times other separators.
  private static func national(_ run: DigitRun, _ text: TextBytes) -> Int? {
    guard text[run.start] == 0x30, text[run.start + 1] > 0x30, 2...5 ~= run.first, run.separator(0) != 0x2e
    else { return nil }
    var end: Int?
    for index in 1..<max(run.count, 1) {
      guard run.length(index) > 1, index < 3 || run.separator(index - 1) == run.separator(1) else { break }
      if 9...11 ~= run.digits(to: index) { end = run.end(index) }
    }
    return end
  }
}
