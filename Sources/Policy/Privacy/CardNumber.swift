/// Numbers of payment cards: 13 to 19 digits in one group or as they are printed, that pass Luhn's check and belong to a network.
enum CardNumber {
  private static let separators: Separators = [.blank, .dash]

  /// The place behind a number that begins with the run.
  static func end(_ run: DigitRun, _ text: TextBytes) -> Int? {
    // No network begins otherwise. Neither part of a word nor the decimals of a number.
    guard 2...6 ~= text.digit(run.start), !text.isWord(run.start - 1), !isDecimal(run, text) else {
      return nil
    }
    for index in stride(from: min(run.count, 5) - 1, through: 0, by: -1) where isPrinted(run, to: index) {
      let (end, digits) = (run.end(index), run.digits(to: index))
      if !text.isWord(end), isNetworks(text, run.start, digits), passesLuhn(text, run.start, end) {
        return end
      }
    }
    return nil
  }

  private static func isDecimal(_ run: DigitRun, _ text: TextBytes) -> Bool {
    (text[run.start - 1] == 0x2e || text[run.start - 1] == 0x2c) && text.isDigit(run.start - 2)
  }

  /// As one group, four by four, or as American Express and Diners print theirs.
  private static func isPrinted(_ run: DigitRun, to index: Int) -> Bool {
    switch index {
    case 0: return 13...19 ~= run.first
    case 2: return run.hasShape(0x04_06_05, 3, separators) || run.hasShape(0x04_06_04, 3, separators)
    case 3: return run.hasShape(0x04_04_04, 3, separators) && isTail(run, 3, of: 1...4)
    case 4: return run.hasShape(0x04_04_04_04, 4, separators) && isTail(run, 4, of: 1...3)
    default: return false
    }
  }

  private static func isTail(_ run: DigitRun, _ index: Int, of lengths: ClosedRange<Int>) -> Bool {
    run.separator(index - 1) == run.separator(0) && lengths ~= run.length(index)
  }

  /// Whether a network has numbers of so many digits that begin so.
  private static func isNetworks(_ text: TextBytes, _ start: Int, _ digits: Int) -> Bool {
    let two = text.digit(start) * 10 + text.digit(start + 1)
    switch two {
    case 22...27, 51...55: return digits == 16
    case 34, 37: return digits == 15
    case 30, 36, 38, 39: return digits == 14 || digits == 16
    case 35: return digits == 16
    case 40...49: return digits == 13 || digits == 16 || digits == 19
    case 50, 56...59, 60...69: return 13...19 ~= digits
    default: return false
    }
  }

  private static func passesLuhn(_ text: TextBytes, _ start: Int, _ end: Int) -> Bool {
    var (sum, doubles, place) = (0, false, end - 1)
    while place >= start {
      if text.isDigit(place) {
        let digit = text.digit(place)
        sum += doubles ? (digit > 4 ? 2 * digit - 9 : 2 * digit) : digit
        doubles.toggle()
      }
      place -= 1
    }
    return sum % 10 == 0
  }
}
