import Testing

@testable import Policy

struct DigitRunTests {
  /// What a run from a place on has to be: up to eight groups, of which one of twenty digits and more is the last.
  private static func groups(_ text: TextBytes, from start: Int) -> [(length: Int, separator: UInt8)] {
    var (groups, place) = ([(length: Int, separator: UInt8)](), start)
    while groups.count < 8 {
      let begin = place
      while text.isDigit(place) { place += 1 }
      let goesOn = place - begin < 20 && " -./".utf8.contains(text[place]) && text.isDigit(place + 1)
      groups.append((min(place - begin, 20), goesOn ? text[place] : 0))
      if !goesOn { break }
      place += 1
    }
    return groups
  }

  /// As it moves on, a run is at each group what one that begins there is.
  @Test func aRunIsItsGroups() {
    var chance = Chance(seed: 5)
    let letters = Array("000111222333444555666 -./ -x".utf8)
    var moves = 0
    for round in 0..<4_000 {
      // Some are digits alone.
      let kinds = round % 8 == 0 ? 21 : letters.count
      let bytes = [0x31] + (0..<chance.below(90)).map { _ in letters[chance.below(kinds)] }
      bytes.withUnsafeBufferPointer { buffer in
        let text = TextBytes(buffer: buffer)
        var run = DigitRun(text, at: 0)
        repeat {
          let groups = Self.groups(text, from: run.start)
          #expect(run.count == groups.count && run.first == groups[0].length)
          var digits = 0
          for (index, group) in groups.enumerated() {
            digits += group.length
            #expect(run.length(index) == group.length && run.digits(to: index) == digits)
            #expect(run.end(index) == run.start + digits + index)
            if index < 7 { #expect(run.separator(index) == group.separator) }
          }
          moves += 1
        } while run.advance(text)
        #expect(!text.isDigit(run.behind) && text.isDigit(run.behind - 1))
      }
    }
    #expect(moves > 5_000)
  }

  @Test func aShapeIsLengthsAndOneSeparator() {
    func has(_ text: String) -> Bool {
      Array(text.utf8).withUnsafeBufferPointer {
        DigitRun(TextBytes(buffer: $0), at: 0).hasShape(0x03_02_04, 3, [.blank, .dash])
      }
    }
    for text in ["123-45-6789", "123 45 6789", "123-45-6789 1", "123-45-6789-1"] { #expect(has(text)) }
    for text in ["123-45 6789", "123.45.6789", "123-45-678", "123-45", "123-456-789", "123-45-67890", "123"] {
      #expect(!has(text))
    }
  }
}
