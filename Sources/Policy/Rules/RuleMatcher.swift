/// Finds the first rule that holds, of a thousand as fast as of ten.
///
/// Rules are taken apart into clauses, of which one has to hold. For each fact that they ask for, and for each of its values that some rule
/// names, there is a row of bits: which clauses may hold, as far as that fact tells. A request's rows are ANDed; what is left, and whose
/// patterns have no pair of bytes that the request's texts lack, is evaluated in order, and is most often the one. Nothing is allocated for
/// a request.
package struct RuleMatcher: Sendable {
  /// Where the rows of a fact are.
  private enum Column: Sendable {
    /// `place`: in `RuleFacts.texts`. Rows: nothing, another text, then those of `values`.
    case text(place: Int, values: [String: Int], first: Int)
    /// Rows: nothing, then from below the first bound to above the last.
    case number(RuleNumber, bounds: [Int64], first: Int)
    /// Rows: false, true.
    case flag(RuleFlag, first: Int)
    /// A time or classes of data. Rows: false, true.
    case condition(RuleCondition, first: Int)
  }

  /// Clauses that a rule may become: what would take more is evaluated.
  private static let mostClauses = 8
  /// Times and classes of data with rows, each of which costs every request its evaluation.
  private static let mostConditions = 16

  package let conditions: [RuleCondition]
  /// The texts that some rule asks for.
  package let texts: [RuleText]
  /// In the order of their rules.
  private let clauses: [RuleCondition]
  /// The rule of each clause.
  private let owners: [Int]
  /// What a request's texts have where a clause holds.
  private let pairs: [BytePairs]
  /// Places of the texts that some pattern is for.
  private var patterned: [Int] = []
  private let words: Int
  private var columns: [Column] = []
  private var bits: [UInt64] = []

  package init(_ conditions: [RuleCondition]) {
    self.conditions = conditions
    var texts: [RuleText] = []
    for case .text(let text, _) in conditions.flatMap(\.atoms) where !texts.contains(text) {
      texts.append(text)
    }
    self.texts = texts
    let alternatives = conditions.map { $0.alternatives(atMost: Self.mostClauses) }
    clauses = alternatives.flatMap { $0 }
    owners = alternatives.indices.flatMap { rule in alternatives[rule].map { _ in rule } }
    pairs = clauses.map { $0.pairs(texts) }
    let atoms = clauses.map(\.atoms)
    words = (clauses.count + 63) / 64
    for (place, text) in texts.enumerated() { addColumn(text, at: place, atoms) }
    for number in RuleNumber.allCases { addColumn(number, atoms) }
    for flag in RuleFlag.allCases { addColumn(flag, atoms) }
    addConditionColumns(atoms)
  }

  /// The first rule that holds; nil where none does. `facts` ask for this matcher's texts.
  package func first(for facts: RuleFacts) -> Int? {
    withUnsafeTemporaryAllocation(of: Int.self, capacity: columns.count) { rows in
      for index in columns.indices {
        rows.initializeElement(at: index, to: row(of: columns[index], facts) * words)
      }
      return bits.withUnsafeBufferPointer { first(UnsafeBufferPointer(rows), $0, facts) }
    }
  }

  private func first(
    _ rows: UnsafeBufferPointer<Int>, _ bits: UnsafeBufferPointer<UInt64>, _ facts: RuleFacts
  ) -> Int? {
    var present = BytePairs.none
    for place in patterned {
      if let value = facts.texts[place] { present.add(value, of: place) }
    }
    for word in 0..<words {
      var left = UInt64.max
      for row in rows { left &= bits[row + word] }
      if word == words - 1, clauses.count % 64 > 0 { left &= 1 << UInt64(clauses.count % 64) - 1 }
      while left != 0 {
        let clause = word * 64 + left.trailingZeroBitCount
        if present.isSuperset(of: pairs[clause]), clauses[clause].holds(for: facts) { return owners[clause] }
        left &= left - 1
      }
    }
    return nil
  }

  private func row(of column: Column, _ facts: RuleFacts) -> Int {
    switch column {
    case .text(let place, let values, let first):
      guard let value = facts.texts[place] else { return first }
      return values[value] ?? first + 1
    case .number(let number, let bounds, let first):
      guard let value = facts[number] else { return first }
      var (low, high) = (0, bounds.count)
      while low < high {
        let middle = (low + high) / 2
        if bounds[middle] <= value { low = middle + 1 } else { high = middle }
      }
      return first + 1 + low
    case .flag(let flag, let first): return first + (facts[flag] ? 1 : 0)
    case .condition(let condition, let first): return first + (condition.holds(for: facts) ? 1 : 0)
    }
  }
}

// MARK: Making it

