/// Groups of digits with one letter of space or punctuation between each two, from a place on: `4111 1111 1111 1111`.
///
/// It moves over a text from group to group, and reads each group once, however many runs it belongs to.
struct DigitRun {
  /// Groups that are looked at together: no number has more. What is kept of a group is a byte, and eight of them a word.
  private static let most = 8
  /// Digits of a group from which on it belongs to no number that anybody looks for; it ends its run.
  private static let longest = 20
  private static let between: Separators = [.blank, .dash, .dot, .slash]

  private(set) var start: Int
  /// The place behind the last group that was read or, where another follows, behind what separates them.
  private(set) var behind: Int
  private(set) var count = 0
  /// Digits of each group, the first one's in the highest byte.
  private var lengths: UInt64 = 0
  /// What stands behind each group where another follows, in the same order.
  private var separators: UInt64 = 0
  private var goesOn = true

  /// A digit stands at `start`, and none before it.
  @inline(__always)
  init(_ text: TextBytes, at start: Int) {
    (self.start, behind) = (start, start)
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
      let (length, place) = (text.digits(from: behind), UInt64(56 - 8 * count))
      lengths |= UInt64(min(length, Self.longest)) &<< place
      behind += length
      count += 1
      goesOn = length < Self.longest && Self.between.contains(text[behind]) && text.isDigit(behind + 1)
      guard goesOn else { return }
      separators |= UInt64(text[behind]) &<< place
      behind += 1
    }
  }

  /// Digits of the first group; from `longest` on it counts as so long.
  @inline(__always)
  var first: Int { Int(lengths &>> 56) }

  /// Digits of a group; 0 where there is none.
  func length(_ index: Int) -> Int { Int(lengths &>> UInt64(56 - 8 * index) & 0xff) }

  /// What stands behind a group; 0 where no other follows.
  func separator(_ index: Int) -> UInt8 { UInt8(truncatingIfNeeded: separators &>> UInt64(56 - 8 * index)) }

  /// The place behind the group at `index`.
  func end(_ index: Int) -> Int { start + index + digits(to: index) }

  /// Digits of the groups up to the one at `index`.
  func digits(to index: Int) -> Int {
    // The highest byte of the product is the sum of all.
    Int((lengths &>> UInt64(56 - 8 * index) &* 0x0101_0101_0101_0101) &>> 56)
  }

  /// Whether it begins with groups of just these lengths, a byte each, all with the same separator, one of `allowed`.
  func hasShape(_ shape: UInt64, _ groups: Int, _ allowed: Separators) -> Bool {
    guard lengths &>> UInt64(64 - 8 * groups) == shape, allowed.contains(separator(0)) else { return false }
    let unused = UInt64(72 - 8 * groups)
    return separators &>> unused == (0x0101_0101_0101_0101 &>> unused) &* UInt64(separator(0))
  }
}

extension DigitRun {
  /// The detectors that may find a number that begins here: by what stands before it, by its first digit, and by the lengths of its
  /// groups. For most groups of digits in a text there are none, and this is all that is done about them.
  @inline(__always)
  func candidates(_ text: TextBytes) -> DetectorSet {
    let before = text[start - 1]
    var candidates: DetectorSet = []
    if first > 1, text.isLetter(start - 1), text.isLetter(start - 2) { candidates = .iban }
    if before == 0x2b || before == 0x28 || text[start] == 0x30 && first > 1 { candidates.formUnion(.phone) }
    if separators &>> 40 == 0x2e_2e_2e { candidates.formUnion(.ip) }
    switch lengths &>> 40 {
    case 0x01_02_02, 0x02_02_02, 0x02_03_03, 0x03_02_04: return candidates.union(.nationalID)
    case 0x03_03_04: return candidates.union([.nationalID, .phone])
    case 0x04_04_04, 0x04_06_04, 0x04_06_05: return candidates.union(.card)
    default: return first > 5 ? candidates.union(Self.inOneGroup(of: first)) : candidates
    }
  }

  private static func inOneGroup(of digits: Int) -> DetectorSet {
    switch digits {
    case 6...8, 11: .nationalID
    case 15: [.nationalID, .card]
    case 13...19: .card
    default: []
    }
  }
}
