/// Bytes that no pattern tells apart are one class. Words and the rest always are two.
struct Alphabet {
  private(set) var classes = [UInt8](repeating: 0, count: 256)
  /// A byte of each class.
  private(set) var samples: [UInt8] = []
  var count: Int { samples.count }

  init(_ sets: Set<ByteSet>) {
    let sets = Array(sets.union([.word]))
    var known: [[Bool]: UInt8] = [:]
    for byte in 0...255 as ClosedRange<UInt8> {
      let kind = sets.map { $0.contains(byte) }
      if let number = known[kind] {
        classes[Int(byte)] = number
      } else {
        // At most 256 classes: the last one is number 255.
        let number = UInt8(samples.count)
        known[kind] = number
        classes[Int(byte)] = number
        samples.append(byte)
      }
    }
  }
}

/// Finds the states that there are, from the first one on.
struct TableMaker {
  struct State: Hashable {
    var nodes: [Int]
    /// The byte before belongs to a word.
    var isInWord: Bool
    /// What ended before that byte.
    var told: DetectorSet
  }

  private let automaton: PatternAutomaton
  private let alphabet: Alphabet
  private let isAnchored: Bool
  private let beginning: [Int]
  private var seen: [Bool]
  private(set) var states: [State]
  private(set) var rows: [[Int]] = []
  private var numbers: [State: Int] = [:]
  /// Most steps lead to a few: those that begin, and those that begin beside one that goes on.
  private var closures: [[Int]: [Int]] = [:]

  init(_ automaton: PatternAutomaton, _ alphabet: Alphabet, isAnchored: Bool) {
    (self.automaton, self.alphabet, self.isAnchored) = (automaton, alphabet, isAnchored)
    seen = [Bool](repeating: false, count: automaton.nodes.count)
    beginning = automaton.closure(automaton.starts, crosses: false, &seen)
    states = []
    for (number, isInWord) in [false, true].enumerated() {
      let state = State(nodes: beginning, isInWord: isInWord, told: [])
      states.append(state)
      numbers[state] = number
    }
  }

  mutating func fill() throws(PatternError) {
    var at = 0
    while at < states.count {
      let state = states[at]
      // Either way a boundary can be decided; each is needed for about half of the bytes.
      let inner = automaton.closure(state.nodes, crosses: !state.isInWord, &seen)
      let outer = automaton.closure(state.nodes, crosses: state.isInWord, &seen)
      var row: [Int] = []
      for sample in alphabet.samples {
        let isWord = ByteSet.word.contains(sample)
        let reached = isWord ? inner : outer
        var seeds: [Int] = []
        for node in reached {
          if case .byte(let set, let next) = automaton.nodes[node], set.contains(sample) {
            seeds.append(next)
          }
        }
        if !isAnchored { seeds += beginning }
        let nodes = closure(of: seeds)
        row.append(try number(of: State(nodes: nodes, isInWord: isWord, told: told(reached))))
      }
      row.append(try number(of: State(nodes: [], isInWord: false, told: told(outer))))
      rows.append(row)
      at += 1
    }
  }

  private mutating func closure(of seeds: [Int]) -> [Int] {
    if let known = closures[seeds] { return known }
    let nodes = automaton.closure(seeds, crosses: false, &seen)
    closures[seeds] = nodes
    return nodes
  }

  private func told(_ nodes: [Int]) -> DetectorSet {
    nodes.reduce(into: []) { told, node in
      if case .accept(let detector) = automaton.nodes[node] { told.formUnion(detector) }
    }
  }

  private mutating func number(of state: State) throws(PatternError) -> Int {
    if let number = numbers[state] { return number }
    guard states.count < PatternTable.mostStates else {
      throw PatternError(
        "needs more than \(PatternTable.mostStates) states: begin it with \\b or a fixed text, make {m,n} smaller, or"
          + " put a narrower class in the place of . or \\w")
    }
    numbers[state] = states.count
    states.append(state)
    return states.count - 1
  }
}
