/// What may stand between groups of digits.
struct Separators: OptionSet {
  static let blank = Separators(" ")
  static let dash = Separators("-")
  static let dot = Separators(".")
  static let slash = Separators("/")
  static let opening = Separators("(")
  static let closing = Separators(")")

  /// By byte; all of them are below 64.
  let rawValue: UInt64

  init(rawValue: UInt64) { self.rawValue = rawValue }

  private init(_ letter: Unicode.Scalar) { rawValue = 1 << UInt64(letter.value) }

  @inline(__always)
  func contains(_ byte: UInt8) -> Bool { byte < 64 && rawValue &>> UInt64(byte) & 1 == 1 }
}

/// Groups of digits with one letter of space or punctuation between each two, from a place on: `4111 1111 1111 1111`.
///
/// It moves over a text from group to group, and each group is read once, however many runs it belongs to.
struct DigitRun {
  /// Groups that are looked at together: no number has more, nor a group a byte more than its length.
  private static let most = 8
  /// Digits of a group beyond which it belongs to no number that anybody looks for: it is the last of its run.
  private static let longest = 20

  private(set) var start: Int
  private(set) var count = 0
  /// The place behind the last group that was read.
  private(set) var behind: Int
  /// Digits of each group, a byte each, the first one's highest.
  private var lengths: UInt64 = 0
  /// What stands behind each group where another follows, in the same order.
  private var separators: UInt64 = 0
  /// Another group follows the last one that was read.
  private var goesOn = true

  /// A digit stands at `start`, and none before it.
  @inline(__always)
  init(_ text: TextBytes, at start: Int) {
    (self.start, behind) = (start, start)
    read(text)
    fill(text)
  }

  /// Goes on to the next group; false where there is none.
  @inline(__always)
  mutating func advance(_ text: TextBytes) -> Bool {
    guard count > 1 else { return false }
    start += first + 1
    count -= 1
    lengths &<<= 8
    separators &<<= 8
    fill(text)
    return true
  }

  @inline(__always)
  private mutating func fill(_ text: TextBytes) {
    while goesOn, count < Self.most {
      separators |= UInt64(text[behind]) &<< UInt64(64 - 8 * count)
      behind += 1
      read(text)
    }
  }

  @inline(__always)
  private mutating func read(_ text: TextBytes) {
    let length = text.digits(from: behind)
    lengths |= UInt64(min(length, Self.longest)) &<< UInt64(56 - 8 * count)
    count += 1
    behind += length
    goesOn = length < Self.longest && Self.between.contains(text[behind]) && text.isDigit(behind + 1)
  }

  private static let between: Separators = [.blank, .dash, .dot, .slash]

  /// Digits of the first group; with more than `longest` it counts as so long.
  var first: Int { Int(lengths &>> 56) }

  /// Digits of a group; 0 where there is none.
  @inline(__always)
  func length(_ index: Int) -> Int { Int(lengths &>> UInt64(56 - 8 * index) & 0xff) }

  /// What stands behind a group; 0 where no other follows.
  @inline(__always)
  func separator(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: separators &>> UInt64(56 - 8 * index)) }

  /// The place behind the group at `index`.
  @inline(__always)
  func end(_ index: Int) -> Int { start + index + digits(to: index) }

  /// Digits of the groups up to the one at `index`.
  @inline(__always)
  func digits(to index: Int) -> Int {
    // The highest byte of the product is the sum of all.
    Int((lengths &>> UInt64(56 - 8 * index) &* 0x0101_0101_0101_0101) &>> 56)
  }

  /// Whether it begins with groups of just these lengths, a byte each.
  @inline(__always)
  func begins(_ shape: UInt64, _ groups: Int) -> Bool { lengths &>> UInt64(64 - 8 * groups) == shape }

  /// As `begins`, all with the same separator, one of `allowed`.
  @inline(__always)
  func hasShape(_ shape: UInt64, _ groups: Int, _ allowed: Separators) -> Bool {
    guard begins(shape, groups), allowed.contains(separator(0)) else { return false }
    let unused = UInt64(72 - 8 * groups)
    return separators &>> unused == (0x0101_0101_0101_0101 &>> unused) &* UInt64(separator(0))
  }

  /// Whether dots stand behind so many groups.
  @inline(__always)
  func hasDots(_ groups: Int) -> Bool {
    let unused = UInt64(64 - 8 * groups)
    return separators &>> unused == 0x2e2e_2e2e_2e2e_2e2e &>> unused
  }
}
