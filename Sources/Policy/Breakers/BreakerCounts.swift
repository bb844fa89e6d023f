/// How calls ended: what a replica reports, and what one bucket of a window holds.
///
/// Callers are virtual keys, hashed into sixteen cells: whether many fail or one alone decides what a failure says (ruling 2).
package struct BreakerCounts: Equatable, Sendable {
  package struct Cell: Equatable, Sendable {
    /// Calls that succeeded, slow ones among them.
    package var ok: Int64
    /// Calls that were answered, and badly: 5xx, no body that makes sense, a stream that broke.
    package var fail: Int64
    package var slow: Int64

    package init(ok: Int64 = 0, fail: Int64 = 0, slow: Int64 = 0) {
      (self.ok, self.fail, self.slow) = (ok, fail, slow)
    }

    var isEmpty: Bool { ok == 0 && fail == 0 && slow == 0 }

    static func += (a: inout Cell, b: Cell) {
      a = Cell(ok: a.ok + b.ok, fail: a.fail + b.fail, slow: a.slow + b.slow)
    }
  }

  package static let cellCount = 16

  /// Health checks that succeeded: nobody's calls.
  package var ok: Int64 = 0
  /// Transport failures, whoever called: no connection, none in time, TLS, a reset before the first byte, a failed health check.
  package var fail: Int64 = 0
  package var cells: [Cell]

  package init() { cells = Array(repeating: Cell(), count: Self.cellCount) }

  /// The cell of a caller, by a hash of its name that all replicas share.
  package static func cell(ofHash hash: UInt64) -> Int { Int(hash % UInt64(cellCount)) }

  package var isEmpty: Bool { ok == 0 && fail == 0 && cells.allSatisfy(\.isEmpty) }

  package static func += (a: inout BreakerCounts, b: BreakerCounts) {
    a.ok += b.ok
    a.fail += b.fail
    for cell in 0..<cellCount { a.cells[cell] += b.cells[cell] }
  }

  /// `<ok> <fail> <cell>:<ok>/<fail>/<slow> …`, without cells that have nothing.
  package var text: String {
    cells.enumerated().reduce(into: "\(ok) \(fail)") { text, entry in
      let (cell, counts) = entry
      if !counts.isEmpty { text += " \(cell):\(counts.ok)/\(counts.fail)/\(counts.slow)" }
    }
  }

  /// Reads `text`; nil where it isn't of that form.
  package init?(_ text: String) {
    let words = text.split(separator: " ", omittingEmptySubsequences: false)
    guard words.count >= 2, let ok = Int64(words[0]), let fail = Int64(words[1]) else { return nil }
    self.init()
    (self.ok, self.fail) = (ok, fail)
    for word in words.dropFirst(2) {
      let numbers = word.split { $0 == ":" || $0 == "/" }.compactMap { Int64($0) }
      guard numbers.count == 4, 0..<Int64(Self.cellCount) ~= numbers[0] else { return nil }
      cells[Int(numbers[0])] = Cell(ok: numbers[1], fail: numbers[2], slow: numbers[3])
    }
  }

  /// Why these calls open a breaker; nil where they don't.
  package func reasonToOpen(_ settings: BreakerSettings) -> BreakerState.Reason? {
    let answers = cells.map { (good: $0.ok, bad: $0.fail) }
    if Self.isTripped(ok, fail, answers, settings.failureRate, settings) { return .rate }
    let speeds = cells.map { (good: $0.ok - $0.slow, bad: $0.slow) }
    return Self.isTripped(0, 0, speeds, settings.slowRate, settings) ? .slow : nil
  }

  /// What one caller alone has trouble with counts for nothing where another does well; of several, each counts for at most half of
  /// what it takes.
  private static func isTripped(
    _ plainGood: Int64, _ plainBad: Int64, _ cells: [(good: Int64, bad: Int64)], _ rate: Int64,
    _ settings: BreakerSettings
  ) -> Bool {
    let unhappy = cells.filter { $0.bad > 0 }
    let othersDoWell = cells.contains { $0.good > 0 && $0.bad == 0 }
    let counted: Int64 =
      if unhappy.count == 1 {
        othersDoWell ? 0 : unhappy[0].bad
      } else {
        unhappy.reduce(0) { $0 + min($1.bad, settings.mostOfOneCaller) }
      }
    let bad = plainBad + counted
    let calls = cells.reduce(plainGood + bad) { $0 + $1.good }
    return bad > 0 && calls >= settings.minRequests && bad * 100 >= calls * rate
  }
}
