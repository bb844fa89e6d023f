/// Patterns as one deterministic automaton over bytes: a look-up a byte finds whatever of them a text holds.
///
/// Made by subset construction. What ends at a place is known one byte later, as a boundary depends on that byte.
package final class PatternTable: Sendable {
  /// States beyond which patterns are refused: a table of them takes about a megabyte.
  package static let mostStates = 4_096

  /// By byte.
  private let classes: [UInt8]
  /// Columns of a row: one for each class of bytes, and one for the end of a text.
  private let width: Int
  /// Rows of next states. States are numbers of their row's first column.
  private let next: [UInt32]
  private let start: UInt32
  /// Where the byte before belongs to a word.
  private let startInWord: UInt32
  /// By state: nothing more can be found.
  private let isDead: [Bool]
  /// States from here on tell of a match.
  private let firstTelling: UInt32
  /// Of those, by number.
  private let told: [DetectorSet]

  /// How many states it has.
  package var count: Int { next.count / width }

  /// `isAnchored`: matches begin where one looks; else they are found anywhere. Throws where it would be too large.
  package init(
    _ patterns: [(pattern: Pattern, detector: DetectorSet)], isAnchored: Bool = false
  ) throws(PatternError) {
    let automaton = try PatternAutomaton(patterns)
    let alphabet = Alphabet(automaton.sets)
    var maker = TableMaker(automaton, alphabet, isAnchored: isAnchored)
    try maker.fill()
    classes = alphabet.classes
    width = alphabet.count + 1
    // Those that tell come last, so that one comparison finds them.
    let order = maker.states.indices.sorted {
      maker.states[$0].told.isEmpty && !maker.states[$1].told.isEmpty
    }
    var places = [UInt32](repeating: 0, count: order.count)
    for (place, state) in order.enumerated() { places[state] = UInt32(place * width) }
    next = order.flatMap { state in maker.rows[state].map { places[$0] } }
    start = places[0]
    startInWord = places[1]
    isDead = order.map { maker.states[$0].nodes.isEmpty }
    let silent = maker.states.count { $0.told.isEmpty }
    firstTelling = UInt32(silent * width)
    told = order.dropFirst(silent).map { maker.states[$0].told }
  }

  /// Of an anchored table: the longest match that begins at a place. Takes the bytes that it looks at from `budget`.
  func longest(_ text: UnsafeBufferPointer<UInt8>, at begin: Int, _ budget: inout Int) -> Findings.Place? {
    var state = start(text, at: begin)
    var longest: Findings.Place?
    for place in begin...text.count {
      let column = place < text.count ? Int(classes[Int(text[place])]) : width - 1
      state = next[Int(state) + column]
      budget -= 1
      if state >= firstTelling, place > begin {
        longest = Findings.Place(told[(Int(state) - Int(firstTelling)) / width], begin..<place)
      }
      if isDead[Int(state) / width] || budget < 0 { break }
    }
    return longest
  }
}

extension PatternTable {
  /// Bytes from which on a text is read at four places at once: a look-up waits for the one before it, but not for another's.
  static let lanesFrom = 1_024

  /// Which patterns are found in a text, in one pass.
  package func found(in text: UnsafeBufferPointer<UInt8>) -> DetectorSet {
    text.count < Self.lanesFrom ? foundInTurn(in: text) : foundInLanes(in: text)
  }

  /// Byte by byte from the beginning.
  func foundInTurn(in text: UnsafeBufferPointer<UInt8>) -> DetectorSet {
    classes.withUnsafeBufferPointer { classes in
      next.withUnsafeBufferPointer { next in
        var found: DetectorSet = []
        var state = start
        for byte in text {
          state = next[Int(state &+ UInt32(classes[Int(byte)]))]
          if state >= firstTelling { found.formUnion(told(by: state)) }
        }
        return found.union(told(by: next[Int(state) + width - 1]))
      }
    }
  }

  /// Each of four quarters as if it were all there is; then each goes on into the next ones until its state is that of the one that
  /// began there, from where on both see the same. Every match begins in some quarter.
  func foundInLanes(in text: UnsafeBufferPointer<UInt8>) -> DetectorSet {
    classes.withUnsafeBufferPointer { classes in
      next.withUnsafeBufferPointer { next in
        let quarter = text.count / 4
        func step(_ state: UInt32, _ place: Int) -> UInt32 {
          next[Int(state &+ UInt32(classes[Int(text[place])]))]
        }
        var found: DetectorSet = []
        var (a, b) = (start, start(text, at: quarter))
        var (c, d) = (start(text, at: 2 * quarter), start(text, at: 3 * quarter))
        for place in 0..<quarter {
          a = step(a, place)
          b = step(b, quarter &+ place)
          c = step(c, 2 &* quarter &+ place)
          d = step(d, 3 &* quarter &+ place)
          guard max(max(a, b), max(c, d)) >= firstTelling else { continue }
          found.formUnion(told(by: a).union(told(by: b)).union(told(by: c)).union(told(by: d)))
        }
        for (lane, last) in [a, b, c, d].enumerated() {
          var (state, place) = (last, (lane + 1) * quarter)
          // The last one has only the rest before it, where nobody else began.
          var other = lane < 3 ? start(text, at: place) : UInt32.max
          while state != other, place < text.count {
            state = step(state, place)
            if lane < 3 { other = step(other, place) }
            found.formUnion(told(by: state))
            place += 1
          }
          if state != other { found.formUnion(told(by: next[Int(state) + width - 1])) }
        }
        return found
      }
    }
  }

  /// What a state tells of that ended before its byte.
  private func told(by state: UInt32) -> DetectorSet {
    state < firstTelling ? [] : told[(Int(state) - Int(firstTelling)) / width]
  }

  /// The state before a place, as if nothing had begun before it.
  private func start(_ text: UnsafeBufferPointer<UInt8>, at place: Int) -> UInt32 {
    place > 0 && ByteSet.word.contains(text[place - 1]) ? startInWord : start
  }
}
