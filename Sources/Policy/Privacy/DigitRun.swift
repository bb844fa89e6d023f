/// Groups of digits with one letter of space or punctuation between each two, from a place on: `4111 1111 1111 1111`.
struct DigitRun {
  /// Groups that are looked at together.
  static let most = 8
  /// Digits beyond which nothing is a number that anybody looks for.
  private static let longest = 20

  let start: Int
  private(set) var count = 0
  /// Digits of each group; a longer group counts as `longest`.
  private(set) var lengths = SIMD8<Int>()
  /// What stands behind each group where another follows; else 0.
  private(set) var separators = SIMD8<UInt8>()

  /// A digit stands at `start`.
  init(_ text: TextBytes, at start: Int) {
    self.start = start
    var (place, digits) = (start, 0)
    while count < Self.most {
      let begin = place
      while text.isDigit(place), place - begin < Self.longest { place += 1 }
      lengths[count] = place - begin
      digits += place - begin
      count += 1
      guard digits < Self.longest, text.isDigit(place + 1), Self.separates(text[place]) else { return }
      if count < Self.most { separators[count - 1] = text[place] }
      place += 1
    }
  }

  private static func separates(_ byte: UInt8) -> Bool {
    switch byte {
    case 0x20, 0x2d, 0x2e, 0x2f: true  // blank - . /
    default: false
    }
  }

  /// The place behind the group at `index`.
  func end(_ index: Int) -> Int {
    var end = start + index
    for group in 0...index { end += lengths[group] }
    return end
  }

  /// Digits of the groups up to the one at `index`.
  func digits(to index: Int) -> Int { end(index) - start - index }

  /// Whether it begins with groups of just these lengths, a hexadecimal digit each, all with the same separator, one of `allowed`.
  func hasShape(_ shape: Int, _ groups: Int, _ allowed: ByteSet) -> Bool {
    guard count >= groups else { return false }
    for index in 0..<groups {
      guard lengths[index] == shape >> (4 * (groups - 1 - index)) & 15 else { return false }
      guard index > 0 else { continue }
      guard separators[index - 1] == separators[0], allowed.contains(separators[0]) else { return false }
    }
    return true
  }
}
