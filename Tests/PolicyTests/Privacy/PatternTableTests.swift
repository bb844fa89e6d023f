import Testing

@testable import Policy

struct PatternTableTests {
  private static func table(_ texts: [String]) throws -> PatternTable {
    try PatternTable(
      texts.enumerated().map { (pattern: try Pattern($1), detector: DetectorSet(pattern: $0)) })
  }

  private static func found(_ table: PatternTable, in text: [UInt8]) -> DetectorSet {
    text.withUnsafeBufferPointer { table.found(in: $0) }
  }

  @Test(arguments: [
    ("abc", ["abc", "xxabcxx", "ababc"], ["ab", "", "a bc"]),
    (
      #"\bMRN-\d{6,8}\b"#, ["MRN-123456", "(MRN-12345678)", "é MRN-1234567."],
      ["MRN-12345", "MRN-123456789", "xMRN-123456", "mrn-123456"]
    ),
    (#"\bcat\b"#, ["cat", "a cat.", "“cat”", "cat cats"], ["cats", "concat", "cat_"]),
    (#"\ba|b\b"#, ["a", "xb", "b", "ax"], ["xa", "bx"]),
    ("a.c", ["abc", "aéc", "a€c", "a😀c"], ["a\nc", "ac", "abbc"]),
    ("[^0-9]x", ["ax", "éx", "\nx"], ["0x", "x"]),
    ("(ab|c){2,3}d", ["ababd", "ccd", "abcabd"], ["abd", "dd"]),
    ("ä{2}", ["ää"], ["ä", "äxä"]),
    ("colou?r", ["color", "colour"], ["colr", "colouur"]),
    (#"\w+@\w+"#, ["a@b", "  x@y "], ["@b", "a@", "a @ b"]),
    (#"a\s+b"#, ["a b", "a \t\nb"], ["ab", "a\u{a0}b"]),
  ])
  func findsWhatItSays(pattern: String, good: [String], bad: [String]) throws {
    let table = try Self.table([pattern])
    for text in good { #expect(!Self.found(table, in: Array(text.utf8)).isEmpty, "\(pattern) in \(text)") }
    for text in bad { #expect(Self.found(table, in: Array(text.utf8)).isEmpty, "\(pattern) in \(text)") }
  }

  @Test func severalAreFoundInOnePass() throws {
    let table = try Self.table(["ab", "bc", "abcd", "x"])
    let found = Self.found(table, in: Array("..abc..".utf8))
    #expect(found == [DetectorSet(pattern: 0), DetectorSet(pattern: 1)])
    #expect(Self.found(table, in: []).isEmpty)
  }

  /// Against the plain meaning of the same patterns, several at once.
  @Test func agreesWithAMatcherThatTriesEverything() throws {
    var chance = Chance(seed: 7)
    var (finds, misses) = (0, 0)
    for _ in 0..<1_500 {
      let patterns = (0..<1 + chance.below(3)).map { _ in Self.pattern(&chance) }
      let table = try PatternTable(
        patterns.enumerated().map { (pattern: $1, detector: DetectorSet(pattern: $0)) })
      for _ in 0..<8 {
        let letters = Array("ab1_ é-".utf8)
        let text = (0..<chance.below(10)).map { _ in letters[chance.below(letters.count)] }
        let found = Self.found(table, in: text)
        for (index, pattern) in patterns.enumerated() {
          let expected = BacktrackingMatcher(text: text).finds(pattern)
          #expect(found.contains(DetectorSet(pattern: index)) == expected, "\(pattern) in \(text)")
          if expected { finds += 1 } else { misses += 1 }
        }
      }
    }
    #expect(finds > 1_500 && misses > 1_500, "the mixture proves little: \(finds) found, \(misses) not")
  }

  /// Long texts are read at four places at once: what they hold is the same, matches across those places too.
  @Test func whatIsReadAtFourPlacesIsWhatIsReadInTurn() throws {
    var chance = Chance(seed: 12)
    var finds = 0
    for _ in 0..<300 {
      let table = try PatternTable(
        (0..<3).map { (pattern: Self.pattern(&chance), detector: DetectorSet(pattern: $0)) })
      for _ in 0..<10 {
        // Mostly of one letter, so that little is found and long matches occur.
        let letters = Array("ab1_ -".utf8)
        let most = letters[chance.below(letters.count)]
        let text = (0..<4 + chance.below(60)).map { _ in
          chance.below(12) == 0 ? letters[chance.below(letters.count)] : most
        }
        let (lanes, turn) = text.withUnsafeBufferPointer {
          (table.foundInLanes(in: $0), table.foundInTurn(in: $0))
        }
        #expect(lanes == turn, "\(text)")
        finds += turn.isEmpty ? 0 : 1
      }
    }
    #expect((300...2_900).contains(finds), "the mixture proves little: \(finds)")
  }

  @Test func longTextsAreReadToTheirEnds() throws {
    let table = try Self.table([#"\bMRN-\d{6}\b"#, "x.*y"])
    for count in [1_023, 1_024, 1_025, 1_026, 1_027, 5_000] {
      for place in [0, count / 4 - 3, count / 2 - 9, 3 * count / 4, count - 10] {
        var text = [UInt8](repeating: 0x20, count: count)
        text.replaceSubrange(place..<place + 10, with: "MRN-123456".utf8)
        #expect(Self.found(table, in: text) == DetectorSet(pattern: 0), "\(place) of \(count)")
      }
      var text = [UInt8](repeating: 0x20, count: count)
      (text[1], text[count - 1]) = (0x78, 0x79)
      #expect(Self.found(table, in: text) == DetectorSet(pattern: 1))
    }
  }

  /// Never one that matches nothing at all: the parser refuses those.
  private static func pattern(_ chance: inout Chance) -> Pattern {
    var parts = [Pattern.byte(letter(&chance)), part(&chance, 3)]
    if chance.below(2) == 0 { parts.swapAt(0, 1) }
    if chance.below(3) == 0 { parts.insert(.boundary, at: 0) }
    if chance.below(3) == 0 { parts.append(.boundary) }
    return chance.below(4) == 0 ? .choice([.sequence(parts), .byte(letter(&chance))]) : .sequence(parts)
  }

  private static func part(_ chance: inout Chance, _ depth: Int) -> Pattern {
    switch chance.below(depth == 0 ? 1 : 4) {
    case 0: return .byte(letter(&chance))
    case 1: return .sequence((0..<chance.below(3)).map { _ in part(&chance, depth - 1) })
    case 2: return .choice((0...chance.below(3)).map { _ in part(&chance, depth - 1) })
    default:
      let least = chance.below(3)
      return .repeated(
        part(&chance, depth - 1), least: least,
        most: chance.below(2) == 0 ? nil : max(1, least + chance.below(3)))
    }
  }

  private static func letter(_ chance: inout Chance) -> ByteSet {
    [ByteSet("a"), ByteSet("b"), ByteSet("ab"), .digits, .word, .space, ByteSet(0x80...0xff)][chance.below(7)]
  }

  @Test func tooManyStatesAreRefusedWithWhatToDo() throws {
    let error = try #require(throws: PatternError.self) { try Self.table(["a.{12}b", "[ab]*a[ab]{14}c"]) }
    #expect(error.message.contains("4096 states: begin it with \\b"))
    let steps = try #require(throws: PatternError.self) { try Self.table(["((a{100}){100}){100}"]) }
    #expect(steps.message.contains("steps"))
  }

  @Test func whatBoundsItselfIsSmall() throws {
    #expect(try Self.table([#"\bMRN-\d{6,8}\b"#, #"\b[A-Z]{2}\d{4,20}\b"#]).count < 200)
  }
}