extension RuleMatcher {
  /// The first of so many rows in which all clauses may hold.
  private mutating func addRows(_ count: Int) -> Int {
    defer { bits += [UInt64](repeating: .max, count: count * words) }
    return words == 0 ? 0 : bits.count / words
  }

  private mutating func set(_ clause: Int, in row: Int, to mayHold: Bool) {
    let bit: UInt64 = 1 << UInt64(clause % 64)
    if mayHold { bits[row * words + clause / 64] |= bit } else { bits[row * words + clause / 64] &= ~bit }
  }

  private mutating func addColumn(_ text: RuleText, at place: Int, _ atoms: [[RuleCondition]]) {
    var values: [String: Int] = [:]
    let patterns = atoms.map { atoms in
      atoms.flatMap { atom in
        if case .text(text, let patterns) = atom { patterns } else { [TextPattern]() }
      }
    }
    let first = addRows(2)
    for pattern in patterns.joined() where pattern.glob == nil && values[pattern.text] == nil {
      values[pattern.text] = addRows(1)
    }
    for (clause, patterns) in patterns.enumerated() where !patterns.isEmpty {
      let condition = clauses[clause]
      set(clause, in: first, to: condition.mayHold(.text(text, .absent)))
      let mayHoldElsewhere = condition.mayHold(.text(text, .other))
      for row in first + 1..<first + 2 + values.count { set(clause, in: row, to: mayHoldElsewhere) }
      // What it names nothing of is another text to it, unless it has a pattern.
      let named = patterns.contains { $0.glob != nil } ? Array(values.keys) : patterns.map(\.text)
      for value in named {
        guard let row = values[value] else { continue }
        set(clause, in: row, to: condition.mayHold(.text(text, .value(value))))
      }
    }
    columns.append(.text(place: place, values: values, first: first))
    if patterns.joined().contains(where: { $0.glob != nil }) { patterned.append(place) }
  }

  private mutating func addColumn(_ number: RuleNumber, _ atoms: [[RuleCondition]]) {
    let ranges = atoms.map { atoms in
      atoms.flatMap { atom in
        if case .number(number, let ranges) = atom { ranges } else { [NumberRange]() }
      }
    }
    guard ranges.contains(where: { !$0.isEmpty }) else { return }
    let bounds = Set(ranges.joined().flatMap(\.bounds)).sorted()
    let first = addRows(2 + bounds.count)
    for (clause, ranges) in ranges.enumerated() where !ranges.isEmpty {
      let condition = clauses[clause]
      set(clause, in: first, to: condition.mayHold(.number(number, nil)))
      let own = Set(ranges.flatMap(\.bounds))
      var mayHold = condition.mayHold(.number(number, .min))
      set(clause, in: first + 1, to: mayHold)
      for (index, bound) in bounds.enumerated() {
        // Between two of its own bounds nothing changes for a clause.
        if own.contains(bound) { mayHold = condition.mayHold(.number(number, bound)) }
        set(clause, in: first + 2 + index, to: mayHold)
      }
    }
    columns.append(.number(number, bounds: bounds, first: first))
  }

  private mutating func addColumn(_ flag: RuleFlag, _ atoms: [[RuleCondition]]) {
    let asking = atoms.indices.filter { clause in
      atoms[clause].contains { if case .flag(flag, _) = $0 { true } else { false } }
    }
    guard !asking.isEmpty else { return }
    let first = addRows(2)
    for clause in asking {
      set(clause, in: first, to: clauses[clause].mayHold(.flag(flag, false)))
      set(clause, in: first + 1, to: clauses[clause].mayHold(.flag(flag, true)))
    }
    columns.append(.flag(flag, first: first))
  }

  private mutating func addConditionColumns(_ atoms: [[RuleCondition]]) {
    var asking: [RuleCondition: [Int]] = [:]
    for (clause, atoms) in atoms.enumerated() {
      for atom in atoms where atom.isToldByItself { asking[atom, default: []].append(clause) }
    }
    // Those that decide most clauses.
    let order = asking.sorted { ($0.value.count, $1.key.text) > ($1.value.count, $0.key.text) }
    for (condition, asking) in order.prefix(Self.mostConditions) {
      let first = addRows(2)
      for clause in asking {
        set(clause, in: first, to: clauses[clause].mayHold(.condition(condition, false)))
        set(clause, in: first + 1, to: clauses[clause].mayHold(.condition(condition, true)))
      }
      columns.append(.condition(condition, first: first))
    }
  }
}

extension RuleCondition {
  fileprivate var isToldByItself: Bool {
    switch self {
    case .dataClass, .time: true
    case .all, .any, .not, .text, .number, .flag: false
    }
  }
}

extension NumberRange {
  /// Numbers from which on it is otherwise than before.
  fileprivate var bounds: [Int64] {
    (lower > .min ? [lower] : []) + (upper < .max ? [upper + 1] : [])
  }
}
