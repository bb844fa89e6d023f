/// Numbers that states give to people. Without a checksum or a form of its own none is told from any other number.
enum NationalID {
  private static let blankOrDash: Separators = [.blank, .dash]

  /// Where a number stands that the run belongs to. How many digits come first tells which numbers it can be.
  static func range(_ run: DigitRun, _ text: TextBytes) -> Range<Int>? {
    switch run.first {
    case 1, 15: alone(run, text, french)
    case 2: run.length(1) == 2 ? insurance(run, text) : alone(run, text, german)
    case 3: run.length(1) == 2 ? alone(run, text, american) : alone(run, text, health)
    case 6: insurance(run, text)
    case 7, 8: spanish(run, text)
    case 11: alone(run, text, german)
    default: nil
    }
  }

  /// A number that has no letters of its own, and none beside it.
  private static func alone(
    _ run: DigitRun, _ text: TextBytes, _ end: (DigitRun, TextBytes) -> Int?
  ) -> Range<Int>? {
    guard !text.isWord(run.start - 1), let end = end(run, text), !text.isWord(end) else { return nil }
    return run.start..<end
  }

  /// Social Security: 3-2-4, with numbers that were never given left out.
  private static func american(_ run: DigitRun, _ text: TextBytes) -> Int? {
    guard run.hasShape(0x03_02_04, 3, blankOrDash) else { return nil }
    let (area, group) = (value(text, run.start, 3), value(text, run.start + 4, 2))
    let serial = value(text, run.start + 7, 4)
    return area != 0 && area != 666 && area < 900 && group != 0 && serial != 0 ? run.end(2) : nil
  }

  /// Steuer-Identifikationsnummer: of its first ten digits one comes two or three times and no other twice; ISO 7064, mod 11, 10.
  private static func german(_ run: DigitRun, _ text: TextBytes) -> Int? {
    guard let end = behind(run, group: 11, 0x02_03_03_03, 4), text[run.start] != 0x30,
      repeatsOneDigit(text, run.start..<end - 1)
    else { return nil }
    var product = 10
    for place in run.start..<end - 1 where text.isDigit(place) {
      let sum = (text.digit(place) + product) % 10
      product = (sum == 0 ? 10 : sum) * 2 % 11
    }
    return (11 - product) % 10 == text.digit(end - 1) ? end : nil
  }

  /// Whether one digit comes two or three times and no other twice. It is asked first: of most numbers it is soon known to be false.
  private static func repeatsOneDigit(_ text: TextBytes, _ range: Range<Int>) -> Bool {
    // The digits that came at least once, twice and three times, a bit each.
    var (once, twice, thrice) = (0, 0, 0)
    for place in range where text.isDigit(place) {
      let digit = 1 &<< text.digit(place)
      if thrice & digit != 0 || once & digit != 0 && twice & ~digit != 0 { return false }
      thrice |= twice & digit
      twice |= once & digit
      once |= digit
    }
    return twice != 0
  }

  /// Numéro de sécurité sociale: 13 digits and a key, 97 less the remainder by 97.
  private static func french(_ run: DigitRun, _ text: TextBytes) -> Int? {
    let (end, first) = (behind(run, group: 15, 0x01_02_02_02_03_03_02, 7), text.digit(run.start))
    guard let end, 1...4 ~= first || 7...8 ~= first else { return nil }
    var (number, key, index) = (0, 0, 0)
    for place in run.start..<end where text.isDigit(place) {
      if index < 13 { number = number * 10 + text.digit(place) } else { key = key * 10 + text.digit(place) }
      index += 1
    }
    let month = number / 100_000_000 % 100
    let isMonth = 1...12 ~= month || month == 20 || 30...42 ~= month || 50...99 ~= month
    return isMonth && key == 97 - number % 97 ? end : nil
  }

  /// NHS number: 3-3-4, mod 11. In one group it is any number of ten digits, such as a time.
  private static func health(_ run: DigitRun, _ text: TextBytes) -> Int? {
    guard run.hasShape(0x03_03_04, 3, blankOrDash) else { return nil }
    var (sum, weight) = (0, 10)
    let end = run.end(2)
    for place in run.start..<end - 1 where text.isDigit(place) {
      sum += weight * text.digit(place)
      weight -= 1
    }
    return (11 - sum % 11) % 11 == text.digit(end - 1) ? end : nil
  }

  /// National Insurance number: two letters, six digits, a letter from A to D; it has no checksum, but a form.
  private static func insurance(_ run: DigitRun, _ text: TextBytes) -> Range<Int>? {
    guard let digits = behind(run, group: 6, 0x02_02_02, 3) else { return nil }
    let start = text[run.start - 1] == 0x20 ? run.start - 3 : run.start - 2
    let suffix = text[digits] == 0x20 ? digits + 1 : digits
    guard text.isLetter(start), text.isLetter(start + 1), !text.isWord(start - 1), text.isLetter(suffix),
      text.capital(suffix) <= 0x44, !text.isWord(suffix + 1)
    else { return nil }
    let (first, second) = (text.capital(start), text.capital(start + 1))
    guard !"DFIQUV".utf8.contains(first), !"DFIOQUV".utf8.contains(second) else { return nil }
    let isNeverGiven = Self.never.contains { $0 == (first, second) }
    return isNeverGiven ? nil : start..<suffix + 1
  }

  private static let never: [(UInt8, UInt8)] = [
    (0x42, 0x47), (0x47, 0x42), (0x4b, 0x4e), (0x4e, 0x4b), (0x4e, 0x54), (0x54, 0x4e), (0x5a, 0x5a),
  ]

  /// DNI: eight digits and a letter by their remainder by 23; NIE: X, Y or Z in the place of the first digit.
  private static func spanish(_ run: DigitRun, _ text: TextBytes) -> Range<Int>? {
    let first = text.capital(run.start - 1)
    let isForeigner = text.isLetter(run.start - 1) && 0x58...0x5a ~= first && !text.isWord(run.start - 2)
    guard run.first == (isForeigner ? 7 : 8), isForeigner || !text.isWord(run.start - 1) else {
      return nil
    }
    let digits = run.start + run.first
    let letter = text[digits] == 0x2d ? digits + 1 : digits
    guard text.isLetter(letter), !text.isWord(letter + 1) else { return nil }
    let number = value(text, run.start, run.first) + (isForeigner ? Int(first - 0x58) * 10_000_000 : 0)
    let expected = letters.utf8Start[number % 23]
    return expected == text.capital(letter) ? (isForeigner ? run.start - 1 : run.start)..<letter + 1 : nil
  }

  private static let letters: StaticString = "TRWAGMYFPDXBNJZSQVHLCKE"

  /// The place behind a number in one group of digits, or in several with blanks between.
  private static func behind(_ run: DigitRun, group: Int, _ shape: UInt64, _ groups: Int) -> Int? {
    if run.first == group { return run.end(0) }
    return run.hasShape(shape, groups, .blank) ? run.end(groups - 1) : nil
  }

  private static func value(_ text: TextBytes, _ start: Int, _ count: Int) -> Int {
    (start..<start + count).reduce(0) { $0 * 10 + text.digit($1) }
  }
}
