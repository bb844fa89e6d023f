/// How far an event loop is behind with its work, by how late its ticks are.
///
/// It is the median of the last few: a loop that has too much to do is late every time, and a machine that stood still, once, however
/// long that was. Nothing of the latter is left to do when the loop turns again, and nobody is to be refused for it.
package struct LoopLag: Sendable {
  /// Ticks, ten a second where none is late.
  package static let window = 11

  private var last: [Int64] = []
  private var next = 0
  /// In nanoseconds.
  package private(set) var median: Int64 = 0

  package init() {}

  /// Takes the nanoseconds by which a tick was late.
  package mutating func add(_ late: Int64) {
    if last.count < Self.window { last.append(late) } else { last[next] = late }
    next = (next + 1) % Self.window
    median = last.count < Self.window ? 0 : max(0, last.sorted()[Self.window / 2])
  }
}
